"""Draws. Every source of events has its own chance, made of the seed and of its name.

So nothing that one of them draws changes what another does, and the same seed gives the same ward.
"""

import math
from random import Random
from typing import Final

from deploy.simulate.products import Spread

# Where a range is not published: from half to twice the median.
LOW_OF_MEDIAN: Final = 0.5
HIGH_OF_MEDIAN: Final = 2.0
EARLIEST_D: Final = 0.25
# Long ranges have thin ends: half of those beyond the median lie in the first sixteenth.
THIN: Final = 4


def chance_of(*names: object) -> Random:
    """Make the chance of one source; text is hashed in the same way by every process."""
    return Random("/".join(map(str, names)))


def draw_days(chance: Random, spread: Spread) -> float:
    """Draw a span in days: as many above the median as below, and none outside the range.

    Quartiles are kept too; beyond them lie as many days again as between them.
    """
    part = chance.random()
    median = spread.median_d
    low = median * LOW_OF_MEDIAN if spread.low_d is None else spread.low_d
    high = median * HIGH_OF_MEDIAN if spread.high_d is None else spread.high_d
    if spread.quartiles:
        ends = max(EARLIEST_D, 2 * low - median), low, median, high, 2 * high - median
        quarter = min(int(part * 4), 3)
        inside = part * 4 - quarter
        return ends[quarter] + (ends[quarter + 1] - ends[quarter]) * inside
    aside = abs(2 * part - 1)
    if part < 1 / 2:
        return median - (median - low) * aside
    return median + (high - median) * aside**THIN


def about(chance: Random, middle: float, spread: float = 0.3) -> float:
    """Draw a value around a middle that is above zero; `spread` is that of its logarithm."""
    return middle * math.exp(chance.gauss(0.0, spread))


def happens(chance: Random, share: float) -> bool:
    """Tell whether something happens that does so in this share of cases."""
    return chance.random() < share
