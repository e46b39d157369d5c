"""CRS-UP: under each policy by its own grade (CLINICAL.md §1.1, §2.4, DEC-3, DEC-52)."""

from typing import Any

import pytest
from bedside import Bedside, corrected, hours, minutes, removed
from builders import (
    Fields,
    assessment,
    build,
    connected,
    dose,
    infusion,
    on_day,
    patient,
    reading,
    vitals,
)

from stream.clinical.signals import TEMPERATURE
from topics.codec import Reason

RULE = "CRS-UP"
START = on_day(4, "06:00")


def fever(after_h: float = 0, **readings: Any) -> Fields:
    return vitals(at=START + hours(after_h), temperature_c=39.0, **readings)


def attributed(domain: str, cause: str, after_h: float) -> Fields:
    at = START + hours(after_h)
    return assessment("attribution", at=at, domain=domain, cause=cause, by="doctor")


def pressor(drug: str, after_h: float, **rate: Any) -> Fields:
    return infusion(drug, at=START + hours(after_h), **rate)


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        ({}, "raised P3"),
        ({"systolic_mmhg": 80}, "raised P2"),
        ({"oxygen": {"device": "high_flow"}}, "raised P1"),
        ({"oxygen": {"device": "bipap"}}, "raised P1"),
    ],
)
def test_the_priority_is_that_of_the_grade(readings: dict[str, Any], told: str) -> None:
    assert Bedside(patient(), fever(**readings)).states(RULE) == [told]


def test_the_same_grade_again_is_no_new_line() -> None:
    seen = Bedside(patient(), fever(), fever(1), fever(2, heart_rate_per_min=130))

    assert seen.states(RULE) == ["raised P3"]


def test_each_policy_has_its_own_priority() -> None:
    line = Bedside(patient(), fever(), pressor("norepinephrine", 1)).told(RULE)[-1]

    assert line.priorities == {"manikath-2025": "P2", "astct-2019": "P1"}
    assert line.priority == "P2"
    assert "grade 2 by manikath-2025, grade 3 by astct-2019" in line.advice


def test_the_paging_policy_sets_the_priority() -> None:
    seen = Bedside(patient(), fever(), pressor("norepinephrine", 1), paging_policy="astct-2019")

    assert seen.told(RULE)[-1].priority == "P1"


def test_where_the_paging_policy_does_not_hold_the_highest_does() -> None:
    seen = Bedside(patient(), fever(systolic_mmhg=80), paging_policy="astct-2019")
    seen.take(attributed("fever", "infection", 1))

    line = seen.told(RULE)[-1]
    assert line.priorities == {"manikath-2025": "P2"}
    assert line.priority == "P2"


def test_a_paging_policy_that_is_not_built_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no policy"):
        Bedside(paging_policy="other")


@pytest.mark.parametrize(
    ("domain", "readings", "before", "after"),
    [
        ("hypotension", {"systolic_mmhg": 80}, (2, 2), (2, 1)),
        ("hypoxia", {"oxygen": {"device": "high_flow"}}, (3, 3), (3, 1)),
        ("fever", {"systolic_mmhg": 80}, (2, 2), (2, 0)),
        ("neuro", {"systolic_mmhg": 80}, (2, 2), (2, 2)),
    ],
)
def test_another_cause_counts_in_the_consensus_alone(
    domain: str, readings: dict[str, Any], before: tuple[int, int], after: tuple[int, int]
) -> None:
    seen = Bedside(patient(), fever(**readings))

    assert seen.grades(START + hours(1)) == before
    seen.take(attributed(domain, "infection", 2))
    assert seen.grades(START + hours(3)) == after


@pytest.mark.parametrize("cause", ["crs", "icans"])
def test_a_cause_of_our_own_ends_an_attribution(cause: str) -> None:
    seen = Bedside(patient(), fever(systolic_mmhg=80), attributed("hypotension", "sedation", 1))

    seen.take(attributed("hypotension", cause, 2))
    assert seen.grades(START + hours(3)) == (2, 2)


