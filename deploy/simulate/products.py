"""How often, when and for how long: CRS and neurotoxicity by product, row by row as published.

Left out: how often neurotoxicity comes, which the table does not have; see `NEURO_PERCENT`.
Source: CLINICAL.md §4.2, with the numbers of its sources (LU) behind each row. M: from memory of
the label or paper, to be verified before anything is concluded from it.
"""

from typing import Final, NamedTuple

from topics.patients import Product


class Spread(NamedTuple):
    """How days are spread among patients: their median, and what lies around it.

    `low` and `high` are the range, or the quartiles where that is said. None: not published.
    """

    median_d: float
    low_d: float | None = None
    high_d: float | None = None
    quartiles: bool = False


class ProductRow(NamedTuple):
    """A product in a cohort. Percent are of the patients infused; None is not in the table."""

    product: Product
    cohort: str
    crs_percent: float
    crs_severe_percent: float  # grade 3 and more
    crs_onset: Spread
    crs_duration: Spread
    neuro_onset: Spread
    neuro_duration: Spread | None
    with_children: bool = False


PRODUCTS: Final = (
    ProductRow(  # LU:26
        Product.AXI_CEL, "LBCL, label of 2017", 94, 13,
        Spread(2, 1, 12), Spread(7, 2, 58), Spread(4, 1, 43), None,
    ),
    ProductRow(  # M
        Product.AXI_CEL, "LBCL, later label", 90, 9,
        Spread(3, 1, 20), Spread(7), Spread(4, 1, 43), Spread(17),
    ),
    ProductRow(  # LU:27, neurotoxicity M
        Product.AXI_CEL, "FL, ZUMA-5", 84, 8,
        Spread(4, 1, 20), Spread(6, 1, 27), Spread(6, 1, 79), None,
    ),
    ProductRow(  # LU:28, LU:5; grade 3 and more by the scale of Penn
        Product.TISA_CEL, "ALL, 2018", 79, 49,
        Spread(3, 1, 51), Spread(8, 1, 36), Spread(6, 1, 359), Spread(6), with_children=True,
    ),
    ProductRow(  # LU:28, LU:5; grade 3 and more by the scale of Penn
        Product.TISA_CEL, "DLBCL, 2018", 74, 23,
        Spread(3, 1, 51), Spread(8, 1, 36), Spread(6, 1, 359), Spread(14),
    ),
    ProductRow(  # LU:29
        Product.BREXU_CEL, "MCL", 91, 18,
        Spread(3, 1, 13), Spread(10, 1, 50), Spread(6, 1, 32), Spread(21, 2, 454),
    ),
    ProductRow(  # M
        Product.BREXU_CEL, "ALL", 92, 26,
        Spread(5, 1, 12), Spread(8, 2, 63), Spread(7), Spread(15),
    ),
    ProductRow(  # LU:30
        Product.LISO_CEL, "CLL trial", 85, 9,
        Spread(4, 1, 7, quartiles=True), Spread(6, 4, 11, quartiles=True),
        Spread(7, 4, 11, quartiles=True), Spread(7, 4, 16, quartiles=True),
    ),
    ProductRow(  # M; 46 to 54 and 3 to 4 percent: their middle
        Product.LISO_CEL, "LBCL", 50, 3.5,
        Spread(5, 1, 15), Spread(5), Spread(8, 1, 46), Spread(12),
    ),
    ProductRow(  # LU:31, neurotoxicity M
        Product.IDE_CEL, "KarMMa", 85, 9,
        Spread(1, 1, 23), Spread(7, 1, 63), Spread(2, 1, 10), None,
    ),
    ProductRow(  # LU:32, neurotoxicity M; 4 to 5 percent: their middle
        Product.CILTA_CEL, "CARTITUDE-1", 95, 4.5,
        Spread(7, 5, 8, quartiles=True), Spread(4, 3, 6, quartiles=True), Spread(8), Spread(4),
    ),
    ProductRow(  # M
        Product.OBE_CEL, "ALL", 75, 3,
        Spread(8, 1, 23), Spread(5), Spread(12, 1, 31), Spread(8),
    ),
)  # fmt: skip

# Not in the table, so the same for every product and an assumption of this simulation alone.
NEURO_PERCENT: Final = 40.0
NEURO_DURATION: Final = Spread(7)  # where a row has none
