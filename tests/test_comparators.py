"""What a result with a comparator proves, and what it leaves open."""

from operator import eq, ge, gt, le, lt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures import result

from stream.clinical.comparators import exact, is_above, is_at_least, is_at_most, is_below

NUMBERS = st.integers(-5, 5).map(float)
TRUE_OF = {None: eq, ">": gt, ">=": ge, "<": lt, "<=": le}


@pytest.mark.parametrize(
    ("comparator", "value", "above", "at_least"),
    [
        (None, 9.9, False, False),
        (None, 10.0, False, True),
        (None, 10.1, True, True),
        (">", 9.9, None, None),
        (">", 10.0, True, True),
        (">=", 9.9, None, None),
        (">=", 10.0, None, True),
        (">=", 10.1, True, True),
        ("<", 10.0, False, False),
        ("<", 10.1, None, None),
        ("<=", 9.9, False, False),
        ("<=", 10.0, False, None),
        ("<=", 10.1, None, None),
    ],
)
def test_a_result_proves_no_more_than_it_says(
    comparator: str | None, value: float, above: bool | None, at_least: bool | None
) -> None:
    said = result(value, comparator)

    assert (is_above(said, 10.0), is_at_least(said, 10.0)) == (above, at_least)


@given(true=NUMBERS, value=NUMBERS, limit=NUMBERS, comparator=st.sampled_from(list(TRUE_OF)))
def test_what_is_proven_is_true_of_every_value_that_a_result_may_stand_for(
    true: float, value: float, limit: float, comparator: str | None
) -> None:
    if not TRUE_OF[comparator](true, value):
        return
    said = result(value, comparator)

    assert is_above(said, limit) in (None, true > limit)
    assert is_at_least(said, limit) in (None, true >= limit)
    assert is_below(said, limit) in (None, true < limit)
    assert is_at_most(said, limit) in (None, true <= limit)


def test_nothing_is_computed_of_a_result_with_a_comparator() -> None:
    assert exact(result(5.0)) == 5.0
    assert exact(result(5.0, "<")) is None
    assert exact(None) is None