def test_an_attribution_takes_away_a_vasopressor_that_ran_before() -> None:
    seen = Bedside(patient(), fever(), pressor("norepinephrine", 1))
    cause = attributed("hypotension", "bleeding", 2)
    seen.take(cause)

    assert seen.grades(START + hours(3)) == (2, 1)
    seen.take(removed(cause, hours(2)))
    assert seen.grades(START + hours(5)) == (2, 3)


@pytest.mark.parametrize(
    ("domain", "readings", "review"),
    [
        ("hypotension", {"systolic_mmhg": 80}, 2),
        ("hypoxia", {"oxygen": {"device": "high_flow"}}, 3),
    ],
)
def test_what_was_measured_under_an_attribution_stays_out_after_it(
    domain: str, readings: dict[str, Any], review: int
) -> None:
    cause = attributed(domain, "infection", 1)
    seen = Bedside(patient(), fever(), cause, fever(2, **readings), attributed(domain, "crs", 4))

    assert seen.grades(START + hours(5)) == (review, 1)
    assert seen.ranges(START + hours(5))[1] == (1, 4)  # nothing has shown that there is no CRS
    seen.take(fever(6, **readings))
    assert seen.grades(START + hours(7)) == (review, review)


def test_a_well_reading_under_an_attribution_still_proves_that_the_patient_is_well() -> None:
    causes = attributed("hypotension", "infection", 1), attributed("hypotension", "crs", 4)
    seen = Bedside(*connected(), fever(), *causes[:1], fever(3), *causes[1:])

    assert seen.ranges(START + hours(5)) == ((1, 1), (1, 1))


def test_a_fever_measured_under_an_attribution_stays_out_after_it() -> None:
    causes = attributed("fever", "infection", -1), attributed("fever", "crs", 1)
    seen = Bedside(*connected(), causes[0], fever(systolic_mmhg=80), causes[1])

    assert seen.ranges(START + hours(2)) == ((2, 2), (0, 2))
    seen.take(fever(6, systolic_mmhg=80))
    assert seen.grades(START + hours(7)) == (2, 2)


def test_a_fever_outside_of_an_attribution_counts_long_after_it() -> None:
    causes = attributed("fever", "infection", -1), attributed("fever", "crs", 1)
    cannula = {"device": "nasal_cannula", "flow_l_min": 2}
    cool = [vitals(at=START + minutes(20 * each), oxygen=cannula) for each in range(6, 600)]
    seen = Bedside(patient(), causes[0], fever(), causes[1], fever(1.5), *cool)

    kept = seen.patient.readings(TEMPERATURE)
    assert [each.value.celsius for each in kept if each.value.celsius >= 38] == [39]
    assert seen.grades(START + hours(200)) == (2, 2)


def test_a_fever_from_before_an_attribution_counts_after_it() -> None:
    causes = attributed("fever", "infection", 1), attributed("fever", "crs", 4)
    seen = Bedside(patient(), fever(), causes[0], fever(2, systolic_mmhg=80), causes[1])

    assert seen.grades(START + hours(5)) == (2, 2)


def test_a_vasopressor_that_was_attributed_comes_back_after_it() -> None:
    causes = attributed("hypotension", "bleeding", 2), attributed("hypotension", "crs", 4)
    seen = Bedside(patient(), fever(), pressor("norepinephrine", 1), *causes)

    assert seen.grades(START + hours(5)) == (2, 3)


@pytest.mark.parametrize(
    ("under", "grade"), [(None, 3), ("high_flow", 3), ("cpap", 3), ("nasal_cannula", 2)]
)
def test_a_device_from_before_an_attribution_comes_back_after_it(
    under: str | None, grade: int
) -> None:
    causes = attributed("hypoxia", "infection", 1), attributed("hypoxia", "crs", 4)
    again = [] if under is None else [fever(2, oxygen={"device": under})]
    before = fever(oxygen={"device": "high_flow"})
    seen = Bedside(patient(), before, causes[0], *again, causes[1])

    assert seen.grades(START + hours(5))[1] == grade


def test_an_attribution_of_the_stay_before_does_not_hold() -> None:
    seen = Bedside(patient(), attributed("hypotension", "bleeding", 1))
    seen.take(build("patient", on_day(30), {"infused_at": on_day(30)}))
    seen.take(vitals(at=on_day(31), temperature_c=39, systolic_mmhg=80))

    assert seen.grades(on_day(31, "12:30")) == (2, 2)


