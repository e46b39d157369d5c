"""What each management profile advises (CLINICAL.md §4)."""

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

from stream.clinical.policies.regimen import Regimen, in_words
from stream.clinical.policies.register import MANAGEMENT

RULE = "TOCI-IND"
ADULT_DOSES = (
    "STEROID-CRS",
    "STEROID-ICANS",
    "DUAL",
    "INTUB-WINDOW",
    "ICE-UNABLE",
    "ANAKINRA-EARLY",
    "ANAKINRA-SALVAGE",
    "SHOCK24",
)
LABELS_OF_THE_72_HOURS = ("label-liso-cel", "label-ide-cel", "label-cilta-cel")


@pytest.mark.parametrize("name", list(MANAGEMENT))
def test_a_profile_has_a_steroid_for_every_grade_that_asks_for_one(name: str) -> None:
    profile = MANAGEMENT[name]

    assert profile.name == name
    assert {2, 3, 4} <= set(profile.steroids_for_crs)
    assert set(profile.steroids_for_icans) == set(range(min(profile.steroids_for_icans), 5))
    assert profile.steroid_after_fever is None or 1 in profile.steroids_for_crs


@pytest.mark.parametrize(
    ("regimen", "weight_kg", "words"),
    [
        (Regimen("dexamethasone", "every 6 h", mg=10), 80, "dexamethasone 10 mg IV every 6 h"),
        (
            Regimen("methylprednisolone", "every 12 h", mg_kg=(0.5, 1)),
            80,
            "methylprednisolone 40 to 80 mg IV every 12 h (0.5 to 1 mg/kg at 80 kg)",
        ),
        (
            Regimen("methylprednisolone", "every 12 h", mg_kg=(1, 1)),
            None,
            "methylprednisolone 1 mg/kg IV every 12 h (the weight is unknown)",
        ),
        (Regimen("methylprednisolone", "by the label"), 80, "methylprednisolone IV by the label"),
    ],
)
def test_a_regimen_is_worked_out_for_the_weight(
    regimen: Regimen, weight_kg: float | None, words: str
) -> None:
    assert regimen.in_words(weight_kg) == words
    assert in_words((regimen, regimen), weight_kg) == f"{words}, or {words}"


def hot(after_h: float) -> Fields:
    return reading(at=INFUSED_AT + hours(after_h), temperature_c=38.6)


@pytest.mark.parametrize("management", LABELS_OF_THE_72_HOURS)
@pytest.mark.parametrize(("onset_h", "told"), [(71.9, ["raised P3"]), (72, [])])
def test_grade_1_within_72_hours_of_the_infusion_is_considered(
    management: str, onset_h: float, told: list[str]
) -> None:
    seen = Bedside(patient(), hot(onset_h), hot(90), management=management)

    assert seen.states(RULE)[:1] == told


def test_what_is_considered_is_said_so_and_grade_2_is_not() -> None:
    oxygen = vitals(at=INFUSED_AT + hours(50), oxygen={"device": "nasal_cannula", "flow_l_min": 2})
    seen = Bedside(patient(), hot(48), oxygen, management="label-liso-cel")

    assert seen.states(RULE) == ["raised P3", "changed P2"]
    assert "consider tocilizumab, with or without a steroid" in seen.told(RULE)[0].advice
    assert "640 mg IV" in seen.told(RULE)[0].advice
    assert "Give tocilizumab now" in seen.told(RULE)[1].advice


def test_without_an_infusion_nothing_is_within_72_hours() -> None:
    seen = Bedside(patient(infused_at=None), hot(48), management="label-liso-cel")

    assert seen.states(RULE) == []


def test_axi_cel_counts_a_day_of_fever_as_grade_2() -> None:
    start = on_day(5, "00:00")
    fevers = [reading(at=start + hours(each), temperature_c=38.6) for each in range(0, 24, 4)]
    seen = Bedside(patient(), *fevers, management="label-axi-cel")

    assert seen.states(RULE) == []
    seen.tick(start + hours(24))  # "not better at 24 h": what is due exactly then is due
    assert seen.states(RULE) == ["raised P2"]
    assert (
        "Why at grade 1: the fever has lasted for 24 hours (Yescarta label, later than 2017)."
    ) in seen.told(RULE)[0].advice
    # By hypotension it is grade 2, and needs no other reason.
    seen.take(reading(at=start + hours(24.2), systolic_mmhg=80))
    assert seen.states(RULE) == ["raised P2", "changed P2"]
    assert "Why at grade 1" not in seen.told(RULE)[1].advice


def test_a_second_dose_at_grade_1_names_that_grade() -> None:
    start = on_day(5, "00:00")
    fevers = [reading(at=start + hours(each), temperature_c=38.6) for each in range(0, 36, 4)]
    given = dose("tocilizumab", at=start + hours(24.2))
    events = sorted([*fevers, given], key=lambda each: str(each["effective_at"]))
    seen = Bedside(patient(), *events, management="label-axi-cel")
    seen.tick(start + hours(33))

    assert "the grade is still 1 or more" in seen.told(RULE)[-1].advice


@pytest.mark.parametrize(
    ("age_years", "weight_kg", "told"),
    [
        (17, 60, True),
        (18, 29, False),
        (18, 60, False),
        (None, 29.9, True),
        (None, 30, False),
        (None, None, False),
        (6, None, True),
    ],
)
def test_a_child_is_told_that_doses_are_those_of_adults(
    age_years: float | None, weight_kg: float | None, told: bool
) -> None:
    """The sources are silent about children."""
    start = on_day(5, "00:00")
    tube = {"device": "invasive", "reason": "airway_protection"}
    seen = Bedside(
        patient(age_years=age_years, weight_kg=weight_kg, prior_hct=True),
        lab("ferritin", 12_000, at=start, unit="ng/mL"),
        lab("alt", 900, at=start, unit="U/L"),
        lab("ast", 900, at=start, unit="U/L"),
        reading(at=start, temperature_c=38.6, systolic_mmhg=60),
        assessment("consciousness", at=start, level="voice"),
        reading(at=start + hours(1), oxygen=tube),
        infusion("norepinephrine", at=start + hours(1)),
        dose("tocilizumab", at=start + hours(2)),
        reading(at=start + hours(3), oxygen={"device": "invasive"}),
    )
    seen.tick(start + hours(27))

    for rule in ADULT_DOSES:
        said = [
            "The source gives adult doses: ask for the child's." in each.advice
            for each in seen.told(rule)
        ]
        assert set(said[:1]) == {told}, rule


def test_where_a_profile_gives_no_dose_none_is_an_adults() -> None:
    ill = [
        reading(at=INFUSED_AT + hours(50), temperature_c=38.6, systolic_mmhg=60),
        dose("tocilizumab", at=INFUSED_AT + hours(51)),
    ]
    seen = Bedside(patient(age_years=9), *ill, management="label-tisa-cel")
    seen.tick(INFUSED_AT + hours(63))

    assert "methylprednisolone IV by the label." in seen.told("STEROID-CRS")[0].advice
    assert "adult" not in seen.told("STEROID-CRS")[0].advice
