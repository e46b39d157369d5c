"""The newest laboratory results of a view, as young as a rule asks for.

Source: CLINICAL.md §5.8 (48 h where a rule says nothing else), DEC-35, DEC-39, DEC-50.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, TypeVar

from stream.clinical.series import Reading
from stream.clinical.signals import Result, Signal, lab
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

RESULT_MS: Final = 48 * HOUR_MS  # the end included, as for each age here

T = TypeVar("T")


def newest(view: View, analyte: str, max_age_ms: int | None = RESULT_MS) -> Reading[Result] | None:
    """Find the newest result of the stay; None where it is older than that. No age: any will do."""
    result = view.latest(lab(analyte))
    if result is None or max_age_ms is None:
        return result
    return result if view.at_ms - result.effective_ms <= max_age_ms else None


def value_of(reading: Reading[T] | None) -> T | None:
    """Give the value of a reading that is there."""
    return None if reading is None else reading.value


def as_of(view: View, moment_ms: int) -> View:
    """Look at the same patient as of a moment in the past, by what is known now."""
    return View(
        view.patient, moment_ms, view.management, until_ms=moment_ms, course=view.patient.before
    )


def counting(
    view: View,
    signals: Iterable[Signal[Any]],
    features: Callable[[View, int | None], Mapping[str, T]],
    enough: Callable[[Collection[str]], bool],
    max_age_ms: int,
) -> Mapping[str, T]:
    """Give the features that count, by signal; none where they are not enough (DEC-35).

    One counts while its result is young, and afterwards where it was young while enough held, for
    as long as there were enough ever since: a result that was old before says nothing new.
    `features` names those of a view by results up to an age; with None by the newest, however old.
    The results alone are looked at: a view of the past has no course.
    """
    now = features(view, None)
    if not enough(now):
        return {}
    young = features(view, max_age_ms)
    seen = set(young)  # while one thing after another spoke of it
    held = set(young) if enough(young) else set()
    if held >= now.keys():
        return now  # as nearly always
    moments = {
        each.effective_ms
        for signal in signals
        for each in view.readings(signal)
        if each.effective_ms <= view.at_ms
    }
    for moment_ms in sorted(moments, reverse=True):
        then = as_of(view, moment_ms)
        if not enough(features(then, None)):
            break
        young = features(then, max_age_ms)
        seen |= young.keys()
        if enough(young):
            held |= seen
        if held >= now.keys():
            break
    left = {name: each for name, each in now.items() if name in held}
    return left if enough(left) else {}
