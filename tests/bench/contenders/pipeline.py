"""Stormwatch as it is: the worker of `stormwatch watch`, its work counted from outside."""

import os
import time
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from bench import trivial
from bench.task import Meter, Task

from stream import transport
from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.runs import Group, Kept, Run, Work
from stream.settings import load_settings
from stream.worker import run_worker


class Clocked(transport.Consumer):
    """Notes when the last fetch came back."""

    fetched_at = 0.0

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        fetched = await super()._getmany(active_partitions, timeout)
        Clocked.fetched_at = time.time()
        return fetched


class Metered:
    """Another's work, and the moments of its first record and of what is durable."""

    def __init__(self, work: Work, meter: Meter) -> None:
        self._work, self._meter = work, meter
        self.inputs, self.table, self.version = work.inputs, work.table, work.version
        self.recovered, self.revoked = work.recovered, work.revoked
        self.finish, self.close = work.finish, work.close

    def take(self, run: Run, group: Group) -> None:
        self._meter.begin()
        self._work.take(run, group)

    def durable(self, group: Group) -> None:
        self._work.durable(group)
        self._meter.done(group.records, writes=1)


class Counting:
    """The trivial engine as a work."""

    table = "patients"
    version = 1

    def __init__(self, inputs: tuple[str, ...], alerts: str) -> None:
        self.inputs, self._alerts = inputs, alerts
        self._states: dict[int, dict[bytes, trivial.State]] = {}
        self._kept: dict[int, Mapping[bytes, Kept]] = {}

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,  # noqa: ARG002
        made_anew: Collection[str] = (),  # noqa: ARG002
    ) -> None:
        self._states[partition], self._kept[partition] = {}, states

    def revoked(self) -> None:
        self._states.clear()
        self._kept.clear()

    def take(self, run: Run, group: Group) -> None:
        partition, states = run.partition, self._states[run.partition]
        changed: dict[bytes, trivial.State] = {}
        for record in run.records:
            key = record.key or b""
            state = states.get(key)
            if state is None:
                state = states[key] = self._state(partition, key)
            event = orjson.loads(record.value or b"")
            alert = trivial.take(
                state, key.decode(), record.topic, record.offset, record.timestamp, event
            )
            if alert is not None:
                alert["fetched_at"] = Clocked.fetched_at
                group.publish(self._alerts, partition, key, orjson.dumps(alert))
            changed[key] = state
        # At once, as the bare loop does: so small a state costs most when it has left the caches.
        for key, state in changed.items():
            group.keep(partition, key, (orjson.dumps(state), None))

    def _state(self, partition: int, key: bytes) -> trivial.State:
        kept = self._kept[partition].get(key)
        if kept is None:
            return trivial.new_state()
        state: trivial.State = orjson.loads(kept[0])
        return state

    def finish(self, group: Group) -> None:
        pass

    def durable(self, group: Group) -> None:
        pass

    async def close(self) -> None:
        pass


def main() -> None:
    """Run the worker that the task describes."""
    task = Task.of_this_process()
    os.environ |= {
        "STORMWATCH_KAFKA": task.bootstrap,
        "STORMWATCH_REPLICA": task.name,
        "STORMWATCH_TICKS": "topic",
        "STORMWATCH_METRICS_PORT": "0",
        "STORMWATCH_INSTANCE": task.instance,
    }
    transport.Transport.Consumer = Clocked
    work: Any = Grading(Engine()) if task.engine == "real" else Counting(task.inputs, task.alerts)
    run_worker(load_settings("watch"), lambda _: Metered(work, Meter(task.records)))


if __name__ == "__main__":
    main()
