"""The start of an infusion is a dose, of drugs whose rates no rule goes by (decision 60)."""

from typing import Any

import pytest
from bedside import Bedside, hours, late, removed
from builders import Fields, connected, dose, infusion, lab, on_day, reading, vitals

from stream.clinical.drugs import ANTIPYRETICS, INTERLEUKIN_6_BLOCKERS
from stream.clinical.infused import DOSED_BY_START
from stream.clinical.rules.register import RULES

START = on_day(3, "08:00")


def ill(after_h: float = 0) -> Fields:
    return vitals(at=START + hours(after_h), temperature_c=38.9, systolic_mmhg=80)


def toci(after_h: float, **fields: Any) -> Fields:
    return dose(at=START + hours(after_h), **fields)


def pump(after_h: float, drug: str = "tocilizumab", **fields: Any) -> Fields:
    said = {} if fields.get("action") == "stop" else {"rate_value": 640, "rate_unit": "mg/h"}
    return infusion(drug, at=START + hours(after_h), **said | fields)


def doses(seen: Bedside, after_h: float) -> int:
    counted = seen.status(START + hours(after_h)).tocilizumab
    assert counted is not None
    return counted.doses


def test_the_start_of_an_infusion_is_a_dose_of_unknown_amount() -> None:
    seen = Bedside(*connected(), ill(), pump(1), pump(2, action="stop"))

    assert seen.states("TOCI-IND") == ["raised P2", "resolved"]
    assert seen.told("TOCI-IND")[-1].at == START + hours(1)
    assert seen.states("TOCI-DOSE") == []
    assert doses(seen, 3) == 1


def test_a_dose_soon_after_such_an_infusion_is_too_early() -> None:
    seen = Bedside(*connected(), ill(), pump(1), pump(2, action="stop"), toci(4))

    assert seen.states("TOCI-INTERVAL") == ["raised P2"]
    assert doses(seen, 5) == 2


@pytest.mark.parametrize(
    "more",
    [
        pump(1.5, action="change", rate_value=300),
        pump(2, action="stop"),
        pump(1.5, rate_value=0),  # DEC-47: a stop
    ],
    ids=["change", "stop", "rate of 0"],
)
def test_what_follows_the_start_is_no_further_dose(more: Fields) -> None:
    seen = Bedside(*connected(), ill(), pump(1), more)

    assert doses(seen, 3) == 1
    assert seen.states("TOCI-INTERVAL") == []


def test_an_infusion_that_is_started_again_is_another_dose() -> None:
    seen = Bedside(*connected(), ill(), pump(1), pump(2, action="stop"), pump(9))

    assert doses(seen, 10) == 2
    assert seen.states("TOCI-INTERVAL") == []


def test_a_start_entered_in_error_was_no_dose() -> None:
    seen = Bedside(*connected(), ill(), pump(1), removed(pump(1), hours(1)))

    assert seen.states("TOCI-IND") == ["raised P2", "resolved", "raised P2"]
    assert doses(seen, 3) == 0


def test_a_start_that_comes_late_is_judged_by_when_it_was() -> None:
    seen = Bedside(*connected(), ill(), toci(4), late(pump(1), hours(5)))

    assert seen.states("TOCI-INTERVAL") == ["raised P2"]


@pytest.mark.parametrize("drug", [*ANTIPYRETICS, *INTERLEUKIN_6_BLOCKERS])
def test_what_is_infused_hides_a_fever_as_a_dose_does(drug: str) -> None:
    fever, cool = ill(), vitals(at=START + hours(2), temperature_c=36.8)
    seen = Bedside(*connected(), fever, pump(1, drug), pump(1.5, drug, action="stop"), cool)

    assert seen.is_open("FEVER-MASKED")
    (mask,) = [e for e in seen.told("FEVER-MASKED")[-1].because if e.signal == drug]
    assert mask.value == "given"


@pytest.mark.parametrize("drug", INTERLEUKIN_6_BLOCKERS)
def test_what_is_infused_blocks_interleukin_6(drug: str) -> None:
    seen = Bedside(*connected(), ill(), pump(1, drug), lab("il6", 5000, at=START + hours(3)))

    assert seen.states("IL6-PARADOX") == ["raised INFO"]
    assert seen.states("IL6-RULE") == []


@pytest.mark.parametrize("charted_first", [True, False])
def test_a_dose_and_an_infusion_of_one_moment_are_one_and_its_amount_is_checked(
    charted_first: bool,
) -> None:
    given = toci(1, dose_value=300)
    events = [late(given, hours(0.1)), late(pump(1), hours(0.2 if charted_first else 0))]
    seen = Bedside(*connected(), ill(), *(events if charted_first else reversed(events)))

    assert doses(seen, 2) == 1
    assert seen.is_open("TOCI-DOSE")


def test_a_dose_and_an_infusion_of_two_moments_are_two_and_told() -> None:
    """In doubt both count: one of them twice charted looks just like a second one."""
    seen = Bedside(*connected(), ill(), toci(1), pump(1.1))

    assert doses(seen, 2) == 2
    assert seen.states("TOCI-INTERVAL") == ["raised P2"]


def test_what_was_infused_outlives_a_restart() -> None:
    seen = Bedside(*connected(), ill(), pump(1), pump(1.2, action="change"))
    before = seen.patient.series
    seen.restored()

    assert seen.patient.series == before
    assert doses(seen, 3) == 1


def test_a_vasopressor_and_a_steroid_go_by_their_rates() -> None:
    drips = [infusion(at=START), pump(0, "methylprednisolone", rate_value=5)]
    seen = Bedside(*connected(), reading(at=START, temperature_c=36.8), *drips)

    names = {name for name in seen.patient.series if ":" in name}
    assert {"rate:norepinephrine", "rate:methylprednisolone"} <= names
    assert not names & {"given:norepinephrine", "given:methylprednisolone"}


def test_no_rule_goes_by_the_rate_of_a_drug_that_is_dosed_by_its_start() -> None:
    named = {each.name for rule in RULES for each in rule.inputs}

    assert not named & {f"rate:{drug}" for drug in DOSED_BY_START}
    assert set(DOSED_BY_START) >= {*ANTIPYRETICS, *INTERLEUKIN_6_BLOCKERS}
    by_dose = {f"given:{drug}" for drug in DOSED_BY_START - {"etoposide", "emapalumab"}}
    assert by_dose <= named