def test_because_names_the_fever_and_what_makes_the_grade() -> None:
    seen = Bedside(patient(), fever(systolic_mmhg=80, oxygen={"device": "venturi"}))

    first = seen.told(RULE)[0]
    assert [each.signal for each in first.because] == ["temperature_c", "oxygen_device"]
    seen.take(pressor("norepinephrine", 1, rate_value=25))
    second = seen.told(RULE)[1]
    assert [each.signal for each in second.because] == [
        "temperature_c",
        "norepinephrine",
        "oxygen_device",
    ]
    assert second.because[1].unit == "ug/min"
    assert second.because[1].effective_at == START + hours(1)


@pytest.mark.parametrize("rule", [RULE, "TOCI-IND"])
def test_what_hid_the_fever_at_the_onset_is_shown_after_its_window(rule: str) -> None:
    low = {"temperature_c": 36.8, "systolic_mmhg": 80}
    seen = Bedside(patient(), dose("acetaminophen", at=START))
    seen.take(*(vitals(at=START + hours(each), **low) for each in (1, 5, 9, 12)))

    told = seen.told(rule)
    assert [line.state for line in told if line.at <= START + hours(8.9)] == ["raised"]
    assert {tuple(each.signal for each in line.because) for line in told} == {
        ("acetaminophen", "systolic_mmhg")
    }


def test_because_names_both_pressures_below_their_limits() -> None:
    low = fever(systolic_mmhg=80, mean_arterial_mmhg=60, diastolic_mmhg=50)

    signals = [each.signal for each in Bedside(patient(), low).told(RULE)[0].because]

    assert signals == ["temperature_c", "systolic_mmhg", "mean_arterial_mmhg"]


@pytest.mark.parametrize(("support", "policy"), [("crrt", "manikath-2025"), ("ecmo_va", None)])
def test_because_names_a_support(support: str, policy: str | None) -> None:
    started = assessment("support", at=START + hours(1), support=support, action="start")
    line = Bedside(patient(), fever(), started).told(RULE)[-1]

    assert line.because[-1].signal == support
    assert line.priorities["manikath-2025"] == "P1"
    assert line.priorities["astct-2019"] == ("P3" if policy else "P1")


def test_it_says_where_the_patient_is() -> None:
    line = Bedside(patient(unit="B7", bed="12"), fever()).told(RULE)[0]

    assert (line.unit, line.bed, line.day, line.stay, line.episode) == ("B7", "12", 4, 1, 1)


def test_it_never_calls_it_a_diagnosis() -> None:
    assert "Meets criteria for CRS grade 1." in Bedside(patient(), fever()).told(RULE)[0].advice


# Ranges in the status


def test_what_was_never_measured_is_not_ruled_out() -> None:
    seen = Bedside(patient(), reading(at=START, temperature_c=38.5))

    assert seen.ranges(START + hours(1)) == ((1, 4), (1, 4))


def test_with_everything_known_the_range_is_one_grade() -> None:
    assert Bedside(*connected(), fever()).ranges(START + hours(1)) == ((1, 1), (1, 1))


@pytest.mark.parametrize(
    ("heard", "review", "consensus"),
    [
        ((), (1, 4), (1, 4)),
        (connected()[1:2], (1, 3), (1, 4)),  # no support runs, a vasopressor may
        (connected()[2:], (1, 4), (1, 4)),  # CRRT and ECMO may run
    ],
)
def test_a_topic_that_has_never_spoken_rules_nothing_out(
    heard: tuple[Fields, ...], review: tuple[int, int], consensus: tuple[int, int]
) -> None:
    assert Bedside(patient(), *heard, fever()).ranges(START) == (review, consensus)


def test_a_topic_has_spoken_though_its_record_was_refused() -> None:
    late = assessment("echo", at=START - hours(60), recorded_at=START, lvef_percent=60)
    seen = Bedside(patient(), *connected()[2:], fever(), late)

    assert [each.reason for each in seen.refused] == [Reason.LATE]
    assert seen.ranges(START) == ((1, 1), (1, 1))


