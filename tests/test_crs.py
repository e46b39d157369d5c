"""CRS: each cell of both tables, each boundary, each missing input (CLINICAL.md §1.1, §2.1)."""

from typing import Any

import pytest

from stream.clinical.circulation import (
    Circulation,
    circulation_of,
    is_high_dose,
    is_hypotension,
    systolic_limit_mmhg,
)
from stream.clinical.crs import (
    CONSENSUS,
    REVIEW,
    CrsTable,
    grade_circulation,
    grade_crs,
    grade_oxygen,
)
from stream.clinical.grade import GradeRange, look_up, worst
from stream.clinical.oxygen import (
    NEED_BY_DEVICE,
    Breathing,
    OxygenNeed,
    breathing_of,
    device_conflicts_with_fio2,
)
from stream.clinical.signals import Oxygen, Pressure, Rate
from topics.vitals import OxygenDevice

STABLE = (Circulation.STABLE, Circulation.STABLE)
ROOM_AIR = Breathing(OxygenNeed.ROOM_AIR, OxygenNeed.ROOM_AIR, high_fio2=False)
UNKNOWN_CIRCULATION = (Circulation.STABLE, None)
UNKNOWN_BREATHING = Breathing(None, None, None)


def graded(table: CrsTable, **inputs: Any) -> tuple[int, int]:
    known: dict[str, Any] = {
        "fever": True,
        "circulation": STABLE,
        "breathing": ROOM_AIR,
        "haemofiltration": False,
        "ecmo": False,
    }
    grade = grade_crs(table, **(known | inputs))
    return grade.lowest, grade.highest


def breathing(device: str | None, **fields: Any) -> Breathing:
    oxygen = Oxygen(device, fields.get("flow"), fields.get("fio2"), fields.get("reason"))
    return breathing_of(oxygen, home_positive_pressure=fields.get("home"))


# The tables


@pytest.mark.parametrize(
    ("level", "review", "consensus"),
    [
        (Circulation.STABLE, 1, 1),
        (Circulation.HYPOTENSION, 2, 2),
        (Circulation.VASOPRESSIN_ALONE, 2, 3),  # D4
        (Circulation.ONE_LOW_DOSE, 2, 3),  # D1
        (Circulation.ONE_HIGH_DOSE, 3, 3),  # D2
        (Circulation.ONE_AND_VASOPRESSIN, 3, 3),  # D4
        (Circulation.SEVERAL, 3, 4),  # D3, D5
    ],
)
def test_each_level_of_circulation_has_its_grade(
    level: Circulation, review: int, consensus: int
) -> None:
    assert graded(REVIEW, circulation=(level, level)) == (review, review)
    assert graded(CONSENSUS, circulation=(level, level)) == (consensus, consensus)


@pytest.mark.parametrize(
    ("need", "review", "consensus"),
    [
        (OxygenNeed.ROOM_AIR, 1, 1),
        (OxygenNeed.LOW_FLOW, 2, 2),
        (OxygenNeed.HIGH_FLOW, 3, 3),
        (OxygenNeed.AIRWAY_PROTECTION, 4, 1),  # D9
        (OxygenNeed.POSITIVE_PRESSURE, 4, 4),  # D7
    ],
)
def test_each_oxygen_need_has_its_grade(need: OxygenNeed, review: int, consensus: int) -> None:
    needed = Breathing(need, need, high_fio2=False)

    assert graded(REVIEW, breathing=needed) == (review, review)
    assert graded(CONSENSUS, breathing=needed) == (consensus, consensus)


def test_every_level_of_every_table_has_a_grade() -> None:
    for table in (REVIEW, CONSENSUS):
        assert set(table.by_circulation) == set(Circulation)
        assert set(table.by_oxygen) == set(OxygenNeed)
    assert set(NEED_BY_DEVICE) == {each.value for each in OxygenDevice}


def test_haemofiltration_is_grade_4_in_the_review_alone() -> None:
    assert graded(REVIEW, haemofiltration=True) == (4, 4)
    assert graded(CONSENSUS, haemofiltration=True) == (1, 1)


