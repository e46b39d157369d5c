"""A recovery that would end alone, and recover nothing from then on, ends the worker."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.tables.recovery import Recovery as FaustRecovery
from faust.tables.recovery import ServiceStopped
from pipelinebench import Nothing

from stream.app import build
from stream.health import Health
from stream.pipeline import Pipeline
from stream.recovery import Recovery
from stream.settings import Settings

TOO_LONG = "a step of the recovery took longer than 0.0 s"


class Bench:
    """A recovery of a worker that is not there, and the reasons for which it would have ended."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        worker = SimpleNamespace(end_stuck=self.reasons.append)
        conf = SimpleNamespace(stream_recovery_delay=0.0)
        self.app: Any = SimpleNamespace(worker=worker, conf=conf, should_stop=False)
        self.recovery = Recovery(self.app, SimpleNamespace())  # type: ignore[arg-type]

    async def step(self) -> None:
        """Take a step that never ends, for no time at all."""
        await self.recovery._wait(asyncio.Event().wait(), 0.0)


async def over(_: FaustRecovery) -> None:
    """End as a recovery does that takes itself to have been stopped."""


async def cancelled(_: FaustRecovery) -> None:
    raise asyncio.CancelledError


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_step_that_takes_too_long_ends_the_worker(bench: Bench) -> None:
    """Faust takes it for the end of the worker, and its loop of recoveries for over."""
    with pytest.raises(ServiceStopped):
        await bench.step()

    assert bench.reasons == [TOO_LONG]


async def test_a_worker_that_is_ending_is_not_ended_over_a_step(bench: Bench) -> None:
    """It makes durable what it has taken, in its own time."""
    bench.app.should_stop = True

    with pytest.raises(ServiceStopped):
        await bench.step()

    assert bench.reasons == []


async def test_a_recovery_that_is_stopped_ends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FaustRecovery._restart_recovery, "fun", over)
    bench.recovery._stopped.set()

    with pytest.raises(ServiceStopped):
        await bench.step()
    await Recovery._restart_recovery.fun(bench.recovery)

    assert bench.reasons == []


async def test_a_worker_does_not_outlive_its_recovery(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep what it is assigned from then on, and read none of it."""
    for ended in (over, cancelled):
        monkeypatch.setattr(FaustRecovery._restart_recovery, "fun", ended)
        await Recovery._restart_recovery.fun(bench.recovery)

    assert bench.reasons == ["nothing would be recovered any more"] * 2


def test_the_app_recovers_so() -> None:
    settings = Settings(role="watch", kafka="127.0.0.1:1", ticks="topic")
    pipeline = Pipeline(Nothing(), settings, Health(), fills_ticks=False)

    recovery = build(pipeline).tables.recovery  # type: ignore[attr-defined]  # of its interface

    assert type(recovery) is Recovery
