"""The work of `stormwatch page`: alert lines, answers and ticks in, pages out.

What follows is decided by `alerts.decide` and kept as the state of the patient; a page leaves once
the decision is durable. How a try ended is written to the pages topic, and counts when it is read
back from there like any other event. Nothing else remembers anything.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from alerts import wording
from alerts.answers import digest_of
from alerts.decide import decide, outcome_of
from alerts.life import Happening, Life, Send
from alerts.outcomes import depart
from alerts.page import Page
from alerts.policy import Policy
from alerts.routing import Rotas
from alerts.sinks import Sink, Tried
from stream import metrics
from stream import page_lines as lines
from stream.guard import dead_letter, dead_letter_on_error, told_on_error
from stream.holding import Holding
from stream.inbox import read
from stream.lives import VERSION, Desk, Order, orders_of, queued
from stream.rotas import Calendars
from stream.runs import Group, Kept, Record, Run
from stream.sender import Sender
from stream.telling import Turn, tell, tell_unread
from topics import codec, registry
from topics.acks import Ack
from topics.alerts import Alert, Present
from topics.base import epoch_ms
from topics.codec import Rejected
from topics.pages import Outcome, PageLine
from topics.ticks import Tick

HELD_AT_MOST_S: Final = 20.0  # after recovery, until what happened meanwhile is taken
TRY_LIMIT_S: Final = 30.0  # a sink that never comes back is left behind
CLOSE_GRACE_S: Final = 5.0
GATHER_S: Final = 3.0  # what is decided of a patient within it travels together; never P1
CONCLUDED_MAX: Final = 10_000  # outcomes not read back; those of partitions that are gone stay

TRIED: Final = (Outcome.SENT, Outcome.RETRY, Outcome.REFUSED, Outcome.GIVEN_UP)
Produce = Callable[[str, int, bytes, bytes], Awaitable[None]]
About = Alert | Ack | PageLine  # what names a patient and an alert
Happened = About | Tick

log = logging.getLogger("stormwatch.paging")


def utc_now() -> datetime:
    """Return the time of this machine: only for saying when a try was made."""
    return datetime.now(UTC)


class Paging:
    """Decides whom to page, and has it done.

    `produce` writes a record of the pages topic and returns once the broker has confirmed it;
    `end_process` ends this process where that fails, since the page would be forgotten.
    """

    inputs: Final = tuple(topic.name for topic in registry.PAGER_INPUTS)
    table: Final = "alerts"
    version: Final = VERSION

    def __init__(  # noqa: PLR0913, what it reaches the world by
        self,
        policy: Policy,
        sinks: Mapping[str, Sink],
        *,
        produce: Produce,
        end_process: Callable[[str], object],
        now: Callable[[], datetime] = utc_now,
        try_limit_s: float = TRY_LIMIT_S,
        held_at_most_s: float = HELD_AT_MOST_S,
        gather_s: float = GATHER_S,
        calendars: Calendars | None = None,
    ) -> None:
        call_on = {name: sink.answers_as for name, sink in sinks.items() if sink.answers_as}
        self._policy, self._produce = replace(policy, call_on=call_on), produce
        self._now, self._held_at_most_s, self._calendars = now, held_at_most_s, calendars
        self._sender = Sender(
            sinks,
            depart=self._depart,
            conclude=self._conclude,
            fail=end_process,
            try_limit_s=try_limit_s,
            gather_s=gather_s,
        )
        self._desks: dict[int, Desk] = {}
        self._holdings: dict[int, Holding] = {}
        self._open: list[Order] = []  # decided in the group that is open
        self._closed: list[Order] = []  # decided in the group that is being written
        self._concluded: dict[tuple[str, str], int] = {}  # tries whose outcome is on its way back
        metrics.announce_sinks(sinks, [outcome.value for outcome in TRIED])

    # Owning partitions

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        made_anew: Collection[str] = (),  # noqa: ARG002, no state of ours holds an offset
    ) -> None:
        """Begin with the saved states. What was on its way goes again, but not yet.

        What happened meanwhile is taken first: the page may have arrived, or be answered.
        """
        desk = self._desks[partition] = Desk(partition, states, clock_ms, self._policy)
        self._holdings[partition] = Holding(desk, self._sender.submit, self._now)
        self._holdings[partition].recover(self._held_at_most_s)
        if self._calendars is not None:
            self._calendars.start(self.use)

    def use(self, rotas: Rotas) -> None:
        """Know who has duty now."""
        self._policy = replace(self._policy, routing=replace(self._policy.routing, rotas=rotas))

    def revoked(self) -> None:
        """Forget every partition; a try under way ends, and is written down."""
        self._sender.clear()
        for holding in self._holdings.values():
            holding.drop()
        self._holdings.clear()
        self._desks.clear()
        self._open.clear()
        self._closed.clear()
        metrics.PAGES_PENDING.set(0)

    async def close(self) -> None:
        """Begin no more tries, and let go of the sinks."""
        if self._calendars is not None:
            self._calendars.stop()
        await self._sender.close(CLOSE_GRACE_S)

    # Taking records

    def take(self, run: Run, group: Group) -> None:
        """Take each record of a run; one that fails is kept as a dead letter."""
        desk, holding = self._desks[run.partition], self._holdings[run.partition]
        for record in run.records:
            with dead_letter_on_error(record, group):
                self._take(desk, record, group)
        if run.at_end:
            holding.caught_up()
        self._closed, self._open = map(holding.without_freed, (self._closed, self._open))
        for order in holding.freed():
            group.touch(order.partition, order.patient_id)
            self._open.append(order)

    def _take(self, desk: Desk, record: Record, group: Group) -> None:
        match read(record):
            case Rejected() as why:
                dead_letter(record, why, group)
            case Tick() as tick:
                self._take_tick(desk, tick, record, group)
            case Ack() as ack:
                self._take_ack(desk, ack, record, group)
            case PageLine() as line:
                if line.outcome in TRIED:
                    self._decide(desk, line, line, record, group)
                    self._concluded.pop((line.page_id, line.sink), None)
                    lines.keep(lines.audit_of_page(line), record.partition, group)
            case Alert() as line:
                self._decide(desk, line, line, record, group)
            case Present() as line:
                self._holdings[record.partition].present(epoch_ms(line.at))

    def _take_tick(self, desk: Desk, tick: Tick, record: Record, group: Group) -> None:
        desk.clock_ms = max(desk.clock_ms, epoch_ms(tick.at))
        group.clocks[record.partition] = desk.clock_ms
        clock = metrics.PARTITION_CLOCK_TIMESTAMP_SECONDS.labels(partition=record.partition)
        clock.set(desk.clock_ms / 1000)
        for patient_id in desk.fall_due(desk.clock_ms):
            with told_on_error(record.partition, patient_id, desk.clock_ms, group):
                self._fell_due(desk, patient_id, tick, record, group)
                desk.plan(patient_id)

    def _fell_due(
        self, desk: Desk, patient_id: str, tick: Tick, record: Record, group: Group
    ) -> None:
        """Let time pass for each alert of a patient; one that fails keeps no other from it."""
        for alert_id, life in list(desk.of(patient_id).items()):
            with (
                told_on_error(record.partition, patient_id, desk.clock_ms, group),
                desk.put_off_on_error(patient_id, alert_id),
            ):
                self._decide(desk, life.line, tick, record, group)

    def _take_ack(self, desk: Desk, ack: Ack, record: Record, group: Group) -> None:
        before = desk.of(ack.patient_id).get(ack.alert_id)
        if before is not None and digest_of(ack) in before.acks:
            return
        self._decide(desk, ack, ack, record, group)
        after = desk.of(ack.patient_id).get(ack.alert_id)
        lines.keep(lines.audit(ack), record.partition, group)
        if before is not None and after is not None and _answers(before) != _answers(after):
            line, key = lines.answered(ack, after), ack.patient_id.encode()
            group.publish(registry.PAGES, record.partition, key, codec.encode(line))

    def _decide(
        self, desk: Desk, about: About, what: Happened, record: Record, group: Group
    ) -> None:
        patient_id, alert_id = about.patient_id, about.alert_id
        life = desk.of(patient_id).get(alert_id)
        happening = Happening(what, desk.clock_ms, record.timestamp)
        decision = decide(life, happening, self._policy)
        if decision.life is life:
            return
        after, orders = decision.life, orders_of(record.partition, decision, what)
        if after is not None:
            after, orders = self._holdings[record.partition].hold(after, orders)
        desk.put(patient_id, alert_id, after)
        group.touch(record.partition, patient_id)
        if after is not None:
            self._open += orders
            tell(desk, Turn(life, after), record, group)

    # Writing a group

    def finish(self, group: Group) -> None:
        """Write the state of every patient of whom something changed."""
        for partition, patient_ids in group.touched.items():
            desk = self._desks[partition]
            for patient_id in sorted(patient_ids):
                with told_on_error(partition, patient_id, desk.clock_ms, group):
                    group.keep(partition, patient_id.encode(), desk.kept(patient_id))
        tell_unread(self._desks.values(), group)
        self._closed, self._open = self._closed + self._open, []
        metrics.PAGES_PENDING.set(sum(desk.pending for desk in self._desks.values()))

    def durable(self, group: Group) -> None:  # noqa: ARG002, the protocol's
        """Let the pages leave whose decisions are confirmed now."""
        orders, self._closed = self._closed, []
        for order in orders:
            self._holdings[order.partition].offer(order)

    # Sending

    def _depart(self, order: Order) -> Page | None:
        """Return the page of an order, if it is still to be sent; from here on it may have left."""
        desk = self._desks.get(order.partition)
        life = None if desk is None else desk.of(order.patient_id).get(order.alert_id)
        if desk is None or life is None:
            return None
        if (send := queued(life, order)) is None:
            return None
        if self._concluded.get((send.page_id, send.address.sink), 0) >= send.attempt:
            return None
        desk.put(order.patient_id, order.alert_id, depart(life, send))
        return self._write(life, send, desk.clock_ms)

    def _write(self, life: Life, send: Send, clock_ms: int) -> Page:
        try:
            return wording.write(life, send, self._policy, clock_ms)
        except Exception:
            # Whatever is wrong with the words, somebody has to come.
            log.exception("words_failed")
            return wording.write(wording.bare(life), send, self._policy, clock_ms)

    async def _conclude(self, order: Order, page: Page, message: Page, tried: Tried) -> None:
        """Write down how a try ended; it counts once it is read back."""
        outcome = outcome_of(tried.delivery, order.send.attempt, self._policy)
        now, sink = self._now(), order.send.address.sink
        metrics.PAGE_TRIES.labels(sink=sink, outcome=outcome).inc()
        if outcome is Outcome.SENT and not (order.is_probe or order.send.tells_answer):
            waited_s = now.timestamp() - order.send.asked_ms / 1000
            metrics.PAGE_SECONDS.observe(max(0.0, waited_s))
        elif outcome not in (Outcome.SENT, Outcome.RETRY):
            log.error("page_undelivered outcome=%s sink=%s page=%s", outcome, sink, page.page_id)
        self._concluded[page.page_id, sink] = order.send.attempt
        if len(self._concluded) > CONCLUDED_MAX:
            del self._concluded[next(iter(self._concluded))]
        line = lines.tried(order, page, message, lines.Ended(outcome, now, tried.why))
        key = order.patient_id.encode()
        await self._produce(registry.PAGES, order.partition, key, codec.encode(line))


def _answers(life: Life) -> tuple[object, ...]:
    return life.answers, life.sends
