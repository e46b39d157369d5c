"""What the seizures of a stay add up to.

A seizure counts until it is over and both ICE (CAPD in a child) and consciousness were examined
later. One of which its own record says no end is over when a later record says that a seizure is
resolved, or that the patient returned to baseline: then it lasted until that record. Until one does
it goes on: at 5 minutes by the clock it is prolonged. Seizures are repetitive where one follows
another within 24 hours and the patient had not returned to baseline; that they were examined in
between says nothing of it. Then it is the later one that counts until it is examined away.
Source: CLINICAL.md §1.1 (review lines 51 to 53), §2.3, DEC-6, DEC-7, DEC-57; decision 17.
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


class Fit(NamedTuple):
    """A seizure as it was charted, and when it was over, by its own record or a later one."""

    reading: Reading[Seizure]
    end_ms: int | None  # None: it goes on


class Convulsions(NamedTuple):
    """The mildest and the most severe level that fit, and when the level rises by the clock."""

    lowest: Convulsion
    highest: Convulsion
    turns_ms: int | None
    counting: tuple[Fit, ...] = ()


NO_CONVULSIONS: Final = Convulsions(Convulsion.NONE, Convulsion.NONE, None)


def fits_of(seizures: Sequence[Reading[Seizure]]) -> list[Fit]:
    """Find when each seizure was over; one that itself goes on ends none before it."""
    fits: list[Fit] = []
    over_ms: int | None = None  # when the next record says that a seizure is over
    for reading in reversed(seizures):
        seizure, end_ms = reading.value, over_ms
        if _is_over(seizure):
            end_ms = reading.effective_ms + int((seizure.duration_s or 0.0) * SECOND_MS)
            if seizure.resolved or seizure.returned_to_baseline:
                over_ms = reading.effective_ms
        fits.append(Fit(reading, end_ms))
    return fits[::-1]


def convulsions_of(
    fits: Sequence[Fit], at_ms: int, examined_ms: int | None, aroused_ms: int | None
) -> Convulsions:
    """Take the worst of the seizures that count, alone and each with the one before it."""
    counting = tuple(fit for fit in fits if not _is_settled(fit, examined_ms, aroused_ms))
    if not counting:
        return NO_CONVULSIONS
    lowest = highest = max(_alone(each, at_ms) for each in counting)
    # The one before may have been examined away: that it came before goes on being true.
    for first, second in pairwise(fits):
        if _is_settled(second, examined_ms, aroused_ms):
            continue
        if second.reading.effective_ms - first.reading.effective_ms <= REPETITIVE_MS:
            returned = first.reading.value.returned_to_baseline
            if returned is False:
                lowest = highest = Convulsion.PROLONGED
            elif returned is None:
                highest = Convulsion.PROLONGED
    turns = [fit.reading.effective_ms + GOES_ON_MS for fit in counting if fit.end_ms is None]
    turns_ms = min((each for each in turns if each > at_ms), default=None)
    return Convulsions(lowest, highest, turns_ms, counting)


def _is_settled(fit: Fit, examined_ms: int | None, aroused_ms: int | None) -> bool:
    """Tell whether a seizure is over, and both examinations are newer than its end."""
    if fit.end_ms is None or examined_ms is None or aroused_ms is None:
        return False
    return min(examined_ms, aroused_ms) > fit.end_ms


def _is_over(seizure: Seizure) -> bool:
    """Tell whether its own record says that it has ended; a whole duration says so."""
    if seizure.resolved is not None:
        return seizure.resolved
    return bool(seizure.returned_to_baseline) or seizure.duration_s is not None


def _alone(fit: Fit, at_ms: int) -> Convulsion:
    began_ms, duration_s = fit.reading.effective_ms, fit.reading.value.duration_s
    if duration_s is not None and duration_s > PROLONGED_ABOVE_S:
        return Convulsion.PROLONGED
    if fit.end_ms is None:
        is_prolonged = at_ms - began_ms >= GOES_ON_MS
    else:  # a length that is known has to be more than 5 minutes
        is_prolonged = fit.end_ms - began_ms > PROLONGED_ABOVE_S * SECOND_MS
    return Convulsion.PROLONGED if is_prolonged else Convulsion.BRIEF
