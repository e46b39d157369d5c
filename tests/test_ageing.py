"""What is older than readings are kept ends no alert, and is still corrected (DEC-35, §1.11)."""

from datetime import datetime
from math import ceil
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, removed
from builders import Fields, assessment, dose, lab, on_day, patient, reading

START = on_day(3, "06:00")
KNOWN = patient(immunosuppressed=True, baseline_platelets_10e9_l=140)
DAYS = 8  # readings but the newest are kept for three


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def result(analyte: str, value: float, after_h: float = 0, **fields: Any) -> Fields:
    return lab(analyte, value, at=at(after_h), **fields)


def every(step_h: float, *results: tuple[str, float], from_h: float = 0) -> list[Fields]:
    """Give the same results again and again, each time a little higher."""
    return [
        result(analyte, value + count / 1000, from_h + count * step_h)
        for count in range(ceil((24 * DAYS - from_h) / step_h))
        for analyte, value in results
    ]


def watched(*events: Fields, temperature_c: float = 38.3) -> Bedside:
    """Take events, and vital signs every 4 hours; the state is written and read again."""
    signs = [reading(at=at(4 * n), temperature_c=temperature_c) for n in range(6 * DAYS)]
    said = sorted([*events, *signs], key=lambda each: each["effective_at"])
    bed = Bedside(KNOWN, *said)
    bed.restored()
    return bed


FERRITIN = result("ferritin", 60_000)
SPLEEN = assessment("exam", at=START, finding="splenomegaly")
CLOTTING = result("triglycerides", 300), result("fibrinogen", 120)


def test_a_suspicion_of_hlh_stays_though_ferritin_was_measured_once() -> None:
    bed = watched(FERRITIN, *every(24, ("ast", 600), ("fibrinogen", 120), ("platelets", 12)))

    assert bed.open("HLH-SUSPECT").keys() == {bed.told("HLH-SUSPECT")[0].alert_id}
    assert not [line for line in bed.told("HLH-SUSPECT") if line.state == "resolved"]
    assert bed.is_open("REFRACTORY")
    assert bed.is_open("ANAKINRA-SALVAGE")
    hlh = bed.status(at(24 * DAYS)).hlh
    assert hlh is not None
    assert hlh.suspected

    bed.take(*(result(each, 130, 24 * DAYS + 1) for each in ("ast", "platelets")))
    assert bed.told("HLH-SUSPECT")[-1].priority == "P2"
    bed.take(result("fibrinogen", 300, 24 * DAYS + 2))
    assert bed.told("HLH-SUSPECT")[-1].state == "resolved"


def test_a_result_that_becomes_worse_ends_no_suspicion() -> None:
    worse = result("ast", 620, 4 * 24), result("ast", 640, 6 * 24)
    bed = watched(result("ferritin", 20_000), result("ast", 600), *worse, temperature_c=36.8)

    assert bed.states("HLH-SUSPECT") == ["raised P2"]
    assert bed.is_open("ANAKINRA-SALVAGE")


def test_what_is_measured_more_often_beside_it_ends_no_suspicion() -> None:
    """The transaminase that was known three days ago is known still, though it is older."""
    often = every(4, ("fibrinogen", 300), from_h=3)
    bed = watched(FERRITIN, *every(24, ("ast", 600)), *often)

    assert bed.states("HLH-SUSPECT") == ["raised P2"]


def test_a_suspicion_goes_on_by_what_it_was_told_of_alone() -> None:
    """A result that was old when ferritin rose is no second feature days later either."""
    bed = watched(result("bilirubin_total", 9, -30), FERRITIN, *every(24, ("fibrinogen", 120)))

    assert bed.states("HLH-SUSPECT") == ["raised P2"]
    (line,) = bed.told("HLH-SUSPECT")
    assert [each.signal for each in line.because] == ["ferritin", "fibrinogen"]


def test_what_has_ended_is_not_raised_again_by_what_is_old() -> None:
    low = [result("fibrinogen", 300, 30), *every(24, ("fibrinogen", 120), from_h=48)]
    bed = watched(FERRITIN, result("fibrinogen", 120), *low)

    assert bed.states("HLH-SUSPECT") == ["raised P2", "resolved"]


def test_what_was_said_since_then_is_not_believed_but_asked() -> None:
    """All has been above its limit for days, but nothing was young beside a young ferritin."""
    last = 24 * DAYS
    wrong = result("ast", 900, last + 2)
    bed = watched(result("ast", 900, -30), FERRITIN, result("ferritin", 60_000, last + 1), wrong)
    bed.take(removed(wrong, hours(1)))

    assert bed.states("HLH-SUSPECT") == ["raised P2", "retracted"]


