"""The newest laboratory results of a view, as young as a rule asks for.

A result whose comparator leaves a question open says nothing: the newest one that answers it
counts, while it is young enough (decision 79).
Source: CLINICAL.md §5.8 (48 h where a rule says nothing else), DEC-35, DEC-39, DEC-50, DEC-60.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from stream.clinical.patient import KEPT_MS
from stream.clinical.series import Reading, since
from stream.clinical.signals import Result, Signal, lab
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

RESULT_MS: Final = 48 * HOUR_MS  # the end included, as for each age here

T = TypeVar("T")

Question = Callable[[Result], bool | None]  # None: the result leaves it open


def newest(view: View, analyte: str, max_age_ms: int | None = RESULT_MS) -> Reading[Result] | None:
    """Find the newest result of the stay; None where it is older than that. No age: any will do."""
    result = view.latest(lab(analyte))
    if result is None or max_age_ms is None:
        return result
    return result if view.at_ms - result.effective_ms <= max_age_ms else None


def proving(
    view: View, analyte: str, asked: Question, max_age_ms: int | None = RESULT_MS
) -> Reading[Result] | None:
    """Find the newest result up to an age that answers a question; None where it says no."""
    return proving_since(view, lab(analyte), asked, oldest_ms(view, max_age_ms))


def proving_since(
    view: View, signal: Signal[Result], asked: Question, from_ms: int | None
) -> Reading[Result] | None:
    """Do the same from a moment on."""
    last = view.patient.newest(signal, from_ms, view.until_ms)
    if last is None or last.value.comparator is None:  # as nearly always
        return last if last is not None and asked(last.value) else None
    for each in standing(view, signal, from_ms):
        answer = asked(each.value)
        if answer is not None:
            return each if answer else None
    return None


def standing(view: View, signal: Signal[Result], from_ms: int | None) -> Sequence[Reading[Result]]:
    """Give the newest result since a moment, and those that may answer what it leaves open.

    The newest of them comes first; one without a comparator answers all, and is the last.
    """
    last = view.patient.newest(signal, from_ms, view.until_ms)
    if last is None:
        return ()
    if last.value.comparator is None:
        return (last,)  # as nearly always
    found = [last]
    while found[-1].value.comparator is not None:
        # Another record of that moment is set aside.
        earlier = view.patient.newest(signal, from_ms, found[-1].effective_ms - 1)
        if earlier is None:
            break
        found.append(earlier)
    return found


def answering(
    results: Sequence[Reading[Result]], questions: Iterable[Question]
) -> tuple[Reading[Result], ...]:
    """Give the results that answer a question, each the newest that does; the newest come first."""
    if len(results) == 1 and results[0].value.comparator is None:
        return (results[0],)  # as nearly always
    left = tuple(questions)
    found: list[Reading[Result]] = []
    for each in results:
        unanswered = tuple(asked for asked in left if asked(each.value) is None)
        if len(unanswered) < len(left):
            found.append(each)
        left = unanswered
    return tuple(found)


def oldest_ms(view: View, max_age_ms: int | None) -> int | None:
    """Find from when on a result of the stay is young enough; None is no limit."""
    from_ms = view.patient.stay_from_ms
    if max_age_ms is None:
        return from_ms
    return view.at_ms - max_age_ms if from_ms is None else max(view.at_ms - max_age_ms, from_ms)


def value_of(reading: Reading[T] | None) -> T | None:
    """Give the value of a reading that is there."""
    return None if reading is None else reading.value


def as_of(view: View, moment_ms: int) -> View:
    """Look at the same patient as of a moment in the past, by what is known now."""
    return View(
        view.patient, moment_ms, view.management, until_ms=moment_ms, course=view.patient.before
    )


class Features(NamedTuple, Generic[T]):
    """What a rule counts, by signal, and how young the results behind it have to be."""

    rule: str  # its alert says what counted by then
    signals: tuple[Signal[Any], ...]
    of: Callable[[View, int | None], Mapping[str, T]]  # by results up to an age; None is any age
    max_age_ms: int
    reach_ms: int = 0  # how far `of` looks back over vital signs


def counting(
    view: View, features: Features[T], enough: Callable[[Collection[str]], bool]
) -> Mapping[str, T]:
    """Give the features that count, by signal; none where they are not enough (DEC-35).

    One counts while its result is young, and afterwards where it was young while enough held, for
    as long as there were enough ever since: a result that was old before says nothing new. Where
    results from so long ago are no longer kept, what the alert said then stands.
    The results alone are looked at: a view of the past has no course.
    """
    now = features.of(view, None)
    if not enough(now):
        return {}
    young = features.of(view, features.max_age_ms)
    seen = set(young)  # while one thing after another spoke of it
    held = set(young) if enough(young) else set()
    if held >= now.keys():
        return now  # as nearly always
    kept_ms = _kept_from_ms(view, features.reach_ms)
    for moment_ms in _moments(view, features.signals, kept_ms):
        then = as_of(view, moment_ms)
        if not enough(features.of(then, None)):
            break
        young = features.of(then, features.max_age_ms)
        seen |= young.keys()
        if enough(young):
            held |= seen
        if held >= now.keys():
            break
    else:
        if said := _said(view, features.rule, kept_ms):
            held |= seen | {name for name in now if name.rpartition(":")[2] in said}
    left = {name: each for name, each in now.items() if name in held}
    return left if enough(left) else {}


def _kept_from_ms(view: View, reach_ms: int) -> int:
    """Find from when on it is surely known what held at a moment."""
    patient = view.patient
    # A moment of the past is looked at now, and what is forgotten by now is missing then.
    kept_ms = max(view.at_ms, patient.changed_ms) - KEPT_MS
    signs_ms = patient.before.at_ms
    return kept_ms if signs_ms is None else max(kept_ms, signs_ms + reach_ms)


def _moments(view: View, signals: Iterable[Signal[Any]], from_ms: int) -> list[int]:
    """Name the moments at which something was measured, the newest first, and the last to see."""
    measured = {
        each.effective_ms
        for signal in signals
        for each in since(view.readings(signal), from_ms)
        if each.effective_ms <= view.at_ms
    }
    return sorted(measured | {min(from_ms, view.at_ms)}, reverse=True)


def _said(view: View, rule: str, kept_ms: int) -> frozenset[str]:
    """Name what the open alert of a rule goes by; nothing where it was first raised since then."""
    patient = view.patient
    numbers = 0, *(episode.number for episode in patient.episodes)
    told = [each for number in numbers if (each := patient.told(rule, number)) is not None]
    if min((each.since_ms for each in told), default=kept_ms) > kept_ms:
        return frozenset()
    return frozenset(one["signal"] for each in told if each.is_open for one in each.because)
