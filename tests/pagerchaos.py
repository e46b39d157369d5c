"""A pager that is killed at any moment, and a gateway that fails at random: who was told.

    PYTHONPATH=tests python -m pagerchaos 10000 --errors 0.3 --seed 1

Everything is real but Kafka and the gateway: `stream.paging` with its table and its sender. The
topics are a list; a kill throws the process away with whatever was not durable, and with tries
under way that may or may not have reached the gateway. Replicas say every line twice. Time goes by
ticks.
"""

import argparse
import asyncio
import json
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

from builders import NOON
from pager import line
from pagerbench import PARTITION, TOPIC_OF

from alerts.built_in import through
from alerts.page import Page
from alerts.policy import Policy
from alerts.sinks import Delivery, Tried
from stream.paging import Paging
from stream.runs import Group, Kept, Run
from topics import codec, registry
from topics.acks import Ack, AckAction
from topics.alerts import Alert, AlertState, Present
from topics.base import epoch_ms
from topics.ticks import Tick

A_ROUND = 40  # alerts
TICK = timedelta(seconds=5)
CARED_FOR = 240  # ticks after which the data end what nobody answered
SILENT_ROUNDS = 1_200  # ticks at the end, for what still climbs: 100 minutes
REFUSED = 0.2  # of errors
LOST = 0.2  # of errors: the gateway has it, and its reply is lost
KILLED = 0.08  # of rounds
ACKNOWLEDGED = 0.5  # of what was paged and not yet answered, a round
PRIORITIES = ("P1", "P2", "P2", "P3")


@dataclass
class Seen:
    """What became of the alerts."""

    raised: dict[str, Alert] = field(default_factory=dict)
    paged: Counter[str] = field(default_factory=Counter)  # by page and sink, accepted
    alerts_paged: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)  # the answer is durable
    paged_after_answer: list[str] = field(default_factory=list)
    unreached: set[str] = field(default_factory=set)  # patients of whom OPS-SINK was raised
    kills: int = 0
    tries: Counter[str] = field(default_factory=Counter)


class Gateway:
    """Accepts, fails, refuses, or accepts and loses its reply."""

    name, room, bundles, answers_as = "console", None, True, None

    def __init__(self, chance: Random, errors: float, refused: float, seen: Seen) -> None:
        self._chance, self._errors, self._seen = chance, errors, seen
        self._refused = errors * refused

    async def send(self, page: Page) -> Tried:
        for each in (page, *page.also):
            if each.is_open and each.alert_id in self._seen.answered:
                self._seen.paged_after_answer.append(each.alert_id)
        await asyncio.sleep(0)
        drawn = self._chance.random()
        if drawn < self._refused:
            return self._said("refused", Delivery.REFUSED)
        if drawn < self._errors * (1 - LOST):
            return self._said("retry", Delivery.RETRY)
        for each in (page, *page.also):
            self._seen.paged[each.page_id] += 1
            if each.is_open:
                self._seen.alerts_paged.add(each.alert_id)
        await asyncio.sleep(0)
        if drawn < self._errors:
            return self._said("accepted, reply lost", Delivery.RETRY)
        return self._said("sent", Delivery.SENT)

    async def close(self) -> None:
        """Hold nothing."""

    def _said(self, how: str, delivery: Delivery) -> Tried:
        self._seen.tries[how] += 1
        return Tried(delivery)


