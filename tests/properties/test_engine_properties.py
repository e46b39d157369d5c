"""The engine under repeated, delayed, reordered and missing records, and restored anywhere."""

from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, Final

import pytest
from anything import (
    START,
    anything,
    arousals,
    facts,
    ferritins,
    histories_of,
    moments,
    of_crs,
    scores,
    signs,
)
from bedside import Bedside, hours, late, minutes, recorded_at
from builders import Fields, decoded, patient, reading, vitals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.clinical import asking, hlh, neuro, scored
from stream.clinical.course import retraced, trail_since
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.rules import steroid_taper
from stream.clinical.rules.register import RULES
from stream.clinical.times import HOUR_MS
from topics.base import MILLISECOND, rfc_3339

END: Final = START + hours(40)
# What ends by the clock alone: with the mask, and after 12 or 24 hours (CLINICAL.md §1.11).
ENDS_BY_TIME: Final = frozenset(
    {
        "FEVER-MASKED",
        "TOCI-DOSE",
        "TOCI-INTERVAL",
        "TOCI-MAX",
        "POST-TOCI-FEVER",
        "PRESSOR-ORDER",
        "DOPAMINE-AVOID",
        "ABX-NARROW",
        "INTUB-WINDOW",
        "ICE-DUE",
        "ICE-SUBTLE",
        "ICE-UNABLE",
        "STEROID-PROPHYLAXIS",
        "IL6-PARADOX",
        "DATA-UNIT",
        "DATA-RANGE",
    }
)

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


of_all_kinds = histories_of(st.one_of(anything, facts))


def in_order(events: list[Fields]) -> list[Fields]:
    """As a feed would send them."""
    return sorted(events, key=recorded_at)


def apart(fields: Fields, place: int) -> Fields:
    """Move an event by some seconds of its own."""
    shift = timedelta(seconds=7 * place)
    times = {
        name: rfc_3339(datetime.fromisoformat(fields[name]) + shift)
        for name in ("effective_at", "recorded_at")
    }
    return fields | times


def handed_over(events: list[Fields]) -> Bedside:
    """Take events in this order, whatever they say, with no tick before the end."""
    seen = Bedside(patient())
    for fields in events:
        seen.take_out_of_time(fields)
    seen.tick(END)
    return seen


def outcome(seen: Bedside, at: datetime = END) -> tuple[list[str], object]:
    """What is open and how it is graded, with what falls due by then."""
    seen.tick(at)
    return sorted(seen.open().values()), seen.all_ranges(at)


