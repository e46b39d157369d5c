"""What a patient costs over a stay of 30 days: what is looked at, and what is kept.

Work is counted, not timed: how many functions of the engine one record calls.
"""

import sys
from collections import Counter
from types import FrameType
from typing import Any, Final, NamedTuple

import orjson
import pytest
from bedside import Bedside, hours, minutes
from builders import Fields, assessment, infusion, lab, on_day, patient, vitals
from stays import START as START_OF_STAY
from stays import stay

from stream.clinical import asking, closing, course, doubts, state, thinning
from stream.clinical.ledger import CHUNK
from stream.clinical.patient import Patient
from stream.clinical.rules.rule import Rule
from topics.base import epoch_ms, rfc_3339

PART_MAX: Final = {"entries": 25 * 1024, "alerts": 5 * 1024, "courses": 1024, "doubts": 1024}
STATE_MAX: Final = 32 * 1024  # bytes, with a set of vital signs a minute
CALLS_MAX: Final = 600  # of our functions, for one record, with all that it brings about
ASKED_MAX: Final = 0.05  # times that a rule is asked, for one set of a monitor of one who is well
START = on_day(3, "08:00")


class Day(NamedTuple):
    """What was seen at the end of a day."""

    calls: float  # a record, on the average of a chunk of records
    saved: bytes


@pytest.fixture(scope="module")
def days() -> list[Day]:
    """Play a stay of 30 days; between the first day and the last four less is said."""
    seen, found = Bedside(), list[Day]()
    events = list(stay(30, quiet=range(1, 26)))
    for number in range(30):
        until = START_OF_STAY + hours(24 * (number + 1))
        today = [each for each in events if each["effective_at"] < rfc_3339(until)]
        events = events[len(today) :]
        seen.take(*today[:-CHUNK])
        calls = calls_of(seen, today[-CHUNK:])
        found.append(Day(calls / CHUNK, state.encode(seen.patient)))
    return found


def calls_of(seen: Bedside, events: list[Fields]) -> int:
    """Count the calls of functions of the core."""
    count = 0

    def called(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and "/stream/clinical/" in frame.f_code.co_filename

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        seen.take(*events)
    finally:
        sys.setprofile(before)
    return count


def test_a_record_costs_as_much_on_day_30_as_on_day_1(days: list[Day]) -> None:
    assert max(day.calls for day in days) <= CALLS_MAX
    assert days[-1].calls <= 2 * days[0].calls


def test_the_state_of_a_stay_of_30_days_stays_within_its_bounds(days: list[Day]) -> None:
    for day in days:
        parts = {name: len(orjson.dumps(each)) for name, each in orjson.loads(day.saved).items()}

        assert len(day.saved) <= STATE_MAX
        assert {name: size for name, size in parts.items() if size > PART_MAX.get(name, 512)} == {}


def test_a_state_is_written_again_as_it_was_read(days: list[Day]) -> None:
    for day in days[::5]:
        assert state.encode(state.decode(day.saved)) == day.saved


def test_a_monitor_that_says_nothing_new_has_no_rule_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = Counter[str]()
    ask = asking._Asking._ask

    def counted(asking_: Any, rule: Rule) -> None:
        asked[rule.name] += 1
        ask(asking_, rule)

    seen = Bedside(patient(), vitals(at=START), vitals(at=START + minutes(1)))
    monkeypatch.setattr(asking._Asking, "_ask", counted)
    for each in range(2, 500):
        seen.take(vitals(at=START + minutes(each), heart_rate_per_min=70 + each % 9))

    assert sum(asked.values()) <= ASKED_MAX * 500


# Limits: each cuts, and counts


def flood(count: int, **fields: Any) -> Bedside:
    """Let a patient's results of one analyte flap, an hour apart, and vital signs beside them."""
    seen = Bedside(patient(), lab("ferritin", 900, at=START))
    for each in range(count):
        seen.take(lab("crp", each, at=START + minutes(each), **fields))
    return seen


def test_results_of_one_analyte_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "RESULTS_MAX", 20)
    seen = flood(200)

    assert len(seen.patient.series["crp"]) <= 20 + CHUNK
    assert seen.patient.cut["readings"] >= 200 - 20 - CHUNK
    assert seen.patient.series["crp"].newest is not None
    assert seen.patient.series["crp"].newest.value.value == 199


