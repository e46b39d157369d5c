"""CRS for all inputs there can be: losing one only widens the range."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.clinical.circulation import VASOPRESSORS, Circulation, circulation_of
from stream.clinical.crs import CONSENSUS, REVIEW, CrsTable, grade_crs
from stream.clinical.oxygen import OxygenNeed, breathing_of
from stream.clinical.signals import Oxygen, Rate
from topics.vitals import OxygenDevice

STABLE: Final = (Circulation.STABLE, Circulation.STABLE)
rates = st.dictionaries(
    st.sampled_from(VASOPRESSORS),
    st.builds(
        Rate,
        st.floats(0.01, 300, allow_nan=False),
        st.sampled_from(["ug/min", "ug/kg/min", "mg/h", "mg/kg/d"]),
    ),
    max_size=3,
)
devices = st.builds(
    Oxygen,
    st.sampled_from([each.value for each in OxygenDevice]),
    st.none() | st.floats(0, 80),
    st.none() | st.floats(0.21, 1.0),
    st.none() | st.sampled_from(["hypoxia", "airway_protection", "procedure", "baseline"]),
)
tables = pytest.mark.parametrize("table", [REVIEW, CONSENSUS], ids=["review", "consensus"])


def graded(table: CrsTable, **known: Any) -> tuple[int, int]:
    """Grade from raw inputs, each of which may be None."""
    running, hypotension = known["running"], known["hypotension"]
    oxygen: Oxygen | None = known["oxygen"]
    circulation = (
        (Circulation.STABLE, None)
        if running is None
        else circulation_of(running, hypotension=hypotension, weight_kg=known["weight_kg"])
    )
    grade = grade_crs(
        table,
        fever=known["fever"],
        circulation=circulation,
        breathing=breathing_of(oxygen, home_positive_pressure=False),
        haemofiltration=known["haemofiltration"],
        ecmo=known["ecmo"],
    )
    return grade.lowest, grade.highest


complete = st.fixed_dictionaries(
    {
        "fever": st.booleans(),
        "running": rates,
        "hypotension": st.booleans(),
        "weight_kg": st.floats(3, 200),
        "oxygen": devices,
        "haemofiltration": st.booleans(),
        "ecmo": st.booleans(),
    }
)
INPUTS: Final = (
    "fever",
    "running",
    "hypotension",
    "weight_kg",
    "oxygen",
    "haemofiltration",
    "ecmo",
)


@tables
@given(known=complete, lost=st.sets(st.sampled_from(INPUTS)))
def test_losing_an_input_only_widens_the_range(
    table: CrsTable, known: dict[str, Any], lost: set[str]
) -> None:
    """A grade from partial data always still contains the true grade."""
    truth = graded(table, **known)
    partial = graded(table, **known | dict.fromkeys(lost))

    assert partial[0] <= truth[0] <= truth[1] <= partial[1]


@tables
@given(known=complete)
def test_losing_the_flow_only_widens_the_range(table: CrsTable, known: dict[str, Any]) -> None:
    """A cannula without a flow may be low-flow or high-flow."""
    truth = graded(table, **known)
    partial = graded(table, **known | {"oxygen": known["oxygen"]._replace(flow_l_min=None)})

    assert partial[0] <= truth[0] <= truth[1] <= max(partial[1], truth[0])


@tables
@given(known=complete)
def test_a_grade_is_never_below_1_with_fever_nor_above_4(
    table: CrsTable, known: dict[str, Any]
) -> None:
    """Grade 5 is a death."""
    lowest, highest = graded(table, **known | {"fever": True})

    assert 1 <= lowest <= highest <= 4


@tables
@given(known=complete, more=st.sampled_from(VASOPRESSORS))
def test_another_vasopressor_never_lowers_the_grade(
    table: CrsTable, known: dict[str, Any], more: str
) -> None:
    """More support is never less severe."""
    rate = Rate(1.0, "ug/min")
    with_more = known | {"running": {more: rate} | known["running"]}

    assert graded(table, **with_more)[0] >= graded(table, **known)[0]


@tables
@given(known=complete)
def test_ventilation_is_never_milder_than_a_mask(table: CrsTable, known: dict[str, Any]) -> None:
    """The tables rise with the support that is given for hypoxia."""
    grades = [
        graded(table, **known | {"oxygen": Oxygen(device, None, None, "hypoxia")})[0]
        for device in ("room_air", "blow_by", "simple_mask", "invasive")
    ]

    assert grades == sorted(grades)
    assert len(OxygenNeed) == len(table.by_oxygen)