def test_an_hscore_stays_though_most_of_it_was_measured_once() -> None:
    again = every(24, ("ast", 400), ("platelets", 40), ("hemoglobin", 8), from_h=0.5)
    bed = watched(FERRITIN, *CLOTTING, SPLEEN, *again)

    assert {line.state for line in bed.told("HSCORE")} == {"raised", "changed"}
    assert bed.is_open("REFRACTORY")


def test_features_of_sepsis_stay_though_procalcitonin_was_measured_once() -> None:
    bed = watched(result("procalcitonin", 12, 1), *every(6, ("lactate", 5), from_h=1))

    assert bed.states("SEPSIS-FEATURES") == ["raised P2"]


def test_features_of_crs_stay_in_the_episode() -> None:
    once = result("il6", 5000, 0.5), assessment("exam", at=at(0.5), finding="edema")
    bed = watched(*once, *every(24, ("crp", 150), from_h=0.5))

    assert bed.states("CRS-FEATURES") == ["raised INFO", "changed INFO"]
    shown = bed.told("CRS-FEATURES")[-1].because
    assert [each.signal for each in shown] == ["il6", "crp", "edema", "infused_at"]


# Corrections after days


def ended(bed: Bedside, rule: str, correction: Fields) -> str:
    """Say how an alert ends that is open until a correction."""
    assert bed.is_open(rule)
    bed.take(correction)
    return bed.states(rule)[-1]


def after_days(fields: Fields, **changes: Any) -> Fields:
    """Correct an event after five days, or take it out."""
    if not changes:
        return removed(fields, hours(5 * 24))
    return corrected(fields, hours(5 * 24), **changes)


def test_ferritin_that_is_corrected_after_days_never_was_high() -> None:
    """Nothing since the alert was raised crosses 3 000 after it (§1.5)."""
    wrong, other = result("ferritin", 64_000), result("ferritin", 9000, 24)

    assert ended(watched(wrong), "HLH-FERRITIN", after_days(wrong, value=2640)) == "retracted"
    assert ended(watched(wrong), "HLH-FERRITIN", after_days(wrong)) == "retracted"
    bed = watched(wrong, other, result("ferritin", 4000, 48), result("ferritin", 3500, 72))
    assert ended(bed, "HLH-FERRITIN", after_days(wrong)) == "changed P3"


def test_a_fall_that_comes_late_ends_what_was_high() -> None:
    low = late(result("ferritin", 900, 5 * 24), hours(30))

    assert ended(watched(result("ferritin", 64_000)), "HLH-FERRITIN", low) == "resolved"


def test_a_seizure_that_is_taken_out_after_days_never_was() -> None:
    seizure = assessment("seizure", at=START, seizure_type="clinical_generalized", resolved=True)

    assert ended(watched(seizure), "ICANS-UP", after_days(seizure)) == "retracted"
    assert ended(watched(seizure), "STEROID-ICANS", after_days(seizure)) == "retracted"


def test_one_of_two_signs_that_is_taken_out_after_days_leaves_what_was_true() -> None:
    seizure = assessment("seizure", at=START, seizure_type="clinical_generalized", resolved=True)
    awake = [assessment("ice", at=at(h), scheme="astct", total=10) for h in (0.1, 4.2 * 24)]
    alert = assessment("consciousness", at=at(4.2 * 24), level="alert")
    drowsy = assessment("consciousness", at=at(1), level="voice")
    bed = watched(seizure, drowsy, *awake)
    bed.take(removed(seizure, hours(5 * 24)))
    bed.take(late(alert, hours(24)))

    assert bed.states("ICANS-UP")[-1] == "resolved"


LOW = reading(at=START, temperature_c=38.9, systolic_mmhg=84)


@pytest.mark.parametrize("rule", ["REASSESS", "STEROID-CRS"])
def test_without_tocilizumab_nothing_was_asked_after_it(rule: str) -> None:
    given = dose("tocilizumab", at=at(1), dose_value=640)
    low = [reading(at=at(4 * n + 1), systolic_mmhg=84) for n in range(6 * DAYS)]

    assert ended(watched(LOW, given, *low), rule, after_days(given)) == "retracted"
    stopped = reading(at=at(24 * DAYS), temperature_c=36.8, systolic_mmhg=120)
    bed = watched(LOW, given, *low)
    bed.take(stopped)
    assert "retracted" not in bed.states(rule)