def test_readings_of_one_vital_sign_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "READINGS_MAX", 50)
    seen = Bedside(patient())
    for each in range(300):
        seen.take(vitals(at=START + minutes(each / 10)))

    assert {len(seen.patient.series[name]) for name in ("temperature_c", "pressure")} <= {
        *range(50, 50 + CHUNK)
    }
    assert seen.patient.cut["readings"] > 0


def test_what_says_least_is_chosen_for_many_records_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A monitor that speaks each second is at the limit all the time."""
    chosen: list[str] = []
    cut = thinning.Forgetting._cut

    def counted(forgetting: thinning.Forgetting, name: str, *args: Any) -> None:
        chosen.append(name)
        cut(forgetting, name, *args)

    monkeypatch.setattr(thinning, "READINGS_MAX", 300)
    monkeypatch.setattr(thinning.Forgetting, "_cut", counted)
    seen = Bedside(patient())
    for each in range(1200):
        seen.take(vitals(at=START + minutes(each / 60), temperature_c=36.5 + each % 5 / 10))

    assert len(seen.patient.series["temperature_c"]) >= 300 - 300 // thinning.AT_ONCE
    assert chosen.count("temperature_c") <= 1 + (1200 - 300) // (300 // thinning.AT_ONCE)


def test_what_says_more_goes_only_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rate of these says the same as the one before it."""
    monkeypatch.setattr(thinning, "RESULTS_MAX", 48)
    seen, kept = Bedside(patient()), []
    for each in range(200):
        seen.take(infusion(at=START + minutes(each), rate_value=4 + each % 3))
        kept.append(len(seen.patient.series["rate:norepinephrine"]))

    assert min(kept[100:]) >= 48
    assert max(kept) <= 48 + CHUNK


def test_readings_of_consciousness_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of some days is kept, until there are too many; the newest are."""
    monkeypatch.setattr(thinning, "READINGS_MAX", 50)
    seen = Bedside(patient())
    for each in range(300):
        seen.take(assessment("consciousness", at=START + minutes(each), rass=-(each % 5)))

    readings = seen.patient.series["consciousness"]
    assert 50 <= len(readings) < 50 + CHUNK
    assert readings[-1].effective_ms == epoch_ms(START + minutes(299))
    assert seen.patient.cut["readings"] == 300 - len(readings)


def test_doubts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubts, "DOUBTS_MAX", 3)
    seen = Bedside(patient())
    for analyte in ("crp", "ldh", "ferritin", "platelets", "creatinine"):
        seen.take(lab(analyte, -1, at=START))

    assert [len(each) for each in seen.patient.doubts.values()] == [3]
    assert seen.patient.cut["doubts"] == 2


def test_episodes_are_bounded_and_go_on_being_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "CLOSED_KEPT", 2)
    monkeypatch.setattr(course, "EPISODES_KEPT", 3)
    seen = Bedside(patient())
    for each in range(5):
        begins = START + hours(40 * each)
        seen.take(vitals(at=begins, temperature_c=39.0))
        seen.take(*(vitals(at=begins + hours(after)) for after in range(2, 30, 3)))

    assert len(seen.patient.course.closed) == 2
    assert [each.number for each in seen.patient.episodes] == [3, 4, 5]
    assert {line.episode for line in seen.told("CRS-UP")} == {1, 2, 3, 4, 5}
    assert seen.patient.cut["episodes"] == 2
    assert seen.patient.cut["closed"] == 3


def test_what_an_error_leaves_behind_is_as_it_was() -> None:
    """A shorter series sees what it saw, though a longer one has grown out of it."""
    seen = Bedside(patient(), *(vitals(at=START + minutes(each)) for each in range(3)))
    before: Patient = seen.patient
    saved = state.encode(before)
    seen.take(vitals(at=START + minutes(4), temperature_c=39.0))
    after, seen.ward.patients["P01"] = seen.patient, before
    seen.take(vitals(at=START + minutes(5)))

    assert state.encode(before) == saved
    assert [each.value.celsius for each in after.series["temperature_c"]] == [36.8] * 3 + [39.0]
    assert [each.value.celsius for each in seen.patient.series["temperature_c"]] == [36.8] * 4
