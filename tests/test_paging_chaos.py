"""Killed at random, by a gateway that fails at random: nobody is left untold.

`make chaos-pager` does the same with 10 000 alerts.
"""

from pagerchaos import run


async def test_every_alert_is_paged_and_none_after_its_answer_was_stored() -> None:
    figures = await run(200, errors=0.3, seed=1)

    assert figures.untold == 0
    assert figures.paged_after_answer == 0
    assert figures.paged / figures.alerts >= 0.999
    assert figures.kills >= 3


async def test_where_every_try_fails_operations_is_told() -> None:
    figures = await run(40, errors=1.0, seed=3, refused=1.0, silent=20)

    assert (figures.paged, figures.told_by_ops, figures.untold) == (0, 40, 0)


async def test_a_gateway_that_is_well_gets_each_page_once_but_for_the_kills() -> None:
    figures = await run(100, errors=0.0, seed=4)

    assert (figures.paged, figures.untold, figures.paged_after_answer) == (100, 0, 0)
    assert figures.twice <= 8 * figures.kills  # so many tries are under way at once
