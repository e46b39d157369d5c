"""What the seizures of a stay add up to.

A seizure counts until it is over and both ICE (CAPD in a child) and consciousness were examined
later. One that is not known to be over goes on: at 5 minutes by the clock it is prolonged. Seizures
are repetitive where one follows another within 24 hours and the patient had not returned to
baseline.
Source: CLINICAL.md §1.1 (review lines 51 to 53), §2.3, DEC-6, DEC-7, DEC-57.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from stream.clinical.icans import PROLONGED_ABOVE_S, Convulsion
from stream.clinical.series import Reading
from stream.clinical.signals import Seizure
from stream.clinical.times import DAY_MS

GOES_ON_MS: Final = 300_000  # 5 minutes by the clock, the end included
REPETITIVE_MS: Final = DAY_MS  # the end included
SECOND_MS: Final = 1000


class Convulsions(NamedTuple):
    """The mildest and the most severe level that fit, and when the level rises by the clock."""

    lowest: Convulsion
    highest: Convulsion
    turns_ms: int | None


def convulsions_of(seizures: Sequence[Reading[Seizure]], at_ms: int) -> Convulsions:
    """Take the worst of the seizures that count, alone and in their order."""
    lowest = max((_alone(each, at_ms) for each in seizures), default=Convulsion.NONE)
    highest = lowest
    for first, second in pairwise(seizures):
        if second.effective_ms - first.effective_ms <= REPETITIVE_MS:
            if first.value.returned_to_baseline is False:
                lowest = highest = Convulsion.PROLONGED
            elif first.value.returned_to_baseline is None:
                highest = Convulsion.PROLONGED
    turns = [each.effective_ms + GOES_ON_MS for each in seizures if not is_over(each.value)]
    return Convulsions(lowest, highest, min((each for each in turns if each > at_ms), default=None))


def is_over(seizure: Seizure) -> bool:
    """Tell whether a seizure has ended, as far as somebody said so; a whole duration says so."""
    if seizure.resolved is not None:
        return seizure.resolved
    return bool(seizure.returned_to_baseline) or seizure.duration_s is not None


def is_settled(seizure: Reading[Seizure], examined_ms: int | None, aroused_ms: int | None) -> bool:
    """Tell whether a seizure is over, and both examinations are newer than its end."""
    if not is_over(seizure.value) or examined_ms is None or aroused_ms is None:
        return False
    lasted_ms = int((seizure.value.duration_s or 0.0) * SECOND_MS)
    return min(examined_ms, aroused_ms) > seizure.effective_ms + lasted_ms


def _alone(seizure: Reading[Seizure], at_ms: int) -> Convulsion:
    duration_s = seizure.value.duration_s
    if duration_s is not None and duration_s > PROLONGED_ABOVE_S:
        return Convulsion.PROLONGED
    goes_on = not is_over(seizure.value) and at_ms - seizure.effective_ms >= GOES_ON_MS
    return Convulsion.PROLONGED if goes_on else Convulsion.BRIEF
