"""What each management profile advises (CLINICAL.md §4)."""

import pytest
from bedside import Bedside, hours
from builders import INFUSED_AT, Fields, on_day, patient, reading, vitals

from stream.clinical.policies.regimen import Regimen, in_words
from stream.clinical.policies.register import MANAGEMENT

RULE = "TOCI-IND"
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
    fevers = [reading(at=start + hours(each), temperature_c=38.6) for each in range(0, 25, 4)]
    seen = Bedside(patient(), *fevers, management="label-axi-cel")

    seen.tick(start + hours(24))
    assert seen.states(RULE) == []
    seen.tick(start + hours(24.1))
    assert seen.states(RULE) == ["raised P2"]
