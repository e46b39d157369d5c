"""The scores of the status line: what they are made of, and when there is none."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, hours
from builders import (
    INFUSED_AT,
    Fields,
    assessment,
    dose,
    infusion,
    lab,
    on_day,
    patient,
    reading,
    vitals,
)

from topics.status import Hlh, Scores

START = on_day(6, "08:00")
ALERT = assessment("consciousness", at=START, level="alert")


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def scores(*events: Fields, now: datetime = START) -> Scores:
    found = Bedside(*events).status(now).scores
    assert found is not None
    return found


def news2(*events: Fields, now: datetime = START, **facts: Any) -> int | None:
    return scores(patient(**facts), *events, now=now).news2


# NEWS2


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((vitals(at=START), ALERT), 0),
        ((vitals(at=START), assessment("consciousness", at=START, level="voice")), 3),
        ((vitals(at=START), assessment("consciousness", at=START, rass=-5)), 3),
        ((vitals(at=START), ALERT, assessment("neuro_finding", at=START, finding="confusion")), 3),
        ((vitals(at=START, oxygen={"device": "nasal_cannula", "flow_l_min": 2}), ALERT), 2),
        ((vitals(at=START, oxygen={"device": "cpap", "reason": "baseline"}), ALERT), 2),
        ((reading(at=START, temperature_c=37.0), ALERT), None),
        ((vitals(at=START, oxygen=None), ALERT), None),
        ((vitals(at=START, oxygen={"flow_l_min": 2}), ALERT), None),
    ],
)
def test_news2_is_made_of_what_is_charted(events: tuple[Fields, ...], expected: int | None) -> None:
    assert news2(*events) == expected


def test_positive_pressure_as_at_home_is_no_oxygen() -> None:
    asleep = vitals(at=START, oxygen={"device": "cpap"})

    assert news2(asleep, ALERT, home_positive_pressure=True) == 0


@pytest.mark.parametrize(("age", "expected"), [(15.9, None), (16, 0), (None, 0)])
def test_news2_is_not_for_children(age: float | None, expected: int | None) -> None:
    assert news2(vitals(at=START), ALERT, age_years=age) == expected


def test_old_vital_signs_make_no_score() -> None:
    assert news2(vitals(at=START), ALERT, now=at(4)) == 0
    assert news2(vitals(at=START), ALERT, now=at(4.1)) is None


def test_a_missing_consciousness_counts_as_alert_and_is_named() -> None:
    assert scores(patient(), vitals(at=START)).news2_missing == ("consciousness",)
    assert scores(patient(), vitals(at=START), ALERT).news2_missing is None


# EASIX


def test_easix_needs_results_of_48_hours_without_a_comparator() -> None:
    known = lab("ldh", 480, at=START), lab("creatinine", 1.2, at=START), lab("crp", 120, at=START)
    whole = scores(patient(), *known, lab("platelets", 40, at=START))
    old = scores(patient(), *known, lab("platelets", 40, at=START), now=at(48.1))
    open_ended = scores(patient(), *known, lab("platelets", 40, at=START, comparator="<"))

    assert (whole.easix, whole.m_easix) == (14.4, 144.0)
    assert (old.easix, open_ended.easix) == (None, None)


# Those that are shown beside them


def test_s_easix_needs_no_creatinine() -> None:
    known = lab("ldh", 480, at=START), lab("platelets", 40, at=START)

    assert scores(patient(), *known).s_easix == 12.0
    assert scores(patient(), *known[:1]).s_easix is None


def test_qsofa_is_made_of_fresh_signs_and_names_what_is_missing() -> None:
    ill = reading(at=START, respiratory_rate_per_min=24, systolic_mmhg=95)
    gcs = assessment("gcs", at=START, total=14)
    whole, lacking = scores(patient(), ill, gcs), scores(patient(), ill)

    assert (whole.qsofa, whole.qsofa_missing) == (3, None)
    assert (lacking.qsofa, lacking.qsofa_missing) == (2, ("gcs",))
    assert scores(patient(), ill, now=at(4.1)).qsofa is None
    assert scores(patient(age_years=17), ill, gcs).qsofa is None
    asleep = assessment("consciousness", at=START, level="alert", sedated=True)
    assert scores(patient(), ill, gcs, asleep).qsofa_missing == ("gcs",)


def test_sofa_has_the_organs_that_are_known_and_names_the_others() -> None:
    known = lab("platelets", 40, at=START), lab("creatinine", 2.4, at=START)
    found = scores(patient(), *known)

    assert (found.sofa, found.sofa_missing) == (5, ("respiration", "liver", "circulation", "brain"))
    assert (scores(patient()).sofa, scores(patient()).sofa_missing) == (None, None)
    assert scores(patient(age_years=17), *known).sofa is None


def test_sofa_follows_what_a_monitor_and_a_blood_gas_say() -> None:
    tube = {"device": "invasive", "fio2_fraction": 0.8}
    seen = Bedside(patient(), reading(at=START, mean_arterial_mmhg=60, systolic_mmhg=90))
    told = []
    for events in (
        (),
        (reading(at=at(1), systolic_mmhg=110),),  # says nothing of the mean
        (reading(at=at(2), mean_arterial_mmhg=80, systolic_mmhg=110),),
        (reading(at=at(3), oxygen=tube),),
        (lab("pao2", 72, at=at(4)),),
        (reading(at=at(3.5), oxygen={**tube, "fio2_fraction": 0.4}),),
        (infusion("norepinephrine", at=at(5), rate_value=16),),
    ):
        seen.take(*events)
        found = seen.status(at(6)).scores
        assert found is not None
        told.append(found.sofa)

    assert told == [1, 1, 0, 0, 4, 3, 3 + 4]


@pytest.mark.parametrize(
    ("running", "weight_kg", "expected"),
    [
        ([], 80, None),
        ([infusion("norepinephrine", at=START, rate_value=8)], 80, 0.1),
        ([infusion("norepinephrine", at=START, rate_value=8)], None, None),
        (
            [infusion("norepinephrine", at=START, rate_value=8), infusion("vasopressin", at=START)],
            80,
            0.175,
        ),
        ([infusion("norepinephrine", at=START, action="stop")], 80, None),
    ],
)
def test_norepinephrine_equivalents_are_of_what_runs(
    running: list[Fields], weight_kg: float | None, expected: float | None
) -> None:
    found = scores(patient(weight_kg=weight_kg), *running)

    assert found.norepinephrine_equivalent_ug_kg_min == expected


def hlh(*events: Fields) -> Hlh:
    found = Bedside(patient(), *events).status(START).hlh
    assert found is not None
    return found


def test_hlh_2004_is_shown_once_a_criterion_is_met() -> None:
    assert hlh(lab("ferritin", 400, at=START)).hlh_2004 is None
    some = hlh(lab("ferritin", 600, at=START), reading(at=START, temperature_c=38.5)).hlh_2004
    assert some is not None
    assert (some.met, some.fulfilled) == (("fever", "ferritin"), False)
    assert "natural_killer_cells" in some.missing
    rest = [lab("sil2r", 2400, at=START), lab("triglycerides", 270, at=START)]
    spleen = assessment("exam", at=START, finding="splenomegaly")
    whole = hlh(
        lab("ferritin", 600, at=START), reading(at=START, temperature_c=38.5), spleen, *rest
    ).hlh_2004
    assert whole is not None
    assert whole.fulfilled


def test_car_hlh_takes_the_highest_ferritin_of_the_episode() -> None:
    before = lab("ferritin", 30_000, at=at(-2))
    fever = reading(at=at(-1), temperature_c=38.5)
    organs = [lab("ast", 900, at=START), lab("creatinine", 4, at=START)]
    high = lab("ferritin", 10_000, at=at(-0.5), comparator=">")
    low = lab("ferritin", 9_000, at=START)

    outside = hlh(before, fever, low, *organs).car_hlh
    assert outside is not None
    assert (outside.met, outside.fulfilled) == (("liver", "kidneys"), False)
    inside = hlh(before, fever, high, low, *organs).car_hlh
    assert inside is not None
    assert inside.fulfilled
    assert inside.missing == ("lungs", "hemophagocytosis")


# CAR-HEMATOTOX


def blood(at: datetime, platelets: float = 60) -> list[Fields]:
    return [
        lab("platelets", platelets, at=at),
        lab("anc", 0.7, at=at),
        lab("hemoglobin", 8.5, at=at),
        lab("crp", 24, at=at),
        lab("ferritin", 1400, at=at),
    ]


def test_car_hematotox_is_scored_before_the_infusion_and_holds_for_the_stay() -> None:
    before, after = blood(INFUSED_AT - hours(120)), blood(START, platelets=300)
    bed = Bedside(patient(at=INFUSED_AT - hours(240)), *before, *after)
    # So many that the first results would long be forgotten.
    bed.take(*(vitals(at=at(each / 2)) for each in range(300)))

    found = bed.status(at(150)).scores

    assert found is not None
    assert found.car_hematotox == 5


def test_without_an_infusion_or_long_before_it_there_is_no_car_hematotox() -> None:
    assert scores(patient(infused_at=None), *blood(START)).car_hematotox is None
    long_ago = blood(INFUSED_AT - hours(15 * 24))
    assert scores(patient(at=INFUSED_AT - hours(600)), *long_ago).car_hematotox is None


# IEC-HS


HS = (
    lab("ferritin", 20_000, at=START),
    lab("ast", 250, at=START),
    lab("fibrinogen", 100, at=START),
)


@pytest.mark.parametrize(
    ("events", "grade"),
    [
        (HS[:2], None),
        (HS, 1),
        ((*HS, dose("anakinra", at=START)), 2),
        ((*HS, lab("creatinine", 2.0, at=START)), 3),
        ((*HS, reading(at=START, systolic_mmhg=80)), 3),
        ((*HS, reading(at=START, oxygen={"device": "high_flow"})), 3),
        ((*HS, infusion("norepinephrine", at=START)), 3),
        ((*HS, infusion("norepinephrine", at=START, rate_value=25)), 4),
        ((*HS, reading(at=START, oxygen={"device": "invasive"})), 4),
        ((*HS, assessment("support", at=START, support="crrt", action="start")), 4),
    ],
)
def test_iec_hs_is_graded_where_its_criteria_are_met(
    events: tuple[Fields, ...], grade: int | None
) -> None:
    found = Bedside(patient(), *events).status(START).hlh

    assert found is not None
    assert found.iec_hs_grade == grade


def test_after_a_discharge_nothing_is_scored() -> None:
    gone = {"event_id": "d", "patient_id": "P01", "kind": "discharge"}
    end = gone | {"effective_at": START.isoformat(), "source": "test"}
    status = Bedside(patient(), vitals(at=START), end).status(at(1))

    assert (status.icans, status.hlh, status.scores) == (None, None, None)


def test_the_start_of_an_intubation_is_kept_for_the_stay() -> None:
    """An ICE done while intubated counts, however long ago the tube was placed."""
    tube = {"device": "invasive"}
    bed = Bedside(patient(), reading(at=START, oxygen=tube))
    bed.take(assessment("ice", at=at(2), scheme="astct", total=8))
    bed.take(*(vitals(at=at(2 + each / 2), oxygen=tube) for each in range(300)))

    found = bed.status(at(152)).icans

    assert found is not None
    assert not found["astct-2019"].estimated
    assert found["astct-2019"].lowest == 1