@pytest.mark.parametrize(("reason", "consensus"), [(None, (1, 4)), ("hypoxia", (4, 4))])
def test_an_intubation_that_nobody_explains_is_paged_by_the_review(
    reason: str | None, consensus: tuple[int, int]
) -> None:
    airway = {"device": "invasive"} | ({} if reason is None else {"reason": reason})
    seen = Bedside(*connected(), fever(oxygen=airway))

    assert seen.ranges(START) == ((4, 4), consensus)
    assert seen.told(RULE)[-1].priorities["manikath-2025"] == "P1"


OLD_AFTER_4_H = [
    "heart_rate_per_min",
    "oxygen_device",
    "respiratory_rate_per_min",
    "spo2_percent",
    "systolic_mmhg",
]


@pytest.mark.parametrize(
    ("after_h", "stale", "highest"),
    [
        (4, [], 2),
        (4.01, OLD_AFTER_4_H, 4),
        (8, OLD_AFTER_4_H, 4),
        (8.01, [*OLD_AFTER_4_H, "temperature_c"], 4),
    ],
)
def test_a_stale_signal_is_named_and_widens_the_range(
    after_h: float, stale: list[str], highest: int
) -> None:
    seen = Bedside(*connected(), fever(systolic_mmhg=80))

    assert list(seen.status(START + hours(after_h)).stale) == stale
    assert seen.ranges(START + hours(after_h))[0] == (2, highest)


@pytest.mark.parametrize(
    ("device_h", "flow_h", "after_h", "stale"),
    [
        (0, 0, 4, ()),
        (0, 0, 4.1, ("flow_l_min", "oxygen_device")),
        (0, 2, 4.1, ("oxygen_device",)),
        (0, 2, 6.1, ("flow_l_min", "oxygen_device")),
    ],
)
def test_the_flow_of_a_device_goes_stale_with_its_own_age(
    device_h: float, flow_h: float, after_h: float, stale: tuple[str, ...]
) -> None:
    cannula = {"device": "nasal_cannula", "flow_l_min": 2}
    device = reading(at=START + hours(device_h), oxygen=cannula)
    flow = reading(at=START + hours(flow_h), oxygen={"flow_l_min": 3})
    seen = Bedside(patient(), device, flow)

    assert seen.status(START + hours(after_h)).stale == stale


def test_the_flow_of_a_device_no_longer_in_use_is_not_stale() -> None:
    cannula = reading(at=START, oxygen={"device": "nasal_cannula", "flow_l_min": 2})
    seen = Bedside(patient(), cannula, reading(at=START + hours(3), oxygen={"device": "room_air"}))

    assert seen.status(START + hours(6)).stale == ()


def test_a_ventilator_is_never_stale() -> None:
    seen = Bedside(patient(), fever(oxygen={"device": "invasive", "reason": "hypoxia"}))

    assert "oxygen_device" not in seen.status(START + hours(30)).stale


@pytest.mark.parametrize("device", ["cpap", "bipap"])
def test_positive_pressure_charted_long_ago_is_still_grade_4(device: str) -> None:
    seen = Bedside(patient(), fever(oxygen={"device": device}))

    seen.take(reading(at=START + hours(5), heart_rate_per_min=90))

    assert seen.ranges(START + hours(5)) == ((4, 4), (4, 4))


def test_without_a_fever_nothing_is_left_open() -> None:
    well = vitals(at=START)
    seen = Bedside(patient(), well)

    assert seen.ranges(START + hours(1)) == ((0, 0), (0, 0))
    assert seen.ranges(START + hours(8.1)) == ((0, 4), (0, 4))  # a stale temperature


@pytest.mark.parametrize(
    ("pump", "flag"),
    [
        ({"rate_value": 0.3, "rate_unit": "ug/kg/min"}, "vasopressor_intensity_unknown"),
        ({"rate_value": 20, "rate_unit": "ug/min"}, None),
    ],
)
def test_an_unknown_intensity_is_flagged_and_may_be_high(
    pump: dict[str, Any], flag: str | None
) -> None:
    seen = Bedside(*connected(weight_kg=None), fever(), pressor("norepinephrine", 1, **pump))
    status = seen.status(START + hours(2))

    assert status.flags == ((flag,) if flag else ())
    assert seen.ranges(START + hours(2))[0] == ((2, 3) if flag else (3, 3))


