"""What the pager saves of a patient, and when it is looked at again."""

import json

import pytest
from builders import NOON, PATIENT_ID
from pager import DAY, HOUR, MINUTE, answer, line
from pagerbench import PARTITION, Bench

from stream import lives
from stream.lives import Desk, UnknownVersionError
from topics.base import epoch_ms


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_state_comes_back_as_it_was_saved(bench: Bench) -> None:
    await bench.hears(line(), answer("snooze", snooze_until=NOON + HOUR))
    await bench.hears(line(1, priority="P3", rule="CRS-UP"))

    saved = bench.states[PATIENT_ID.encode()][0]

    assert lives.encode(lives.decode(saved)) == saved
    assert lives.decode(saved)[line().alert_id].line == line()


async def test_what_may_be_on_its_way_is_looked_at_as_soon_as_a_worker_starts(
    bench: Bench,
) -> None:
    await bench.hears(line(priority="P1"))
    leaving = bench.states[PATIENT_ID.encode()][1]

    await bench.reads_back()

    told = bench.states[PATIENT_ID.encode()][1]
    assert (leaving, told) == (lives.AT_ONCE_MS, epoch_ms(NOON + 5 * MINUTE))


async def test_the_state_of_a_later_version_is_not_guessed_at(bench: Bench) -> None:
    await bench.hears(line())
    saved = json.loads(bench.states[PATIENT_ID.encode()][0])
    saved["version"] = 2

    with pytest.raises(UnknownVersionError):
        lives.decode(json.dumps(saved).encode())


async def test_an_alert_long_ended_is_forgotten(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.hears(line(2, "resolved", "P1"))
    await bench.reads_back()

    await bench.ticks(47 * DAY)

    assert lives.decode(bench.states[PATIENT_ID.encode()][0]) == {}


async def test_a_patient_who_is_looked_at_often_takes_no_more_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lives, "STALE_MAX", 10)
    bench = Bench()
    await bench.hears(line(priority="P1"))
    for number in range(100):
        until_ms = NOON + (number + 1) * MINUTE
        await bench.hears(answer("snooze", f"a{number}", snooze_until=until_ms))

    desk: Desk = bench.paging._desks[PARTITION]

    assert len(desk._due) <= 13