@few
@given(
    results=st.lists(ferritins, min_size=1, max_size=8, unique_by=lambda each: each["event_id"]),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_of_ferritin_results_ends_in_the_same_alert(results: Any, chance: Any) -> None:
    """Repeats, corrections and removals included."""
    versions = results + [
        late(each, timedelta(hours=30)) | {"status": status}
        for each, status in zip(results, ["corrected", "entered_in_error"], strict=False)
    ]
    shuffled = versions + versions[:2]
    chance.shuffle(shuffled)

    assert handed_over(shuffled).open() == handed_over(in_order(versions)).open()


@few
@given(history=of_all_kinds, chance=st.randoms(use_true_random=False))
def test_any_order_of_the_same_records_ends_in_the_same_alerts(history: Any, chance: Any) -> None:
    """The same rules at the same priorities, and the same grades."""
    shuffled = history + history[:3]
    chance.shuffle(shuffled)

    assert outcome(handed_over(shuffled)) == outcome(handed_over(in_order(history)))


@settings(few, max_examples=12)  # each is a long one
@given(history=of_all_kinds, removed=st.booleans())
def test_what_is_sent_again_after_most_is_forgotten_changes_nothing(
    history: Any, removed: bool
) -> None:
    """Neither a first version that was corrected or removed, nor anything else."""
    status = "entered_in_error" if removed else "corrected"
    versions = [late(each, timedelta(hours=21)) | {"status": status} for each in history[::2]]
    milder = [
        each | {"temperature_c": 36.6} if "temperature_c" in each else each for each in versions
    ]
    calm = [
        reading(at=START + hours(30) + minutes(2 * each), temperature_c=36.6, systolic_mmhg=120)
        for each in range(450)
    ]
    events = in_order(history + milder + calm)
    seen = Bedside(patient(), *events)
    graded = outcome(seen, START + hours(46))
    told = list(seen.lines)

    for fields in events[: len(events) - len(calm) + 300]:
        seen.take_out_of_time(fields)

    assert seen.lines == told
    assert outcome(seen, START + hours(46)) == graded


@few
@given(
    history=of_all_kinds,
    hours_between=st.sampled_from([2, 4, 5]),
    shift=st.integers(-3, 3),
    chance=st.randoms(use_true_random=False),
)
def test_any_order_finds_the_same_episodes(
    history: Any, hours_between: int, shift: int, chance: Any
) -> None:
    """With two days of calm in between, in which episodes close."""
    calm = [vitals(at=START + hours(each) + minutes(shift)) for each in range(1, 60, hours_between)]
    end = START + hours(60)
    shuffled = history + calm
    chance.shuffle(shuffled)
    one, other = handed_over(shuffled), handed_over(in_order(history + calm))
    one.tick(end)
    other.tick(end)

    assert outcome(one, end) == outcome(other, end)
    assert one.patient.course.closed == other.patient.course.closed


@few
@given(history=of_all_kinds, cut=st.integers(0, 14))
def test_restoring_the_state_anywhere_changes_nothing_that_follows(history: Any, cut: int) -> None:
    """Not a line, not a bit of the state."""
    events = in_order(history)
    whole, restored = Bedside(patient()), Bedside(patient())
    for place, fields in enumerate(events):
        if place == cut:
            restored.restored()
        restored.take(fields)
        whole.take(fields)  # one by one as well: ticks stand between them
    whole.tick(END)
    restored.tick(END)

    assert restored.lines == whole.lines
    assert restored.patient == whole.patient


@few
@given(history=of_all_kinds)
def test_asking_the_rules_that_are_reached_gives_what_asking_all_gives(history: Any) -> None:
    """Each rule declares what it depends on.

    No two moments are hours apart to the second: what falls due with a record of its own time may
    be told before or after it.
    """
    events = in_order([apart(each, place) for place, each in enumerate(history)])
    some = Bedside(patient(), *events)
    some.tick(END)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asking, "reached_by", lambda *_: RULES)
        everything = Bedside(patient(), *events)
        everything.tick(END)

    assert some.lines == everything.lines


@few
@given(history=of_all_kinds, chance=st.randoms(use_true_random=False))
def test_a_tick_that_is_lost_or_doubled_changes_nothing(history: Any, chance: Any) -> None:
    """Time goes on with the next one, and whatever fell due meanwhile does so at its own time."""
    events = in_order([apart(each, place) for place, each in enumerate(history)])
    every, some = Bedside(patient()), Bedside(patient())
    clock = START
    for fields in events:
        before_it = recorded_at(fields) - MILLISECOND
        for seen, losses in ((every, 0.0), (some, 0.7)):
            _ticking(seen, clock, before_it, chance, losses)
            seen.take_out_of_time(fields)
        clock = max(clock, before_it)
    for seen, losses in ((every, 0.0), (some, 0.7)):
        _ticking(seen, clock, END, chance, losses)

    assert some.lines == every.lines
    assert some.patient == every.patient


def _ticking(seen: Bedside, clock: datetime, until: datetime, chance: Any, losses: float) -> None:
    """Let a tick come each half hour and one at the end; where some are lost, others come twice."""
    while (clock := clock + minutes(30)) < until:
        if chance.random() >= losses:
            seen.tick(clock)
    seen.tick(until)
    if losses:
        seen.tick(until)
        seen.tick(until - minutes(chance.choice([0, 1, 600])))


