"""ICANS for all findings there can be: losing one only widens the range, or leaves it open."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.clinical.grade import look_up
from stream.clinical.icans import (
    CONSENSUS,
    REVIEW,
    Arousal,
    Capd,
    Convulsion,
    IcansTable,
    Ice,
    grade_icans,
    grade_level,
    grade_signs,
)

SIGNS: Final = tuple({**REVIEW.by_sign, **CONSENSUS.by_sign})
tables = pytest.mark.parametrize("table", [REVIEW, CONSENSUS], ids=["review", "consensus"])
findings = st.fixed_dictionaries(
    {
        "score": st.sampled_from([*Ice, *Capd]),
        "arousal": st.sampled_from(Arousal),
        "convulsion": st.sampled_from(Convulsion),
        "signs": st.frozensets(st.sampled_from(SIGNS), max_size=3),
        "fresh": st.booleans(),
        "estimated": st.booleans(),
    }
)


def graded(table: IcansTable, **known: Any) -> tuple[int, int]:
    """Grade from findings, each of which may be None."""
    score, fresh = known["score"], known["fresh"]
    by_score: Any = table.by_capd if isinstance(score, Capd) else table.by_ice
    grade = grade_icans(
        grade_level(by_score, score, fresh=fresh),
        grade_level(table.by_arousal, known["arousal"], fresh=fresh),
        look_up(table.by_convulsion, known["convulsion"]),
        grade_signs(table, known["signs"]),
        estimated=known["estimated"],
    )
    return grade.lowest, grade.highest


@tables
@given(known=findings, lost=st.sets(st.sampled_from(["score", "arousal", "convulsion"])))
def test_losing_a_finding_only_widens_the_range(
    table: IcansTable, known: dict[str, Any], lost: set[str]
) -> None:
    truth = graded(table, **known)
    partial = graded(table, **known | dict.fromkeys(lost))

    assert partial[0] <= truth[0] <= truth[1] <= partial[1]


@tables
@given(known=findings)
def test_what_is_old_or_carried_forward_only_leaves_more_possible(
    table: IcansTable, known: dict[str, Any]
) -> None:
    """Nothing that grows old lowers a grade (DEC-35, DEC-58)."""
    lowest, highest = graded(table, **known | {"fresh": True, "estimated": False})
    for doubt in ({"fresh": False}, {"estimated": True}):
        doubtful = graded(table, **known | {"fresh": True, "estimated": False} | doubt)

        assert doubtful[0] == lowest
        assert doubtful[1] >= highest