def test_a_weight_that_comes_later_is_used() -> None:
    pump = pressor("norepinephrine", 1, rate_value=0.3, rate_unit="ug/kg/min")
    seen = Bedside(patient(weight_kg=None), fever(), pump)
    seen.take(patient(at=START + hours(2), weight_kg=80))

    assert seen.states(RULE) == ["raised P3", "changed P2", "changed P1"]


def test_a_childs_pressure_is_judged_by_its_age() -> None:
    seen = Bedside(patient(age_years=8, weight_kg=25), fever(systolic_mmhg=88))

    assert seen.grades(START + hours(1)) == (1, 1)
    seen.take(reading(at=START + hours(2), mean_arterial_mmhg=40))
    assert seen.grades(START + hours(3)) == (1, 1)
    seen.take(reading(at=START + hours(4), systolic_mmhg=85))
    assert seen.grades(START + hours(5)) == (2, 2)


def test_because_names_the_record_that_said_it() -> None:
    """A flow or an FiO2 may come in another one than the device that it belongs to."""
    device = fever(oxygen={"device": "nasal_cannula", "flow_l_min": 2})
    flow = reading(at=START + hours(1), oxygen={"flow_l_min": 8})
    fio2 = reading(at=START + hours(2), oxygen={"fio2_fraction": 0.5})
    removed_fever = corrected(device, hours(3), temperature_c=36.8)

    for rule, records in ((RULE, ()), ("UNATTRIBUTED-DETERIORATION", (removed_fever,))):
        line = Bedside(patient(), device, flow, fio2, *records).told(rule)[-1]
        said = {each.signal: (each.effective_at, each.event_id) for each in line.because}
        assert said["oxygen_device"] == (START, device["event_id"])
        assert said["flow_l_min"] == (START + hours(1), flow["event_id"])
        assert said["fio2_fraction"] == (START + hours(2), fio2["event_id"])


def test_a_flow_that_is_charted_alone_belongs_to_the_device_in_use() -> None:
    cannula = {"device": "nasal_cannula", "flow_l_min": 2}
    seen = Bedside(patient(), fever(oxygen=cannula))
    seen.take(reading(at=START + hours(1), oxygen={"flow_l_min": 8}))

    assert seen.grades(START + hours(2)) == (3, 3)
    seen.take(reading(at=START + hours(3), oxygen={"fio2_fraction": 0.5}))
    assert seen.grades(START + hours(4)) == (3, 3)


def oxygen(after_h: float, device: str | None, **measured: float) -> Fields:
    named = {} if device is None else {"device": device}
    return reading(at=START + hours(after_h), oxygen=named | measured)


@pytest.mark.parametrize(
    ("charted", "ranges"),
    [
        ([("nasal_cannula", {"flow_l_min": 8})], ((3, 3), (3, 3))),
        ([("nasal_cannula", {"flow_l_min": 8}), (None, {"fio2_fraction": 0.3})], ((3, 3), (3, 3))),
        ([("nasal_cannula", {"flow_l_min": 2})], ((2, 3), (2, 3))),  # it may be more by now
        ([("nasal_cannula", {})], ((2, 3), (2, 3))),
        ([("nasal_cannula", {"flow_l_min": 8}), (None, {"flow_l_min": 2})], ((2, 3), (2, 3))),
        ([("nasal_cannula", {"flow_l_min": 8}), ("high_flow", {})], ((2, 3), (2, 3))),
        ([("nasal_cannula", {"flow_l_min": 8}), ("room_air", {})], ((2, 3), (2, 3))),
        ([("high_flow", {}), (None, {"flow_l_min": 40})], ((2, 3), (2, 3))),
        ([("nasal_cannula", {"flow_l_min": 2, "fio2_fraction": 0.45})], ((3, 3), (2, 3))),
        ([("nasal_cannula", {"flow_l_min": 5})], ((2, 3), (2, 3))),
    ],
)
def test_what_was_measured_on_a_device_holds_while_it_is_charted_again(
    charted: list[tuple[str | None, dict[str, float]]], ranges: tuple[tuple[int, int], ...]
) -> None:
    """Nothing newer was measured; what may be worse by now is not ruled out."""
    before = [
        oxygen(each, device, **measured) for each, (device, measured) in enumerate(charted, start=1)
    ]
    seen = Bedside(*connected(), fever(), *before, oxygen(3, "nasal_cannula"))

    assert seen.ranges(START + hours(4)) == ranges