@few
@given(history=of_all_kinds)
def test_a_status_line_says_what_one_says_that_is_made_anew(history: Any) -> None:
    """At each record and for days after it, whatever was kept of the lines before."""
    seen, patients = Bedside(patient()), []
    for fields in in_order(history):
        seen.take(fields)
        patients.append(seen.patient)
    asked = [
        (each, each.changed_ms + hours(ahead) // MILLISECOND)
        for each in patients
        for ahead in (0, 5, 13, 25, 49, 3)
    ]
    lines = [seen.engine.status(each, at_ms) for each, at_ms in asked]
    for (each, at_ms), line in zip(asked, lines, strict=True):
        neuro.KEPT.forget()
        scored.KEPT.forget()
        hlh.KEPT.forget()
        steroid_taper.KEPT.forget()

        assert line == seen.engine.status(each, at_ms)


@given(fields=anything)
def test_whatever_is_made_up_here_is_accepted(fields: Any) -> None:
    """Else it would test nothing."""
    assert not decoded(fields).dropped


watched = st.fixed_dictionaries(
    {
        "temperature_c": st.sampled_from([36.6, 36.8, 37.9, 38.0, 39.5]),
        "systolic_mmhg": st.sampled_from([84, 89, 90, 118, 120]),
        "spo2_percent": st.sampled_from([88, 95, 97]),
        "oxygen": st.sampled_from(
            [
                {"device": "room_air"},
                {"device": "high_flow"},
                {"device": "invasive"},
                {"flow_l_min": 8},
            ]
        ),
    }
)


def monitored(
    sets: list[dict[str, Any]], repeats: int, every_min: int, delays_s: list[int]
) -> list[Fields]:
    """A monitor that says each set of readings some times over, and not always in order."""
    said = [each for each in sets for _ in range(repeats)]
    return [
        late(vitals(at=START + minutes(every_min * place), **readings), timedelta(seconds=delay_s))
        for place, (readings, delay_s) in enumerate(zip(said, cycle(delays_s), strict=False))
    ]


monitors = st.builds(
    monitored,
    sets=st.lists(watched, min_size=1, max_size=6),
    repeats=st.integers(1, 8),
    every_min=st.sampled_from([1, 7, 31]),
    delays_s=st.lists(st.sampled_from([0, 3, 90, 400]), min_size=1, max_size=3),
)


@few
@given(
    history=st.lists(anything, max_size=8, unique_by=lambda each: each["event_id"]),
    monitor=monitors,
    management=st.sampled_from(list(MANAGEMENT)),
)
def test_a_level_that_stays_changes_nothing_that_is_told(
    history: Any, monitor: Any, management: str
) -> None:
    """Beside a monitor, whatever else comes, on time or late, under each management profile."""
    events = in_order([apart(each, place) for place, each in enumerate(history + monitor)])
    some = Bedside(patient(), *events, management=management)
    some.tick(END)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asking, "reached_by", lambda *_: RULES)
        everything = Bedside(patient(), *events, management=management)
        everything.tick(END)

    assert some.lines == everything.lines
    assert some.status(END) == everything.status(END)


@few
@given(history=of_all_kinds, silence_h=st.integers(1, 200))
def test_a_feed_that_stops_never_lowers_a_grade_nor_ends_an_alert(
    history: Any, silence_h: int
) -> None:
    """Only a newer measurement lowers; here nobody has been clean for 24 hours yet.

    Every grade, and every rule that does not end by the clock.
    """
    # A mask outside an episode ends with its window, feed or no feed.
    masks = {"dexamethasone", "methylprednisolone", "anakinra"}
    events = in_order([each for each in history if each.get("drug") not in masks])
    seen = Bedside(patient(), *events)
    last = max(map(recorded_at, events), default=START)
    seen.tick(last)
    before, alerts = seen.all_ranges(last), seen.open()
    seen.tick(last + hours(silence_h))
    after = seen.all_ranges(last + hours(silence_h))

    for name, (lowest, highest) in before.items():
        assert lowest <= after[name][0]
        assert highest <= after[name][1]
    kept = {key for key, each in alerts.items() if each.split()[0] not in ENDS_BY_TIME}
    assert kept <= set(seen.open())


@few
@given(history=of_all_kinds, normal=st.lists(moments, min_size=1, max_size=4, unique=True))
def test_a_controlled_temperature_never_lowers_a_grade(history: Any, normal: Any) -> None:
    """Normal temperatures beside the fevers there are leave every grade as it was."""
    events = in_order(history)
    fevers = {each["effective_at"] for each in events if each.get("temperature_c", 0) >= 38}
    cool = [reading(at=at, temperature_c=36.6, event_id=f"cool-{at}") for at in normal]
    cool = [each for each in cool if each["effective_at"] not in fevers]
    at = START + hours(39)
    without, with_cool = handed_over(events), handed_over(in_order(events + cool))
    opened = without.status(at).episode

    before, after = without.all_ranges(at), with_cool.all_ranges(at)
    for name in before:
        if name.startswith("icans"):
            assert after[name] == before[name]
        elif opened is not None and opened.crs_onset_at is not None:
            assert before[name][0] <= after[name][0]