class World:
    """The topics, the table, and one pager at a time."""

    def __init__(self, seed: int, errors: float, refused: float) -> None:
        self.chance = Random(seed)
        self.seen = Seen()
        self.gateway = Gateway(self.chance, errors, refused, self.seen)
        self.clock = NOON
        self.log: list[Any] = []
        self.states: dict[bytes, Kept] = {}
        self._position = 0
        self._clock_ms = epoch_ms(NOON)
        self._raised_at: dict[str, int] = {}
        self._ticks = 0
        self._lost: list[asyncio.Task[None]] = []
        self._start()

    def _start(self) -> None:
        alive = {"is": True}

        async def produce(topic: str, _: int, key: bytes, value: bytes) -> None:
            await asyncio.sleep(0)
            if not alive["is"]:
                await asyncio.Event().wait()  # killed: nothing leaves this process any more
            self._append(topic, key, value)

        self._alive = alive
        self._paging = Paging(
            Policy(through("console")),
            {"console": self.gateway},
            produce=produce,
            end_process=print,
            gather_s=0.0,
        )
        self._paging.recovered(PARTITION, dict(self.states), self._clock_ms)

    def kill(self) -> None:
        """End the process with what it has not written; what it sends is under way."""
        self.seen.kills += 1
        self._alive["is"] = False
        for tasks in self._paging._sender._tries.values():
            for task in tasks:
                if self.chance.random() < 0.5:
                    task.cancel()
                else:  # it reaches the gateway, and nobody knows
                    self._lost.append(task)
        self._paging.revoked()
        self._start()

    def say(self, event: Any) -> None:
        topic = TOPIC_OF[type(event)]
        key = getattr(event, "patient_id", "0").encode()
        self._append(topic, key, codec.encode(event))

    def _append(self, topic: str, key: bytes, value: bytes) -> None:
        self.log.append(
            SimpleNamespace(
                topic=topic,
                partition=PARTITION,
                offset=len(self.log),
                timestamp=epoch_ms(self.clock),
                key=key,
                value=value,
            )
        )

    async def take(self) -> None:
        """Let the pager take everything there is, in groups; it may die before one is durable."""
        while self._position < len(self.log):
            records = self.log[self._position : self._position + self.chance.randint(1, 60)]
            group = Group()
            at_end = self._position + len(records) == len(self.log)
            self._paging.take(Run(PARTITION, records, {}, 0, at_end), group)
            self._paging.finish(group)
            if self.chance.random() < KILLED / 4:
                self.kill()
                continue  # nothing of the group is durable, and it is read again
            self._commit(group, len(records))
            await asyncio.sleep(0)

    def _commit(self, group: Group, records: int) -> None:
        for topic, rows in group.published.items():
            for row in rows:
                self._publish(topic.topic, row)
        self.states |= group.states.get(PARTITION, {})
        self._clock_ms = group.clocks.get(PARTITION, self._clock_ms)
        self._position += records
        self._paging.durable(group)

    def _publish(self, topic: str, row: Any) -> None:
        said = json.loads(row.value)
        if topic == registry.PAGES:
            done = self.seen.answered
            (done.add if said["outcome"] == "acknowledged" else done.discard)(said["alert_id"])
        if topic == registry.ALERTS and said.get("rule") == "OPS-SINK":
            self.seen.unreached.add(said["patient_id"])
        if topic in (registry.PAGES, registry.ALERTS):
            self._append(topic, row.key, row.value)

    async def end(self) -> None:
        """Let go of everything."""
        for task in self._lost:
            task.cancel()
        await asyncio.gather(*self._lost, return_exceptions=True)
        await self._paging.close()

    async def a_round(self, alerts: int) -> None:
        """Let some alerts be raised, some be answered or end, and a tick come."""
        for _ in range(alerts):
            self._raise()
        self._care()
        self.clock += TICK
        self._ticks += 1
        self.say(Tick(at=self.clock))
        if self._ticks % 12 == 0:
            self.say(Present(partition=PARTITION, at=self.clock))
        await self.take()
        for _ in range(6):
            await asyncio.sleep(0)
        if self.chance.random() < KILLED:
            self.kill()

    def _raise(self) -> None:
        number = len(self.seen.raised)
        said = line(
            rule="TOCI-IND",
            patient_id=f"P{number // 4}",
            alert_id=f"{number:08}-0000-0000-0000-000000000000",
            priority=self.chance.choice(PRIORITIES),
            at=self.clock,
        )
        self.seen.raised[said.alert_id] = said
        self._raised_at[said.alert_id] = self._ticks
        self.say(said)
        self.say(said)  # the other replica

    def _care(self) -> None:
        """Answer half of what was paged, and end what is old."""
        for alert_id, ticks in list(self._raised_at.items()):
            said = self.seen.raised[alert_id]
            is_paged = alert_id in self.seen.alerts_paged
            if is_paged and self.chance.random() < ACKNOWLEDGED:
                del self._raised_at[alert_id]
                self.say(self._answer(said))
            elif self._ticks - ticks > CARED_FOR and is_paged:
                del self._raised_at[alert_id]
                over = {"revision": 2, "state": AlertState.RESOLVED, "at": self.clock}
                self.say(said.model_copy(update=over))

    def _answer(self, said: Alert) -> Ack:
        return Ack(
            kind="ack",
            event_id=f"a-{said.alert_id}",
            patient_id=said.patient_id,
            effective_at=self.clock,
            source="test",
            alert_id=said.alert_id,
            action=AckAction.ACKNOWLEDGE,
            by="Joy",
        )


@dataclass(frozen=True)
class Figures:
    """What a run came to."""

    alerts: int
    paged: int
    told_by_ops: int
    untold: int
    paged_after_answer: int
    pages: int
    twice: int
    kills: int
    tries: dict[str, int]


async def run(
    alerts: int, *, errors: float, seed: int, refused: float = REFUSED, silent: int = SILENT_ROUNDS
) -> Figures:
    """Raise so many alerts, and let everything come to an end."""
    world = World(seed, errors, refused)
    while len(world.seen.raised) < alerts:
        await world.a_round(min(A_ROUND, alerts - len(world.seen.raised)))
    for _ in range(silent):
        if len(world.seen.alerts_paged & world.seen.raised.keys()) == alerts:
            break
        await world.a_round(0)
    await world.end()
    seen = world.seen
    unpaged = seen.raised.keys() - seen.alerts_paged
    told_by_ops = {each for each in unpaged if seen.raised[each].patient_id in seen.unreached}
    return Figures(
        alerts=alerts,
        paged=alerts - len(unpaged),
        told_by_ops=len(told_by_ops),
        untold=len(unpaged - told_by_ops),
        paged_after_answer=len(seen.paged_after_answer),
        pages=len(seen.paged),
        twice=sum(count > 1 for count in seen.paged.values()),
        kills=seen.kills,
        tries=dict(seen.tries),
    )


def main() -> None:
    """Print the figures of a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("alerts", type=int)
    parser.add_argument("--errors", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logging.disable()
    figures = asyncio.run(run(asked.alerts, errors=asked.errors, seed=asked.seed))
    for name, value in vars(figures).items():
        print(f"{name:20} {value}")  # noqa: T201, a report
    print(f"{'paged':20} {figures.paged / figures.alerts:.3%}")  # noqa: T201
    print(f"{'twice':20} {figures.twice / figures.pages:.3%} of pages")  # noqa: T201


if __name__ == "__main__":
    main()