def test_a_newer_flow_lowers_the_grade() -> None:
    again = oxygen(2, "nasal_cannula"), oxygen(3, "nasal_cannula", flow_l_min=2)
    seen = Bedside(*connected(), fever(), oxygen(1, "nasal_cannula", flow_l_min=8), *again)

    assert seen.ranges(START + hours(4)) == ((2, 2), (2, 2))


def test_a_flow_of_before_is_named_by_its_record_and_goes_stale() -> None:
    flow = oxygen(1, "nasal_cannula", flow_l_min=8)
    again = oxygen(4, "nasal_cannula")
    seen = Bedside(patient(), fever(), flow, again)

    said = {each.signal: each.event_id for each in seen.told(RULE)[-1].because}
    assert said["flow_l_min"] == flow["event_id"]
    assert said["oxygen_device"] in {flow["event_id"], again["event_id"]}
    assert "flow_l_min" not in seen.status(START + hours(5)).stale
    stale = seen.status(START + hours(5.1)).stale
    assert "flow_l_min" in stale
    assert "oxygen_device" not in stale


def test_an_fio2_on_room_air_does_not_hold() -> None:
    seen = Bedside(patient(), fever(), oxygen(1, "room_air", fio2_fraction=0.45))
    assert seen.grades(START + hours(1)) == (3, 1)

    seen.take(oxygen(2, "room_air"))

    assert seen.grades(START + hours(3)) == (1, 1)


def tube(after_h: float, fio2: float | None = None, reason: str | None = None) -> Fields:
    said = {"device": "invasive", "fio2_fraction": fio2, "reason": reason}
    known = {name: value for name, value in said.items() if value is not None}
    return reading(at=START + hours(after_h), oxygen=known)


@pytest.mark.parametrize(
    ("charted", "consensus"),
    [
        ([tube(1, 0.6, "hypoxia"), tube(2, 0.35)], (4, 4)),
        ([tube(1, 0.6), tube(2, 0.35)], (4, 4)),  # for hypoxia, which got better on it
        ([tube(1, None, "hypoxia"), tube(2, 0.35), tube(3)], (4, 4)),
        ([oxygen(1, "non_rebreather", fio2_fraction=0.9), tube(2)], (4, 4)),
        ([oxygen(1, "nasal_cannula", flow_l_min=2), tube(2, 0.35), tube(3, 0.3)], (4, 4)),
        ([tube(1, 0.3, "airway_protection"), tube(2, 0.35)], (1, 4)),
        ([tube(1, 0.6), tube(2, 0.35, "airway_protection")], (1, 1)),
        ([tube(1, 0.6, "hypoxia"), tube(2, 0.35, "airway_protection"), tube(3, 0.3)], (1, 4)),
        ([tube(1, 0.6, "hypoxia"), oxygen(2, "room_air"), tube(3, 0.3)], (1, 4)),
        ([oxygen(1, "room_air"), tube(2, 0.35)], (1, 4)),
    ],
)
def test_why_a_tube_was_put_in_holds_while_it_is_charted_again(
    charted: list[Fields], consensus: tuple[int, int]
) -> None:
    """Silence about the reason neither ends hypoxia nor the excuse (DEC-35, DEC-49)."""
    seen = Bedside(*connected(), fever(), *charted)

    assert seen.ranges(START + hours(4)) == ((4, 4), consensus)
    seen.restored()
    assert seen.ranges(START + hours(4)) == ((4, 4), consensus)


def test_a_tube_after_a_need_of_oxygen_does_not_lower_the_grade() -> None:
    seen = Bedside(*connected(), fever(), oxygen(1, "non_rebreather", fio2_fraction=0.9))

    seen.take(tube(2))

    assert [line.priority for line in seen.told(RULE)] == ["P3", "P1", "P1"]
    assert seen.told(RULE)[-1].state == "changed"