def test_a_dose_that_comes_days_late_and_is_taken_out_again_was_no_early_one() -> None:
    """How old the dose is says nothing of when it was checked (DEC-42)."""
    first, second = (dose("tocilizumab", at=at(each), dose_value=640) for each in (0, 12))
    between = late(dose("tocilizumab", at=at(4), dose_value=640), hours(24 * DAYS))
    bed = watched(first, second)
    bed.take(between)

    assert ended(bed, "TOCI-INTERVAL", removed(between, hours(24 * DAYS + 1))) == "retracted"


@pytest.mark.parametrize("again", [True, False])
def test_a_correction_of_what_is_forgotten_is_taken(again: bool) -> None:
    """What counted is corrected however late (CONTRACT, Time)."""
    ast, newer = result("ast", 600), result("ast", 650, 24)
    bed = watched(ast, newer)
    bed.take(after_days(ast, value=60) if again else after_days(ast))

    assert not bed.refused
    assert not bed.told("DATA-RANGE")
    assert [each.value.value for each in bed.patient.series["ast"]][-1] == 650


def test_a_correction_of_a_vital_sign_that_is_thinned_out_is_taken() -> None:
    often = [reading(at=at(3 + n / 60), temperature_c=37 + n / 100) for n in range(60)]
    bed = watched(*often)
    bed.take(corrected(often[7], hours(24 * DAYS), temperature_c=37.2))

    assert not bed.refused


@pytest.mark.parametrize(
    "first",
    [
        result("ast", 600, 24 * DAYS - 60),  # not as old as what is forgotten
        result("crp", 80),  # nothing newer is known: it would be there still
        result("ferritin", 900),  # is kept for the stay
        assessment("ice", at=START, scheme="astct", total=7),  # so is this
        reading(at=at(24 * DAYS - 50), respiratory_rate_per_min=20),
    ],
)
def test_a_correction_of_what_never_came_is_late(first: Fields) -> None:
    ice = assessment("ice", at=at(24), scheme="astct", total=10)
    last = result("ast", 650, 24 * DAYS - 50), result("ferritin", 800, 24)
    bed = watched(*last, ice)
    bed.take(corrected(first, hours(24 * DAYS)))

    assert [why.reason for why in bed.refused] == ["late"]
    assert bed.is_open("DATA-RANGE")


# Tasks


def test_the_tasks_of_infection_show_for_days_what_they_began_with() -> None:
    signs = [reading(at=at(4 * n), systolic_mmhg=84, temperature_c=38.3) for n in range(6 * DAYS)]
    bed = Bedside(KNOWN, *signs)

    assert bed.states("ABX-1H") == ["raised P2", "changed P1"]
    assert bed.states("ABX-EMPIRIC") == bed.states("CULTURES") == ["raised P2"]
    bed.take(dose("vancomycin", at=at(24 * DAYS), dose_value=1000))
    assert [each.signal for each in bed.told("ABX-1H")[-1].because] == [
        "temperature_c",
        "systolic_mmhg",
        "vancomycin",
    ]
    bed.tick(at(24 * DAYS + 1))
    assert len(bed.told("ABX-1H")) == 3


def test_a_task_goes_on_for_days_by_a_reading_that_was_corrected() -> None:
    """What an alert was told with has the status of its record, which is no reading."""
    low = reading(at=START, systolic_mmhg=70, temperature_c=38.3)
    signs = [reading(at=at(4 * n), systolic_mmhg=84, temperature_c=38.3) for n in range(1, 48)]
    bed = Bedside(KNOWN, low, corrected(low, hours(0.1), systolic_mmhg=84), *signs)

    assert bed.told("ABX-1H")[0].because[-1].status == "corrected"
    bed.tick(at(24 * DAYS))
    assert bed.states("ABX-1H") == ["raised P2", "changed P1"]


def test_a_task_that_was_done_is_told_anew_where_that_is_taken_back_after_days() -> None:
    given = dose("cefepime", at=at(0.2), dose_value=2000)
    bed = watched(LOW, given, *(reading(at=at(4 * n + 1), systolic_mmhg=84) for n in range(48)))
    bed.take(removed(given, hours(24 * DAYS)))

    assert bed.states("ABX-EMPIRIC") == ["raised P2", "resolved", "raised P2"]
