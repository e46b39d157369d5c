"""The same laws while an infusion is planned, moved, taken back, and when its time comes."""

from datetime import timedelta
from itertools import chain
from typing import Any, Final

import pytest
from anything import START, anything, built, facts, histories_of, in_versions
from bedside import Bedside, hours, minutes, recorded_at
from builders import Fields, build, patient, vitals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.clinical import asking
from stream.clinical.rules.register import RULES

END: Final = START + hours(60)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

infusions = built(
    lambda at, ahead: build("patient", at, {"infused_at": at + ahead}),
    ahead=st.sampled_from(
        [hours(each) for each in (-30, -2, 0, 1, 6, 20)]
        + [timedelta(days=each) for each in (9, 31)]
    ),
)
plans = st.lists(
    st.builds(
        in_versions,
        infusions,
        st.sampled_from([None, None, "entered_in_error"]),
        st.sampled_from([30, 300]).map(minutes),
    ),
    min_size=1,
    max_size=3,
).map(lambda each: list(chain.from_iterable(each)))
histories = histories_of(st.one_of(anything, facts))
SAID: Final[list[dict[str, Any]]] = [
    {},
    {"temperature_c": 39.0},
    {"systolic_mmhg": 80},
    {"spo2_percent": 85},
    {"oxygen": {"device": "high_flow"}},
]


def monitored(sets: list[dict[str, Any]]) -> list[Fields]:
    """A monitor that says each set of readings twenty times over."""
    said = [each for each in sets for _ in range(20)]
    return [vitals(at=START + minutes(7 * place), **each) for place, each in enumerate(said)]


monitors = st.lists(st.sampled_from(SAID), max_size=6).map(monitored)


def bedside() -> Bedside:
    """One of whom no infusion is known."""
    return Bedside(patient(at=START - hours(100), infused_at=None))


def in_order(events: list[Fields]) -> list[Fields]:
    """As a feed would send them, no two at one moment."""
    shifted = [
        each | {"recorded_at": (recorded_at(each) + timedelta(seconds=7 * place)).isoformat()}
        for place, each in enumerate(events)
    ]
    return sorted(shifted, key=recorded_at)


@few
@given(history=histories, plan=plans, monitor=monitors)
def test_asking_the_rules_that_are_reached_gives_what_asking_all_gives(
    history: Any, plan: Any, monitor: Any
) -> None:
    """Line by line: levels included, and what is asked of one who waits for the infusion."""
    events = in_order(history + plan + monitor)
    some, everything = bedside(), bedside()
    some.take(*events)
    some.tick(END)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asking, "reached_by", lambda *_: RULES)
        everything.take(*events)
        everything.tick(END)

    assert some.lines == everything.lines
    assert some.status(END) == everything.status(END)


@few
@given(history=histories, plan=plans, cut=st.integers(0, 14))
def test_restoring_the_state_anywhere_changes_nothing_that_follows(
    history: Any, plan: Any, cut: int
) -> None:
    whole, restored = bedside(), bedside()
    for place, fields in enumerate(in_order(history + plan)):
        if place == cut:
            restored.restored()
        whole.take(fields)
        restored.take(fields)
    whole.tick(END)
    restored.tick(END)

    assert restored.lines == whole.lines
    assert restored.patient == whole.patient


@few
@given(history=histories, plan=plans, chance=st.randoms(use_true_random=False))
def test_any_order_of_the_same_records_ends_in_the_same_alerts(
    history: Any, plan: Any, chance: Any
) -> None:
    """The same rules at the same priorities, the same grades and the same stay."""
    events = in_order(history + plan)
    shuffled = [*events]
    chance.shuffle(shuffled)
    ends = []
    for each in (events, shuffled):
        seen = bedside()
        for fields in each:
            seen.take_out_of_time(fields)
        seen.tick(END)
        stay = seen.patient.stay, seen.patient.stay_from_ms
        ends.append((sorted(seen.open().values()), seen.all_ranges(END), stay))

    assert ends[0] == ends[1]


@few
@given(history=histories, ahead_h=st.integers(20, 24 * 28))
def test_before_a_planned_infusion_nothing_is_graded(history: Any, ahead_h: int) -> None:
    """Whatever is found: only what does not speak of CRS, ICANS or HLH is told."""
    infused_at = START + hours(40 + ahead_h)
    seen = Bedside(patient(at=START - hours(100), infused_at=infused_at))
    seen.take(*in_order(history))
    grades = seen.all_ranges(START + hours(40))

    assert {lowest for lowest, _ in grades.values()} == {0}
    told = {line.rule for line in seen.lines}
    assert told <= {rule.name for rule in RULES if rule.before_infusion}