def test_ecmo_is_grade_4_under_both_policies() -> None:
    assert graded(REVIEW, ecmo=True) == graded(CONSENSUS, ecmo=True) == (4, 4)


def test_the_worse_domain_sets_the_grade() -> None:
    high = (Circulation.ONE_HIGH_DOSE, Circulation.ONE_HIGH_DOSE)

    assert graded(REVIEW, circulation=high) == (3, 3)  # room air does not lower it
    assert graded(REVIEW, circulation=high, breathing=breathing("nasal_cannula", flow=2)) == (3, 3)
    assert graded(CONSENSUS, circulation=high, breathing=breathing("bipap")) == (4, 4)


def test_without_fever_it_is_not_crs() -> None:
    high = (Circulation.ONE_HIGH_DOSE, Circulation.ONE_HIGH_DOSE)

    assert graded(REVIEW, fever=False, circulation=high) == (0, 0)


# What is unknown


@pytest.mark.parametrize("table", [REVIEW, CONSENSUS])
def test_an_unknown_fever_leaves_zero_possible_and_the_rest(table: CrsTable) -> None:
    low_flow = breathing("nasal_cannula", flow=2)

    assert graded(table, fever=None, breathing=low_flow) == (0, 2)


def test_an_unknown_circulation_may_be_any() -> None:
    assert graded(REVIEW, circulation=UNKNOWN_CIRCULATION) == (1, 3)
    assert graded(CONSENSUS, circulation=UNKNOWN_CIRCULATION) == (1, 4)


def test_a_stale_hypotension_is_proven_and_may_be_worse() -> None:
    stale = (Circulation.HYPOTENSION, None)

    assert graded(REVIEW, circulation=stale) == (2, 3)
    assert graded(CONSENSUS, circulation=stale) == (2, 4)


@pytest.mark.parametrize("table", [REVIEW, CONSENSUS])
def test_an_unknown_oxygen_need_may_be_any(table: CrsTable) -> None:
    assert graded(table, breathing=UNKNOWN_BREATHING) == (1, 4)


def test_unknown_supports_may_be_running() -> None:
    assert graded(REVIEW, haemofiltration=None) == (1, 4)
    assert graded(CONSENSUS, haemofiltration=None) == (1, 1)
    assert graded(CONSENSUS, ecmo=None) == (1, 4)


def test_a_range_cannot_be_empty() -> None:
    with pytest.raises(ValueError, match="empty"):
        GradeRange(2, 1)


def test_a_table_is_looked_up_between_two_levels() -> None:
    table = {1: 5, 2: 1, 3: 4}

    assert look_up(table, 2, 3) == GradeRange(1, 4)
    assert look_up(table, 1) == GradeRange(5, 5)
    assert look_up(table, None) == GradeRange(1, 5)
    assert worst(GradeRange(1, 2), GradeRange(0, 4)) == GradeRange(1, 4)


# Blood pressure


@pytest.mark.parametrize(
    ("systolic", "mean", "low"),
    [
        (89.9, None, True),
        (90, None, False),
        (None, 64.9, True),
        (None, 65, False),
        (92, None, False),  # a mean is never derived: 92/50 is none (B02)
        (92, 60, True),
        (80, 70, True),
        (120, 80, False),
    ],
)
def test_hypotension_of_an_adult(systolic: float | None, mean: float | None, low: bool) -> None:
    assert is_hypotension(Pressure(systolic, mean), 60) is low
    assert is_hypotension(Pressure(systolic, mean), None) is low  # age unknown: the adult limits
    assert is_hypotension(Pressure(systolic, mean), 18) is low


@pytest.mark.parametrize(
    ("age_years", "limit"),
    [(0.5, 70), (0.99, 70), (1, 72), (8, 86), (10, 90), (10.5, 90), (11, 90), (17, 90), (60, 90)],
)
def test_the_systolic_limit_by_age(age_years: float, limit: float) -> None:
    assert systolic_limit_mmhg(age_years) == limit
    assert is_hypotension(Pressure(limit - 0.1, None), age_years) is True
    assert is_hypotension(Pressure(limit, None), age_years) is False


