"""Scores of the mind: as items or as totals, never as half of one."""

from typing import Any

import pytest
from builders import Fields, assessment, event, ice
from judging import judged, why

from topics.assessments import ICE_ITEMS, ICE_POINTS, Gcs, Ice, IceScheme
from topics.codec import Decoded, Reason


def full(scheme: IceScheme = IceScheme.ASTCT, **changed: Any) -> Fields:
    """Build an ICE score of ten points, but for the items given."""
    items: Fields = dict(zip(ICE_ITEMS, ICE_POINTS[scheme], strict=True))
    return assessment("ice", scheme=scheme.value, **items | changed)


@pytest.mark.parametrize("scheme", IceScheme)
def test_five_items_make_a_total_of_ten(scheme: IceScheme) -> None:
    found = event(full(scheme))

    assert isinstance(found, Ice)
    assert found.total is None
    assert (found.items, found.points) == (ICE_POINTS[scheme], 10)


def test_a_total_alone_has_no_items() -> None:
    found = event(ice(0))

    assert isinstance(found, Ice)
    assert (found.items, found.points) == (None, 0)


@pytest.mark.parametrize("scheme", IceScheme)
@pytest.mark.parametrize("index", range(5))
def test_an_item_has_the_points_of_its_scheme_and_no_more(scheme: IceScheme, index: int) -> None:
    name, most = ICE_ITEMS[index], ICE_POINTS[scheme][index]

    assert isinstance(judged(full(scheme, **{name: 0})), Decoded)
    for points in (-1, most + 1):
        assert why(full(scheme, **{name: points})) == (Reason.RANGE, f"$.{name}")


@pytest.mark.parametrize("name", ICE_ITEMS)
def test_four_items_are_no_score(name: str) -> None:
    without: Fields = {name: None}

    assert why(full(**without)) == (Reason.MISSING, "$.total")


def test_items_and_a_total_must_agree() -> None:
    assert isinstance(judged(full() | {"total": 10}), Decoded)
    assert why(full() | {"total": 9}) == (Reason.RANGE, "$.total")


@pytest.mark.parametrize("total", [4.5, True, "4"])
def test_a_score_is_a_whole_number(total: object) -> None:
    assert why(ice() | {"total": total}) == (Reason.WRONG_TYPE, "$.total")


def test_a_whole_number_may_be_written_with_a_point() -> None:
    found = event(ice() | {"total": 4.0})

    assert isinstance(found, Ice)
    assert isinstance(found.total, int)


def test_a_coma_scale_is_the_sum_of_its_parts() -> None:
    found = event(assessment("gcs", eye=4, verbal=4, motor=6))

    assert isinstance(found, Gcs)
    assert (found.parts, found.points) == ((4, 4, 6), 14)


def test_a_coma_scale_may_be_a_total() -> None:
    found = event(assessment("gcs", total=3))

    assert isinstance(found, Gcs)
    assert (found.parts, found.points) == (None, 3)


@pytest.mark.parametrize(
    ("parts", "reason", "path"),
    [
        ({"eye": 4, "verbal": 5}, Reason.MISSING, "$.total"),
        ({"eye": 4, "motor": 6}, Reason.MISSING, "$.total"),
        ({"verbal": 5, "motor": 6}, Reason.MISSING, "$.total"),
        ({"eye": 5, "verbal": 5, "motor": 6}, Reason.RANGE, "$.eye"),
        ({"eye": 4, "verbal": 0, "motor": 6}, Reason.RANGE, "$.verbal"),
        ({"eye": 4, "verbal": 5, "motor": 7}, Reason.RANGE, "$.motor"),
        ({"eye": 4, "verbal": 5, "motor": 6, "total": 14}, Reason.RANGE, "$.total"),
    ],
)
def test_a_coma_scale_that_does_not_add_up_is_refused(
    parts: Fields, reason: Reason, path: str
) -> None:
    assert why(assessment("gcs", **parts)) == (reason, path)


@pytest.mark.parametrize("said", [{"level": "voice"}, {"rass": -5}, {"sedated": False}])
def test_consciousness_says_one_thing_at_least(said: Fields) -> None:
    assert isinstance(judged(assessment("consciousness", **said)), Decoded)
    assert why(assessment("consciousness")) == (Reason.MISSING, "$.level")
