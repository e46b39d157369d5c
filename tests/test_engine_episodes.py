"""When an episode opens, what masks a fever, when it closes (CLINICAL.md DEC-2, 33, 40, 51)."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, assessment, connected, dose, infusion, on_day, patient, reading, vitals

START = on_day(3, "08:00")


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def fever(after_h: float = 0, **readings: Any) -> Fields:
    return vitals(at=at(after_h), temperature_c=38.6, **readings)


def well(after_h: float, **readings: Any) -> Fields:
    return vitals(at=at(after_h), **readings)


def well_from(after_h: float, until_h: float, every_h: float = 2) -> list[Fields]:
    count = int((until_h - after_h) / every_h) + 1
    return [well(after_h + each * every_h) for each in range(count)]


def given(drug: str, after_h: float, **fields: Any) -> Fields:
    return dose(drug, at=at(after_h), dose_value=fields.pop("dose_value", 650), **fields)


def runs(support: str, after_h: float, action: str = "start") -> Fields:
    return assessment("support", at=at(after_h), support=support, action=action)


def onset(seen: Bedside, after_h: float) -> datetime | None:
    episode = seen.status(at(after_h)).episode
    assert episode is not None
    return episode.crs_onset_at


# Opening


@pytest.mark.parametrize(("celsius", "grade"), [(37.99, 0), (38.0, 1), (41.0, 1)])
def test_a_temperature_of_38_opens_an_episode(celsius: float, grade: int) -> None:
    seen = Bedside(patient(), vitals(at=START, temperature_c=celsius))

    assert seen.grades(at(0.1)) == (grade, grade)
    assert onset(seen, 0.1) == (START if grade else None)


@pytest.mark.parametrize("site", ["axillary", "skin"])
def test_a_surface_temperature_counts_as_measured_and_is_flagged(site: str) -> None:
    """Source: DEC-37."""
    seen = Bedside(patient(), vitals(at=START, temperature_c=38.0, temperature_site=site))

    assert seen.grades(at(0.1)) == (1, 1)
    assert "surface_temperature" in seen.status(at(0.2)).flags


def test_hypotension_without_fever_opens_none() -> None:
    seen = Bedside(patient(), well(0, systolic_mmhg=80))

    assert seen.grades(at(0.1)) == (0, 0)
    assert onset(seen, 0.1) is None
    assert seen.is_open("UNATTRIBUTED-DETERIORATION")


@pytest.mark.parametrize(("after_h", "opens"), [(8, True), (8.01, False)])
def test_hypotension_in_the_window_of_an_antipyretic_opens_one(after_h: float, opens: bool) -> None:
    seen = Bedside(patient(), given("acetaminophen", 0), well(after_h, systolic_mmhg=80))

    assert seen.grades(at(after_h + 0.001)) == ((2, 2) if opens else (0, 0))
    assert (onset(seen, after_h + 0.002) is not None) is opens
    assert seen.is_open("UNATTRIBUTED-DETERIORATION") is not opens


@pytest.mark.parametrize(
    ("drug", "amount", "unit", "masks"),
    [
        ("ibuprofen", 400, "mg", True),
        ("metamizole", 1, "g", True),
        ("aspirin", 300, "mg", True),
        ("aspirin", 299, "mg", False),
        ("aspirin", 0.3, "g", True),
        ("aspirin", None, None, True),  # it may well be enough
        ("levetiracetam", 500, "mg", False),
    ],
)
def test_what_counts_as_an_antipyretic(
    drug: str, amount: float | None, unit: str | None, masks: bool
) -> None:
    medicine = dose(drug, at=START, dose_value=amount, dose_unit=unit)
    seen = Bedside(patient(), medicine, well(1, systolic_mmhg=80))

    assert seen.grades(at(1.1)) == ((2, 2) if masks else (0, 0))


@pytest.mark.parametrize("support", ["crrt", "ecmo_vv", "ecmo_va", "cooling"])
def test_hypotension_while_a_circuit_runs_opens_one(support: str) -> None:
    seen = Bedside(patient(), runs(support, 0), well(1, systolic_mmhg=80))

    assert onset(seen, 1.1) is not None
    assert min(seen.grades(at(1.2))) >= 2


def test_a_circuit_alone_opens_none_but_ecmo_does() -> None:
    filtered = Bedside(patient(), well(0), runs("crrt", 1))
    supported = Bedside(patient(), well(0), runs("ecmo_vv", 1))

    assert filtered.grades(at(2)) == (0, 0)
    assert supported.grades(at(2)) == (4, 4)


@pytest.mark.parametrize(
    ("medicine", "window_h"),
    [
        (given("dexamethasone", 0, dose_value=10), 48),
        (given("prednisone", 0, dose_value=60, route="po"), 48),
        (given("anakinra", 0, dose_value=100), 24),
    ],
)
def test_steroids_and_anakinra_mask_for_the_grade(medicine: Fields, window_h: float) -> None:
    seen = Bedside(patient(), medicine, well(window_h - 1, systolic_mmhg=80))

    assert seen.grades(at(window_h)) == (2, 2)
    assert onset(seen, window_h) is None  # they open no episode
    seen.tick(at(window_h + 0.1))
    assert seen.grades(at(window_h + 0.2)) == (0, 0)
    assert seen.states("CRS-UP") == ["raised P2", "resolved"]
    assert seen.is_open("UNATTRIBUTED-DETERIORATION")


def test_a_topical_steroid_masks_nothing() -> None:
    cream = given("hydrocortisone", 0, route="other")

    assert Bedside(patient(), cream, well(1, systolic_mmhg=80)).grades(at(2)) == (0, 0)


@pytest.mark.parametrize("drug", ["acetaminophen", "hydrocortisone", "anakinra"])
def test_a_dose_of_nothing_masks_nothing(drug: str) -> None:
    ill = well(1, systolic_mmhg=80)

    assert Bedside(patient(), given(drug, 0, dose_value=0), ill).grades(at(2)) == (0, 0)
    assert Bedside(patient(), given(drug, 0), ill).grades(at(2)) == (2, 2)


def test_an_infused_steroid_masks_while_it_runs() -> None:
    drip = infusion("methylprednisolone", at=START, rate_value=5, rate_unit="mg/h")
    seen = Bedside(patient(), drip, well(60, systolic_mmhg=80))

    assert seen.grades(at(61)) == (2, 2)


@pytest.mark.parametrize(("drug", "window_h"), [("methylprednisolone", 48), ("anakinra", 24)])
@pytest.mark.parametrize("stop", [{"action": "stop"}, {"action": "change", "rate_value": 0}])
def test_an_infusion_masks_for_its_window_after_it_was_stopped(
    drug: str, window_h: float, stop: Fields
) -> None:
    """A second stop, or one that comes first, changes nothing."""
    unit = {"rate_unit": "mg/h"}
    pumps = [
        infusion(drug, at=at(-9), action="stop"),
        infusion(drug, at=START, rate_value=5, **unit),
        infusion(drug, at=at(10), **unit | stop),
        infusion(drug, at=at(12), action="stop"),
    ]
    seen = Bedside(patient(), *pumps, well(9 + window_h, systolic_mmhg=80))

    assert seen.grades(at(10 + window_h)) == (2, 2)
    assert seen.grades(at(10.01 + window_h)) == (0, 0)


def test_a_masked_patient_who_is_well_has_no_crs_and_it_is_not_ruled_out() -> None:
    seen = Bedside(*connected(), given("dexamethasone", 0, dose_value=10), well(1))

    assert seen.ranges(at(2)) == ((0, 1), (0, 1))


@pytest.mark.parametrize("drug", ["tocilizumab", "siltuximab"])
def test_an_il6_blocker_before_any_episode_leaves_doubt(drug: str) -> None:
    seen = Bedside(*connected(), given(drug, -1), well(0, systolic_mmhg=80))

    assert seen.ranges(at(1)) == ((0, 2), (0, 2))
    assert seen.is_open("UNATTRIBUTED-DETERIORATION")


def test_readings_from_before_the_infusion_do_not_count() -> None:
    infused = patient(at=on_day(-1), infused_at=on_day(3))
    seen = Bedside(infused, vitals(at=on_day(2, "23:59"), temperature_c=39))

    assert seen.grades(on_day(2, "23:59")) == (0, 0)
    assert seen.ranges(on_day(3)) == ((0, 4), (0, 4))
    assert seen.spoken == []
    assert seen.open() == {}


# An open episode


def test_in_an_episode_a_normal_temperature_lowers_nothing() -> None:
    low = infusion("norepinephrine", at=at(1), rate_value=5)
    seen = Bedside(patient(), fever(), low, well(4), well(8))

    assert seen.grades(at(9)) == (2, 3)


def test_well_and_afebrile_it_is_held_at_1() -> None:
    assert Bedside(patient(), fever(), *well_from(2, 24)).grades(at(25)) == (1, 1)


def test_less_oxygen_lowers_the_grade() -> None:
    high = fever(oxygen={"device": "high_flow", "flow_l_min": 40})
    seen = Bedside(patient(), high, fever(2, oxygen={"device": "nasal_cannula", "flow_l_min": 2}))

    assert seen.states("CRS-UP") == ["raised P1", "changed P2"]


# Closing


def test_it_closes_24_hours_after_it_became_clean() -> None:
    seen = Bedside(patient(), fever(), *well_from(2, 26))

    assert seen.grades(at(26) - minutes(1)) == (1, 1)
    assert seen.grades(at(26)) == (0, 0)
    assert seen.told("CRS-UP")[-1].at == at(26)
    assert seen.states("CRS-UP") == ["raised P3", "resolved"]


@pytest.mark.parametrize(("last_h", "closes"), [(22, True), (21.99, False)])
def test_at_the_end_the_last_temperature_is_at_most_4_hours_old(
    last_h: float, closes: bool
) -> None:
    seen = Bedside(patient(), fever(), well(2), well(last_h))

    assert seen.grades(at(27)) == ((0, 0) if closes else (1, 1))


def test_if_it_is_older_the_next_temperature_closes_it() -> None:
    seen = Bedside(patient(), fever(), well(2), well(40))

    assert seen.told("CRS-UP")[-1].at == at(40)
    assert seen.grades(at(40)) == (0, 0)


def test_a_feed_that_stops_never_closes_it() -> None:
    seen = Bedside(patient(), fever(), well(2))

    assert seen.grades(at(200)) == (1, 1)


@pytest.mark.parametrize(
    "breaking",
    [
        [fever(20)],
        [well(20, systolic_mmhg=84), well(21)],
        [well(20, oxygen={"device": "nasal_cannula", "flow_l_min": 2}), well(21)],
        [
            infusion("norepinephrine", at=at(20)),
            infusion("norepinephrine", at=at(21), action="stop"),
        ],
        [runs("crrt", 20), runs("crrt", 21, "stop")],
        [runs("cooling", 20), runs("cooling", 21, "stop")],
    ],
)
def test_what_breaks_the_clean_time(breaking: list[Fields]) -> None:
    before = well_from(2, 19)
    after = well_from(22, 47)
    seen = Bedside(patient(), fever(), *before, *breaking, *after)

    assert seen.states("CRS-UP")[-1] == "resolved"
    closed = seen.told("CRS-UP")[-1].at
    assert at(21) + hours(24) <= closed <= at(22) + hours(24)


def test_a_running_vasopressor_keeps_it_open() -> None:
    seen = Bedside(patient(), fever(), infusion("norepinephrine", at=at(1)), *well_from(2, 40))

    assert seen.grades(at(41)) == (2, 3)


def test_a_rate_of_0_is_a_stop() -> None:
    stopped = infusion("norepinephrine", at=at(3), action="change", rate_value=0)
    seen = Bedside(patient(), fever(), infusion("norepinephrine", at=at(1)), well(2), stopped)

    assert seen.grades(at(4)) == (1, 1)


def test_a_temperature_within_6_hours_of_an_antipyretic_neither_begins_nor_breaks_it() -> None:
    treated = [given("acetaminophen", 1), *well_from(2, 7, 1)]  # until exactly 6 h after it
    seen = Bedside(patient(), fever(), *treated, *well_from(7.01, 32, 1))

    assert seen.told("CRS-UP")[-1].at == at(7.01) + hours(24)


def test_an_antipyretic_in_the_clean_time_does_not_break_it() -> None:
    readings = well_from(2, 12)
    seen = Bedside(patient(), fever(), *readings, given("acetaminophen", 13), *well_from(14, 30))

    assert seen.told("CRS-UP")[-1].at == at(26)  # 19.01 and later count: 20, 22, 24, 26


def test_a_fever_after_an_antipyretic_always_breaks_it() -> None:
    readings = well_from(2, 19)
    treated = [given("acetaminophen", 19.5), fever(20)]
    seen = Bedside(patient(), fever(), *readings, *treated, *well_from(22, 40))

    assert seen.grades(at(41)) == (1, 1)


def test_what_was_never_measured_does_not_hold_it_open() -> None:
    feverish = reading(at=START, temperature_c=38.6)
    cool = [reading(at=at(each), temperature_c=36.8) for each in range(2, 27, 2)]

    assert Bedside(patient(), feverish, *cool).grades(at(26)) == (0, 0)


def test_what_is_true_at_the_end_comes_before_the_end() -> None:
    seen = Bedside(patient(), fever(), *well_from(2, 25), fever(26))

    assert seen.states("CRS-UP") == ["raised P3"]


def test_a_new_fever_opens_the_next_episode_under_another_id() -> None:
    seen = Bedside(patient(), fever(), *well_from(2, 40), fever(50))

    first, _, second = seen.told("CRS-UP")
    assert (first.episode, second.episode) == (1, 2)
    assert first.alert_id != second.alert_id
    assert second.revision == 1


def test_hypotension_after_a_closed_episode_is_not_crs() -> None:
    seen = Bedside(patient(), fever(), *well_from(2, 40), well(50, systolic_mmhg=80))

    assert seen.grades(at(51)) == (0, 0)
    assert seen.is_open("UNATTRIBUTED-DETERIORATION")


# What comes late, or was never true


def test_a_late_fever_moves_the_onset_and_not_the_number() -> None:
    seen = Bedside(patient(), well(-6), fever(), late(fever(-3), hours(5)))

    assert onset(seen, 3) == at(-3)
    assert seen.states("CRS-UP") == ["raised P3"]
    assert seen.told("CRS-UP")[0].episode == 1


def test_a_late_fever_opens_a_closed_episode_again_under_its_id() -> None:
    seen = Bedside(patient(), fever(), *well_from(2, 27), late(fever(20.5), hours(8)))

    assert seen.states("CRS-UP") == ["raised P3", "resolved", "raised P3"]
    assert len({line.alert_id for line in seen.told("CRS-UP")}) == 1


def test_a_fever_entered_in_error_was_no_episode() -> None:
    first = fever()
    seen = Bedside(patient(), first, well(1), removed(first, hours(2)))

    assert seen.states("CRS-UP") == ["raised P3", "retracted"]
    assert seen.ranges(at(3)) == ((0, 0), (0, 0))


def test_a_fever_corrected_to_none_was_no_episode() -> None:
    first = fever()
    seen = Bedside(patient(), first, corrected(first, hours(2), temperature_c=36.6))

    assert seen.states("CRS-UP") == ["raised P3", "retracted"]


def test_an_episode_that_never_was_keeps_its_number_to_itself() -> None:
    first = fever()
    seen = Bedside(patient(), first, removed(first, hours(1)), fever(30))

    assert seen.told("CRS-UP")[-1].episode == 2


def test_a_late_dose_of_an_antipyretic_opens_an_episode_with_the_hypotension() -> None:
    medicine = late(given("acetaminophen", -1), hours(3))
    seen = Bedside(patient(), well(0, systolic_mmhg=80), medicine)

    assert onset(seen, 3) == START
    assert seen.states("UNATTRIBUTED-DETERIORATION") == ["raised P2", "retracted"]
    assert seen.states("CRS-UP") == ["raised P2"]


# FEVER-MASKED


def test_a_masked_fever_is_told_as_info() -> None:
    seen = Bedside(patient(), fever(), given("acetaminophen", 1), well(3))

    assert seen.states("FEVER-MASKED") == ["raised INFO"]
    assert [each.signal for each in seen.told("FEVER-MASKED")[0].because] == [
        "temperature_c",
        "acetaminophen",
    ]


def test_it_ends_when_the_mask_does() -> None:
    seen = Bedside(patient(), fever(), given("acetaminophen", 1), well(3))

    seen.tick(at(9))
    assert seen.is_open("FEVER-MASKED")  # 8 h exactly is within the window
    seen.tick(at(9) + minutes(1))
    assert seen.states("FEVER-MASKED") == ["raised INFO", "resolved"]


def test_it_ends_with_the_next_fever() -> None:
    """And what is shown then is that fever, not the normal temperature that was told before."""
    seen = Bedside(patient(), fever(), given("acetaminophen", 1), well(3), fever(4))

    assert seen.states("FEVER-MASKED") == ["raised INFO", "resolved"]
    ended = seen.told("FEVER-MASKED")[-1]
    assert ended.advice == "The fever is back."
    assert [(each.signal, each.value, each.effective_at) for each in ended.because] == [
        ("temperature_c", fever()["temperature_c"], at(4))
    ]


def test_tocilizumab_masks_for_the_rest_of_the_episode() -> None:
    seen = Bedside(patient(), fever(), dose("tocilizumab", at=at(1)), *well_from(3, 26))

    assert seen.is_open("FEVER-MASKED")
    seen.tick(at(28))
    assert seen.states("FEVER-MASKED") == ["raised INFO", "resolved"]


@pytest.mark.parametrize("drug", ["tocilizumab", "siltuximab"])
@pytest.mark.parametrize(
    ("before_h", "told"), [(1, ["raised INFO"]), (28 * 24, ["raised INFO"]), (28 * 24 + 0.1, [])]
)
def test_a_blocker_given_before_the_onset_masks_the_episode_that_follows(
    drug: str, before_h: float, told: list[str]
) -> None:
    early = patient(at=at(-1000), infused_at=at(-900))
    seen = Bedside(early, given(drug, -before_h), fever(), *well_from(3, 9))

    assert seen.states("FEVER-MASKED") == told
    assert seen.is_open("FEVER-MASKED") == bool(told)


def test_a_blocker_given_in_an_episode_that_is_over_masks_none_that_follows() -> None:
    seen = Bedside(patient(), fever(), given("tocilizumab", 1), *well_from(3, 28))
    assert seen.states("FEVER-MASKED") == ["raised INFO", "resolved"]

    seen.take(fever(40), well(44))
    assert seen.states("CRS-UP")[-1] == "raised P3"
    assert seen.states("FEVER-MASKED") == ["raised INFO", "resolved"]


def test_what_was_measured_before_the_onset_opens_no_episode_under_a_blocker() -> None:
    """It hides a fever in an episode; none is opened by it (DEC-33)."""
    seen = Bedside(patient(), given("tocilizumab", -1), well(0, systolic_mmhg=80), well(1))

    assert seen.told("CRS-UP") == []
    assert seen.told("FEVER-MASKED") == []


def test_without_crs_nothing_is_masked() -> None:
    seen = Bedside(patient(), given("acetaminophen", 0), well(1))

    assert seen.states("FEVER-MASKED") == []