def test_a_childs_mean_pressure_proves_nothing() -> None:
    assert is_hypotension(Pressure(None, 40), 8) is None
    assert is_hypotension(Pressure(95, 40), 8) is False


# Vasopressors


@pytest.mark.parametrize(
    ("drug", "value", "unit", "high"),
    [
        ("norepinephrine", 19.9, "ug/min", False),
        ("norepinephrine", 20, "ug/min", True),
        ("norepinephrine", 0.25, "ug/kg/min", True),  # at 80 kg
        ("norepinephrine", 0.249, "ug/kg/min", False),
        ("norepinephrine", 1.2, "mg/h", True),
        ("norepinephrine", 1.19, "mg/h", False),
        ("norepinephrine", 0.36, "mg/kg/d", True),
        ("epinephrine", 9.9, "ug/min", False),
        ("epinephrine", 10, "ug/min", True),
        ("phenylephrine", 199, "ug/min", False),
        ("phenylephrine", 200, "ug/min", True),
        ("dopamine", 9.9, "ug/kg/min", False),
        ("dopamine", 10, "ug/kg/min", True),
        ("dopamine", 800, "ug/min", True),
        ("dopamine", 799, "ug/min", False),
        ("vasopressin", 0.06, "[IU]/min", False),
        ("angiotensin_ii", 5, "ug/min", None),  # no published limit
    ],
)
def test_the_intensity_of_a_vasopressor(
    drug: str, value: float, unit: str, high: bool | None
) -> None:
    assert is_high_dose(drug, Rate(value, unit), weight_kg=80) is high


def test_a_rate_that_is_converted_reaches_its_own_limit() -> None:
    """By the computer it is a hair less than 10 ug/kg/min."""
    assert is_high_dose("dopamine", Rate(65.1, "mg/h"), weight_kg=108.5) is True
    assert is_high_dose("dopamine", Rate(65.0, "mg/h"), weight_kg=108.5) is False


@pytest.mark.parametrize(
    ("drug", "unit"),
    [("norepinephrine", "ug/kg/min"), ("dopamine", "ug/min"), ("dopamine", "mg/h")],
)
def test_a_rate_that_needs_a_weight_is_unknown_without_one(drug: str, unit: str) -> None:
    assert is_high_dose(drug, Rate(100, unit), weight_kg=None) is None


@pytest.mark.parametrize(
    ("running", "lowest", "highest"),
    [
        ({"norepinephrine": 8}, Circulation.ONE_LOW_DOSE, Circulation.ONE_LOW_DOSE),
        ({"norepinephrine": 25}, Circulation.ONE_HIGH_DOSE, Circulation.ONE_HIGH_DOSE),
        ({"angiotensin_ii": 5}, Circulation.ONE_LOW_DOSE, Circulation.ONE_HIGH_DOSE),
        ({"vasopressin": 0.03}, Circulation.VASOPRESSIN_ALONE, Circulation.VASOPRESSIN_ALONE),
        (
            {"norepinephrine": 25, "vasopressin": 0.03},
            Circulation.ONE_AND_VASOPRESSIN,
            Circulation.ONE_AND_VASOPRESSIN,
        ),
        ({"norepinephrine": 2, "epinephrine": 1}, Circulation.SEVERAL, Circulation.SEVERAL),
        (
            {"norepinephrine": 2, "epinephrine": 1, "vasopressin": 0.03},
            Circulation.SEVERAL,
            Circulation.SEVERAL,
        ),
    ],
)
def test_the_level_of_circulation_by_vasopressors(
    running: dict[str, float], lowest: Circulation, highest: Circulation
) -> None:
    """Source: CLINICAL.md 2.1, DEC-48."""
    rates = {
        drug: Rate(value, "[IU]/min" if drug == "vasopressin" else "ug/min")
        for drug, value in running.items()
    }

    for hypotension in (True, False, None):  # it does not matter while one runs
        found = circulation_of(rates, hypotension=hypotension, weight_kg=80)
        assert found == (lowest, highest)


