"""Whether a steroid that was given is the answer to what is advised for a grade.

Any dose is for 6 hours. One that is charted as one of every so many hours is for as long, at most
24, and 12 if it is small; so is, without that, one of a drug and an amount that the profile has
given less often than every 6 hours, at first or by a step of its taper. But after 6 hours none is
any more under a policy by which the grade is higher than it was at the dose, or at some time since:
it was given for a milder illness. What a profile gives once, or twice at most, is not asked for
once more.
Source: CLINICAL.md §1.3 (review lines 85 to 97), §1.11, §4.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from stream.clinical.levels import Level
from stream.clinical.patient import Patient
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.policies.regimen import Regimen
from stream.clinical.policies.regimen import in_words as regimens_in_words
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.icans_up import ICANS_INPUTS
from stream.clinical.series import Series, place_at
from stream.clinical.signals import Signal
from stream.clinical.steroids import COVERED_MS, Given, doses_of
from stream.clinical.tapering import least_mg_at, step_now
from stream.clinical.times import DAY_MS, HOUR_MS, in_words
from stream.clinical.view import View

# Of what a profile gives once a day this is the least, as dexamethasone. Prednisone 5 mg a day,
# which many take for something else, is no answer for a day.
DAY_LEAST_MG: Final = 10.0
SMALL_MS: Final = 12 * HOUR_MS


class Illness:
    """What has a grade, and what that depends on.

    The grades of the past are kept while nothing becomes known: they are asked for again and again
    where it is looked back whether an alert held.
    """

    def __init__(
        self,
        inputs: tuple[Signal[Any] | Level[Any], ...],
        grades: Callable[[View], Mapping[str, int]],
        begun_ms: Callable[[View], int | None],
    ) -> None:
        self.inputs = inputs
        self.grades = grades  # proven, by policy
        self.begun_ms = begun_ms  # since when it may be the same illness; None: it is not
        self._of: tuple[Patient, ManagementProfile, tuple[int | None, ...]] | None = None
        self._past: dict[int, Mapping[str, int]] = {}

    def grades_at(self, view: View, at_ms: int) -> Mapping[str, int]:
        """Give the grades at a moment since the illness began, by all that is known now."""
        course = view.course  # of it no more is asked
        of = view.patient, view.management, (course.onset_ms, course.masked_ms)
        known = self._of
        if known is None or known[0] is not of[0] or known[1] is not of[1] or known[2] != of[2]:
            self._of, self._past = of, {}
        if at_ms not in self._past:
            then = View(view.patient, at_ms, view.management, until_ms=at_ms, course=view.course)
            self._past[at_ms] = self.grades(then)
        return self._past[at_ms]


class Answers(NamedTuple):
    """The doses that are one, by policy, and when the next of them may be none any more."""

    by_policy: Mapping[str, Given]
    turns_ms: int | None

    def in_words(self) -> str:
        """Say what was given."""
        newest = max(self.by_policy.values(), key=lambda each: each.at_ms)
        return f"{newest.drug.capitalize()} was given."


CRS: Final = Illness(
    GRADE_INPUTS,
    lambda view: {name: grade.lowest for name, grade in view.crs.items()},
    lambda view: view.course.ill_from_ms,
)
ICANS: Final = Illness(
    ICANS_INPUTS,
    lambda view: {name: each.grade.lowest for name, each in view.icans.items()},
    lambda view: view.patient.stay_from_ms or 0,
)


def answers_of(view: View, illness: Illness, regimens: tuple[Regimen, ...]) -> Answers:
    """Find the newest dose that answers what is advised, under each policy by itself."""
    doses = [each for each in doses_of(view) if each.at_ms + DAY_MS >= view.at_ms]
    found: dict[str, Given] = {}
    turns_ms: list[int] = []
    now, begun_ms = illness.grades(view), illness.begun_ms(view)
    for dose in reversed(doses):
        soon_ms, late_ms = dose.at_ms + COVERED_MS, _covers_until_ms(view, dose, regimens)
        turns_ms += [each + 1 for each in (soon_ms, late_ms) if each >= view.at_ms]
        held: Iterable[str] = ()
        if view.at_ms <= soon_ms:
            held = now
        elif view.at_ms <= late_ms and begun_ms is not None and begun_ms <= dose.at_ms:
            lowest = _lowest_since(view, illness, dose.at_ms)
            held = [name for name, grade in now.items() if lowest[name] >= grade]
        found = {**dict.fromkeys(held, dose), **found}
        if len(found) == len(now):
            break
    return Answers(found, min(turns_ms, default=None))


def is_given_in_full(view: View, regimens: tuple[Regimen, ...], from_ms: int) -> bool:
    """Tell whether one of some regimens was given since a moment as often as it is at most."""
    doses = [dose for dose in doses_of(view) if dose.at_ms >= from_ms]
    return any(
        sum(_is_of(view, dose, each) for dose in doses) >= each.most_doses
        for each in regimens
        if each.most_doses is not None
    )


def at_their_steps(
    view: View, illness: Illness, regimens: tuple[Regimen, ...], grades: Mapping[str, int]
) -> tuple[Regimen, ...]:
    """Give regimens from the step of their taper that is due.

    Where a grade that asks is higher than it was since the last dose, the full dose is due again.
    """
    return tuple(_at_its_step(view, illness, each, grades) for each in regimens)


def last_in_words(view: View) -> str:
    """Name the last steroid of 24 hours, where one is asked for all the same."""
    last = doses_of(view)[-1:]
    if not last or last[0].at_ms + DAY_MS < view.at_ms:
        return ""
    given = evidence.of_steroid("steroid", last[0])
    return f"Last given: {given.value}, {in_words(last[0].at_ms)}."


def given_in_words(view: View, regimens: tuple[Regimen, ...], how: str = "Give") -> list[str]:
    """Say what to give, one of some regimens."""
    known = any(each.mg is not None or each.mg_kg is not None for each in regimens)
    return [
        f"{how} {regimens_in_words(regimens, view.weight_kg)}.",
        texts.adult_doses(view) if known else "",
    ]


def _covers_until_ms(view: View, dose: Given, regimens: tuple[Regimen, ...]) -> int:
    if dose.interval_ms is not None and dose.dexamethasone_mg < DAY_LEAST_MG:
        return min(dose.covers_until_ms, dose.at_ms + SMALL_MS)
    if dose.interval_ms is not None or dose.is_part or dose.mg is None:
        return dose.covers_until_ms
    spans_ms = [
        each.every_h * HOUR_MS
        for each in regimens
        if each.every_h is not None and _is_of(view, dose, each)
    ]
    return dose.at_ms + max([COVERED_MS, *spans_ms])


def _is_of(view: View, dose: Given, regimen: Regimen) -> bool:
    """Tell whether a dose is of the drug, and of the least amount at least."""
    if dose.drug != regimen.drug or dose.mg is None:
        return False
    least_mg = least_mg_at(view, regimen, dose.at_ms)
    return least_mg is not None and dose.mg >= least_mg


def _at_its_step(
    view: View, illness: Illness, regimen: Regimen, grades: Mapping[str, int]
) -> Regimen:
    step = step_now(view, regimen)
    if step is None:
        return regimen
    last_ms = max(dose.at_ms for dose in doses_of(view) if dose.drug == regimen.drug)
    lowest = _lowest_since(view, illness, last_ms)
    if any(lowest[name] < grade for name, grade in grades.items()):
        return regimen
    return regimen.at_step(step.number, in_words(step.from_ms))


def _lowest_since(view: View, illness: Illness, from_ms: int) -> Mapping[str, int]:
    """Give the lowest grades at a moment and at each since at which they may have been others."""
    lowest = illness.grades(view)
    for at_ms in sorted({from_ms, *_moments(view, illness, from_ms)}):
        grades = illness.grades_at(view, at_ms)
        lowest = {name: min(grade, grades[name]) for name, grade in lowest.items()}
    return lowest


def _moments(view: View, illness: Illness, from_ms: int) -> Iterator[int]:
    """Name the moments since one at which something was said; of a level, each turn."""
    for each in illness.inputs:
        readings = view.every(each.signal if isinstance(each, Level) else each)
        for place in range(place_at(readings, from_ms), len(readings)):
            if not isinstance(each, Level) or _turns(view, each, readings, place):
                yield readings[place].effective_ms


def _turns(view: View, level: Level[Any], readings: Series, place: int) -> bool:
    if not place:
        return True
    before, now = readings[place - 1].value, readings[place].value
    return before != now and level.of(before, view.age_years) != level.of(now, view.age_years)
