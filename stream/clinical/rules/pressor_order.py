"""PRESSOR-ORDER: a vasopressor that is not the next in line, or runs at an unusual rate.

First norepinephrine, then vasopressin at 0.03 to 0.04 units/min, both limits included, then
epinephrine or phenylephrine; the rates are those of adults, and a child's page says so. An agent is
out of line while one that comes before it neither runs nor ran when it began: P3. Epinephrine at
the rate of an inotrope, for a heart that is weak or was when it began, is none of them: INOTROPE
advises it. Phenylephrine with an ejection fraction below 40 %: P2. A later rate that is right ends
it, or a stop, or 12 hours.
Source: CLINICAL.md §1.6 (review lines 224 to 232), §1.11, DEC-50; vector B18.
"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from stream.clinical.bedside import VASOPRESSOR_RATES
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.inotrope import epinephrine_in_words, is_of_inotrope
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.series import Reading
from stream.clinical.signals import LVEF, WEIGHT, Rate
from stream.clinical.vasopressors import CHECKED_MS, began, beside, checked_until_ms, units_min
from stream.clinical.view import View
from topics.alerts import Priority

FIRST, SECOND, INOTROPE = "norepinephrine", "vasopressin", "epinephrine"
BEFORE: Final = MappingProxyType(  # what comes before an agent
    {
        SECOND: (FIRST,),
        INOTROPE: (FIRST, SECOND),
        "phenylephrine": (FIRST, SECOND),
        "dopamine": (FIRST, SECOND),
        "angiotensin_ii": (FIRST, SECOND),
    }
)
VASOPRESSIN_UNITS_MIN: Final = (0.03, 0.04)  # both included
UNUSUAL: Final = "vasopressin rate"  # of vasopressin, outside of it
LINE: Final = (
    "norepinephrine comes first, then vasopressin at 0.03 to 0.04 units/min, then epinephrine or "
    "phenylephrine."
)


class Issue(NamedTuple):
    """Something that is wrong with an agent that runs, and until when that is said."""

    said: str
    because: tuple[Evidence, ...]
    until_ms: int
    priority: Priority = Priority.P3


def judge(view: View) -> Verdict:
    """Hold while an agent that runs fails a check."""
    issues = [each for each in _issues(view) if view.at_ms < each.until_ms]
    if not issues:
        return Verdict(None, None, "What runs is in line, has stopped, or was told 12 hours ago.")
    because = {each.signal: each for issue in issues for each in issue.because}
    finding = Finding(
        priorities=under_every_policy(
            max((each.priority for each in issues), key=lambda each: each.urgency)
        ),
        because=tuple(because.values()),
        advice=lambda: texts.joined(*(each.said for each in issues), texts.adult_doses(view)),
        source="review-2025 L224-226",
    )
    return Verdict(finding, min(each.until_ms for each in issues))


def _issues(view: View) -> Iterator[Issue]:
    for drug, running in view.vasopressors.items():
        shown, until_ms = (
            evidence.of_dose(_named(drug, running), running),
            checked_until_ms(running),
        )
        missing = [each for each in BEFORE.get(drug, ()) if each not in beside(view, drug)]
        if missing and not _is_inotrope(view, drug, running):
            name = drug.replace("_", " ").capitalize()
            said = f"{name} runs without {' and '.join(missing)}: {LINE}"
            yield Issue(said, (shown,), until_ms)
    yield from _unusual_vasopressin(view)
    yield from _phenylephrine_in_weakness(view)


def _is_inotrope(view: View, drug: str, running: Reading[Rate]) -> bool:
    """Tell whether an agent is given for a weak heart, and not as a vasopressor."""
    if drug != INOTROPE or not is_of_inotrope(running.value, view.weight_kg):
        return False
    began_ms, echos = began(view, drug).effective_ms, view.readings(LVEF)
    at_start = [each for each in echos if each.effective_ms <= began_ms]
    weak_percent = view.site.weak_heart_lvef_percent
    return any(each.value < weak_percent for each in (*at_start[-1:], *echos[-1:]))


def _named(drug: str, running: Reading[Rate]) -> str:
    """Name what runs; a rate that is wrong too is one more thing that is told."""
    return UNUSUAL if drug == SECOND and _unusual(running) is not None else drug


def _unusual(vasopressin: Reading[Rate]) -> float | None:
    """Give the rate in units/min where it is outside of its range."""
    lowest, highest = VASOPRESSIN_UNITS_MIN
    rate = units_min(vasopressin.value)
    return None if rate is None or lowest <= rate <= highest else rate


def _unusual_vasopressin(view: View) -> Iterator[Issue]:
    running = view.vasopressors.get(SECOND)
    rate = None if running is None else _unusual(running)
    if running is None or rate is None:
        return
    yield Issue(
        f"Vasopressin runs at {rate:g} units/min: 0.03 to 0.04 is usual.",
        (evidence.of_dose(UNUSUAL, running),),
        checked_until_ms(running),
    )


def _phenylephrine_in_weakness(view: View) -> Iterator[Issue]:
    running, echo = view.vasopressors.get("phenylephrine"), view.latest(LVEF)
    if running is None or echo is None or echo.value >= view.site.weak_heart_lvef_percent:
        return
    told_ms = max(echo.effective_ms, echo.recorded_ms)
    yield Issue(
        f"Phenylephrine with an ejection fraction of {echo.value:g} %: it may lower the output of "
        f"a weak heart. Replace it by {_instead(view)}.",
        (evidence.of_dose("phenylephrine", running), evidence.of_lvef(echo)),
        max(checked_until_ms(running), told_ms + CHECKED_MS),
        Priority.P2,
    )


def _instead(view: View) -> str:
    """Name what stands in for it in a weak heart: what comes first, then an inotrope."""
    if FIRST not in view.vasopressors:
        return FIRST
    more = f"more {FIRST}"
    if INOTROPE in view.vasopressors:
        return more
    return f"{more}, or {epinephrine_in_words(view.weight_kg)}"


RULE: Final = Rule(
    "PRESSOR-ORDER",
    Bound.EPISODE,
    (*(signal for _, signal in VASOPRESSOR_RATES), LVEF, WEIGHT),
    judge,
    settles=True,
)