def test_the_level_of_circulation_without_vasopressors() -> None:
    assert circulation_of({}, hypotension=True, weight_kg=None)[0] is Circulation.HYPOTENSION
    assert circulation_of({}, hypotension=False, weight_kg=None) == STABLE
    assert circulation_of({}, hypotension=None, weight_kg=None) == UNKNOWN_CIRCULATION


# Oxygen


@pytest.mark.parametrize(
    ("flow", "lowest", "highest"),
    [
        (0, OxygenNeed.LOW_FLOW, OxygenNeed.LOW_FLOW),
        (2, OxygenNeed.LOW_FLOW, OxygenNeed.LOW_FLOW),
        (6, OxygenNeed.LOW_FLOW, OxygenNeed.LOW_FLOW),
        (6.1, OxygenNeed.HIGH_FLOW, OxygenNeed.HIGH_FLOW),
        (8, OxygenNeed.HIGH_FLOW, OxygenNeed.HIGH_FLOW),
        (None, OxygenNeed.LOW_FLOW, OxygenNeed.HIGH_FLOW),
    ],
)
def test_a_cannula_is_graded_by_its_flow(
    flow: float | None, lowest: OxygenNeed, highest: OxygenNeed
) -> None:
    found = breathing("nasal_cannula", flow=flow)

    assert (found.lowest, found.highest) == (lowest, highest)


@pytest.mark.parametrize(
    ("device", "fio2", "review", "consensus"),
    [
        ("nasal_cannula", 0.39, 2, 2),
        ("nasal_cannula", 0.40, 3, 2),  # D6
        ("blow_by", 0.40, 3, 2),
        ("room_air", 0.40, 3, 1),
        ("venturi", 0.28, 3, 3),
        ("high_flow", 0.35, 3, 3),
        ("bipap", 0.40, 4, 4),
    ],
)
def test_a_charted_fio2_of_0_40_is_grade_3_in_the_review(
    device: str, fio2: float, review: int, consensus: int
) -> None:
    charted = breathing(device, flow=4, fio2=fio2)

    assert graded(REVIEW, breathing=charted) == (review, review)
    assert graded(CONSENSUS, breathing=charted) == (consensus, consensus)


@pytest.mark.parametrize(("flow", "highest"), [(4.9, 2), (5, 3), (6, 3)])
def test_a_cannula_at_5_or_6_litres_may_well_give_0_40(flow: float, highest: int) -> None:
    assert graded(REVIEW, breathing=breathing("nasal_cannula", flow=flow)) == (2, highest)
    assert graded(CONSENSUS, breathing=breathing("nasal_cannula", flow=flow)) == (2, 2)


@pytest.mark.parametrize("reason", ["airway_protection", "procedure", "baseline"])
def test_intubation_for_another_reason_is_no_hypoxia_in_the_consensus(reason: str) -> None:
    low, high, unknown = (
        breathing("invasive", reason=reason, fio2=fio2) for fio2 in (0.39, 0.40, None)
    )

    assert graded(CONSENSUS, breathing=low) == (1, 1)
    assert graded(CONSENSUS, breathing=high) == (4, 4)  # then it is hypoxia all the same
    assert graded(CONSENSUS, breathing=unknown) == (1, 4)
    assert graded(REVIEW, breathing=low) == (4, 4)


@pytest.mark.parametrize(
    ("reason", "fio2", "consensus"),
    [
        ("hypoxia", None, (4, 4)),
        ("hypoxia", 0.21, (4, 4)),
        (None, None, (1, 4)),
        (None, 0.39, (1, 4)),
        (None, 0.40, (4, 4)),  # then it is hypoxia, whatever the reason
    ],
)
def test_intubation_for_no_known_reason_may_be_for_hypoxia(
    reason: str | None, fio2: float | None, consensus: tuple[int, int]
) -> None:
    intubated = breathing("invasive", reason=reason, fio2=fio2)

    assert graded(CONSENSUS, breathing=intubated) == consensus
    assert graded(REVIEW, breathing=intubated) == (4, 4)


