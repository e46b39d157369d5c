"""Whether a rule held at some moment in the past, by all that is known now.

The rule is asked about the patient as of that moment: with what was true by then, whenever it was
told. So no rule has to say anything about its own past.
"""

from collections.abc import Iterator
from itertools import pairwise

from stream.clinical.course import trail_since
from stream.clinical.rules.rule import Rule, Verdict
from stream.clinical.series import since
from stream.clinical.view import View


def held_all_the_time(view: View, rule: Rule, from_ms: int, until_ms: int) -> bool:
    """Tell whether a rule held at a moment and at each from then until another, that one left out.

    What held before, and then did not for a while, is not what holds since.
    """
    past = _Past(view, from_ms)
    return all(
        verdict.finding is not None
        for moment_ms, next_ms in pairwise([*_moments(view, rule, from_ms, until_ms), until_ms])
        for verdict in _verdicts(past, rule, moment_ms, next_ms)
    )


def held_since(view: View, rule: Rule, since_ms: int) -> bool:
    """Tell whether a rule held at any moment from then until now, by what is known now.

    It is asked at each moment at which something that it depends on was measured or given, and at
    each at which it wants to be asked though nothing happens. Where single readings from so long
    ago are no longer kept, and it does not go by what is kept for the stay, what was said then
    stands.
    """
    patient, now_ms = view.patient, view.at_ms
    kept_from_ms = patient.before.at_ms
    if not rule.lasting and kept_from_ms is not None and since_ms <= kept_from_ms:
        return True
    past = _Past(view, since_ms)
    return any(
        verdict.finding is not None
        for moment_ms, next_ms in pairwise([*_moments(view, rule, since_ms, now_ms), now_ms])
        for verdict in _verdicts(past, rule, moment_ms, next_ms)
    )


def _moments(view: View, rule: Rule, from_ms: int, until_ms: int) -> list[int]:
    """Name a moment, and each until another at which a rule may have begun or ceased to hold.

    That is where something was said that it depends on, and where an episode closed.
    """
    said = [
        reading.effective_ms
        for signal in rule.inputs
        for reading in since(view.patient.series.get(signal.name, ()), from_ms)
    ]
    closed = [close_ms for _, close_ms in view.course.closed]
    return sorted({from_ms, *(each for each in said + closed if from_ms <= each < until_ms)})


def _verdicts(past: "_Past", rule: Rule, moment_ms: int, end_ms: int) -> Iterator[Verdict]:
    """Ask at a moment, and then whenever the rule wants to be asked, until the end."""
    at_ms: int | None = moment_ms
    while at_ms is not None:
        verdict = past.verdict(rule, at_ms)
        yield verdict
        wake_ms = verdict.wake_ms
        at_ms = wake_ms if wake_ms is not None and at_ms < wake_ms < end_ms else None


class _Past:
    """The patient of a view, as of any moment since one."""

    def __init__(self, view: View, from_ms: int) -> None:
        self._view = view
        self._trail = trail_since(view.patient, from_ms)

    def verdict(self, rule: Rule, at_ms: int) -> Verdict:
        """Ask a rule about that moment."""
        course = self._trail.at(at_ms)
        view = self._view
        then = View(view.patient, at_ms, view.management, until_ms=at_ms, course=course)
        return rule.judge(then)