# What is measured and examined while ICE can be done: what is carried forward, and a seizure, count
# until they are examined, so that without examinations they go on counting.
observations = histories_of(
    st.one_of(of_crs, scores, arousals, signs).filter(
        lambda each: "sedated" not in each and "invasive" not in str(each.get("oxygen"))
    )
)
LOST: Final = (
    {"temperature_c"},
    {"systolic_mmhg", "mean_arterial_mmhg"},
    {"oxygen"},
    {"level", "rass"},
    {"total"},  # of ICE and CAPD
)


@few
@given(
    history=observations,
    lost=st.sampled_from(LOST),
    after_min=st.sampled_from([0, 30, 300, 700]),
)
def test_losing_all_of_a_signal_only_widens_every_grade(
    history: Any, lost: Any, after_min: int
) -> None:
    """What is not measured is unknown: it proves nothing and rules nothing out."""
    events = in_order(history)
    at = recorded_at(events[-1]) + minutes(after_min)
    whole = Bedside(patient(), *events)
    partial = Bedside(patient(), *(each for each in events if each.keys().isdisjoint(lost)))

    known = partial.all_ranges(at)
    for name, (lowest, highest) in whole.all_ranges(at).items():
        assert known[name][0] <= lowest
        assert highest <= known[name][1]


@few
@given(history=of_all_kinds, chance=st.randoms(use_true_random=False))
def test_a_record_sent_again_at_once_or_later_changes_nothing(history: Any, chance: Any) -> None:
    """Not a line and not a reading, of whatever kind it is, and whichever version.

    It carries the time of its record again, so that what was refused is in doubt for no longer.
    """
    seen, taken = Bedside(patient()), list[Fields]()
    for fields in in_order(history):
        seen.take(fields)
        taken.append(fields)
        known, told = seen.patient, len(seen.lines)
        for again in (fields, chance.choice(taken)):
            seen.take_out_of_time(again)
        assert seen.lines[told:] == []
        assert seen.patient.series == known.series
        assert seen.patient.wakes == known.wakes
        assert seen.patient.doubts == known.doubts


@settings(few, max_examples=15)
@given(
    history=of_all_kinds,
    every_minutes=st.sampled_from([15, 20, 55]),
    late_hours=st.lists(st.floats(0.01, 40), min_size=1, max_size=8),
)
def test_a_walk_from_the_moment_of_a_late_reading_finds_what_a_whole_walk_does(
    history: Any, every_minutes: int, late_hours: Any
) -> None:
    """Also where single readings were thinned meanwhile, and where the state was restored."""
    calm = [
        reading(at=START + minutes(each), temperature_c=36.6, systolic_mmhg=120)
        for each in range(0, 45 * 60, every_minutes)
    ]
    seen = Bedside(patient(), *in_order(history + calm))
    for place, hours_late in enumerate(late_hours):
        at = START + hours(45) - timedelta(hours=hours_late)
        hot = reading(at=at, temperature_c=39.0) | {"recorded_at": rfc_3339(START + hours(45))}
        seen.take_out_of_time(hot)
        if place == 1:
            seen.restored()

        whole = retraced(seen.patient)
        assert seen.patient.course == whole.course
        assert seen.patient.front == whole.front
        last_ms, thinned_ms = seen.patient.course.at_ms, seen.patient.trail.start.at_ms
        assert last_ms is not None
        for at_ms in range(last_ms, thinned_ms or last_ms - 6 * HOUR_MS, -11 * 60_000):
            found = trail_since(seen.patient, at_ms).at(at_ms)
            if thinned_ms is not None and found.at_ms == thinned_ms:
                break  # its last reading may be one that was thinned since
            assert found == trail_since(whole, at_ms).at(at_ms)