@pytest.mark.parametrize("device", ["cpap", "nasal_cannula", "high_flow"])
def test_a_reason_counts_on_an_invasive_airway_alone(device: str) -> None:
    with_reason = breathing(device, flow=2, fio2=0.3, reason="airway_protection")

    assert with_reason == breathing(device, flow=2, fio2=0.3)


@pytest.mark.parametrize(
    ("fields", "grade"),
    [
        ({"home": True, "fio2": 0.21, "reason": "baseline"}, 1),  # B34
        ({"home": True}, 1),
        ({"home": True, "fio2": 0.3}, 4),  # oxygen is added
        ({"home": True, "reason": "hypoxia"}, 4),
        ({"home": False, "fio2": 0.21}, 4),
        ({"home": None, "fio2": 0.21, "reason": "baseline"}, 4),
    ],
)
def test_positive_pressure_as_at_home_is_no_need_of_oxygen(
    fields: dict[str, Any], grade: int
) -> None:
    for device in ("cpap", "bipap"):
        found = breathing(device, **fields)
        assert graded(REVIEW, breathing=found) == graded(CONSENSUS, breathing=found)
        assert graded(REVIEW, breathing=found) == (grade, grade)


def test_an_unnamed_device_may_be_any() -> None:
    assert breathing(None, flow=4).lowest is None
    assert graded(REVIEW, breathing=breathing(None, fio2=0.5)) == (3, 4)


@pytest.mark.parametrize(
    ("device", "flow", "fio2", "conflict"),
    [
        ("nasal_cannula", 4.9, None, False),
        ("nasal_cannula", 5, None, True),
        ("nasal_cannula", 6, None, True),
        ("nasal_cannula", 6.1, None, False),
        ("nasal_cannula", 6, 0.36, False),
        ("nasal_cannula", 4, 0.39, False),
        ("nasal_cannula", 4, 0.40, True),
        ("nasal_cannula", 8, 0.35, True),
        ("nasal_cannula", 8, 0.45, False),
        ("blow_by", None, 0.40, True),
        ("room_air", None, 0.21, False),
        ("room_air", None, 0.3, True),
        ("high_flow", 40, 0.35, True),
        ("high_flow", 40, 0.40, False),
        ("venturi", None, 0.28, True),
        ("simple_mask", None, None, False),
        ("bipap", None, 0.3, False),
        ("invasive", None, 0.3, False),
        (None, 5, 0.5, False),
    ],
)
def test_a_device_that_disagrees_with_the_fio2_is_flagged(
    device: str | None, flow: float | None, fio2: float | None, conflict: bool
) -> None:
    assert device_conflicts_with_fio2(Oxygen(device, flow, fio2, None)) is conflict


@pytest.mark.parametrize("table", [REVIEW, CONSENSUS], ids=["manikath-2025", "astct-2019"])
@pytest.mark.parametrize("need", OxygenNeed)
@pytest.mark.parametrize("high_fio2", [False, None])
def test_a_device_charted_long_ago_may_be_worse_by_now_and_is_never_milder(
    table: CrsTable, need: OxygenNeed, high_fio2: bool | None
) -> None:
    """Also where a severer level has a lower grade: an airway protected is no hypoxia."""
    grade = grade_oxygen(table, Breathing(need, None, high_fio2=high_fio2))

    assert grade == GradeRange(table.by_oxygen[need], 4)


@pytest.mark.parametrize("table", [REVIEW, CONSENSUS], ids=["manikath-2025", "astct-2019"])
@pytest.mark.parametrize("level", Circulation)
def test_a_pressure_measured_long_ago_may_be_worse_by_now_and_is_never_milder(
    table: CrsTable, level: Circulation
) -> None:
    """Only a newer measurement lowers a grade."""
    grade = grade_circulation(table, (level, None))

    assert grade == GradeRange(table.by_circulation[level], max(table.by_circulation.values()))
