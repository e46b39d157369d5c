"""After each record, and when something falls due: which rules are asked, and what they have to say.

Only rules that a changed signal can reach are asked; all of them where an episode or a stay begins or
ends, and when something falls due.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from stream.clinical import lifecycle
from stream.clinical.course import closes_at, numbered, settled
from stream.clinical.lifecycle import Occasion
from stream.clinical.observe import begins_next_ms, with_stay
from stream.clinical.patient import Patient, Told
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.rules import refused
from stream.clinical.rules.register import RULES, reached_by
from stream.clinical.rules.rule import Bound, Rule
from stream.clinical.series import since
from stream.clinical.signals import WATCH_END
from stream.clinical.view import View
from topics.alerts import Alert

COURSE: Final = "course"  # wakes when the episode closes
STAY: Final = "stay"  # wakes when a planned stay begins
WHY_BY_END: Final = {"discharge": "The patient was discharged.", "death": "The patient has died."}


@dataclass(frozen=True, slots=True)
class Question:
    """What is new, and at what time. With `changed` None every rule is asked."""

    at_ms: int  # as the alerts say it
    now_ms: int  # never before a time at which the patient was looked at already
    changed: frozenset[str] | None = None  # names of signals
    from_ms: int | None = None  # the moment that a record speaks of
    looks_back: bool = False


@dataclass(frozen=True, slots=True)
class Clinic:
    """How it is managed and paged here."""

    management: ManagementProfile
    paging_policy: str


def ask(patient: Patient, question: Question, clinic: Clinic) -> tuple[Patient, list[Alert]]:
    """Ask the rules; return the patient with what was told, and the lines to tell."""
    before = patient
    patient = with_stay(patient, question.now_ms)
    course = settled(patient.course, question.now_ms)
    episodes = numbered(patient.episodes, course)
    patient = replace(patient, episodes=episodes)
    view = View(patient, question.now_ms, clinic.management)
    from_ms = question.at_ms if question.from_ms is None else question.from_ms
    occasion = Occasion(question.at_ms, from_ms, question.looks_back, clinic.paging_policy)
    alerts = dict(patient.alerts)
    if (over := watch_ended_by(view)) is not None:
        lines = _end_all(view, alerts, alerts, occasion, WHY_BY_END[over])
        wakes: dict[str, int] = {}
    else:
        everything = question.changed is None or _turned(before, patient)
        rules = RULES if everything else _reached(question.changed or frozenset())
        former = [key for key, told in alerts.items() if told.stay != patient.stay]
        lines = _end_all(view, alerts, former, occasion, "A new stay has begun.")
        wakes = {} if everything else dict(patient.wakes)
        for rule in rules:
            lines += _ask_one(view, alerts, wakes, rule, occasion)
        _wake_for_time(view, wakes, question.now_ms)
    return replace(patient, alerts=alerts, wakes=wakes, changed_ms=question.now_ms), lines


def watch_ended_by(view: View) -> str | None:
    """Tell what ended the watch of this stay, None while it goes on."""
    ends = since(view.patient.readings(WATCH_END), view.patient.stay_from_ms)
    return ends[-1].value if ends else None


def _reached(changed: frozenset[str]) -> tuple[Rule, ...]:
    doubted = (refused.UNIT, refused.RANGE) if refused.DOUBTS in changed else ()
    return reached_by(changed) + doubted


def _turned(before: Patient, after: Patient) -> bool:
    """Tell whether a stay or an episode began or ended, or the watch did."""
    return (
        before.stay != after.stay
        or before.stay_from_ms != after.stay_from_ms
        or [(each.number, each.closed_ms) for each in before.episodes]
        != [(each.number, each.closed_ms) for each in after.episodes]
    )


def _ask_one(
    view: View, alerts: dict[str, Told], wakes: dict[str, int], rule: Rule, occasion: Occasion
) -> list[Alert]:
    verdict = rule.judge(view)
    lines: list[Alert] = []
    if rule.bound is Bound.EPISODE:
        number = view.episode.number if view.episode else 0
        former = [
            key
            for key, told in alerts.items()
            if told.rule == rule.name and told.episode != number and told.stay == view.patient.stay
        ]
        lines += _end_all(view, alerts, former, occasion, "The episode is over.")
    if (line := lifecycle.tell(view, alerts, rule, verdict, occasion)) is not None:
        lines.append(line)
    times = [verdict.wake_ms, _repeats_at(view, alerts, rule)]
    due = [each for each in times if each is not None and each > view.at_ms]
    wakes.pop(rule.name, None)
    if due:
        wakes[rule.name] = min(due)
    return lines


def _repeats_at(view: View, alerts: dict[str, Told], rule: Rule) -> int | None:
    repeats = [
        told.repeat_ms
        for told in alerts.values()
        if told.rule == rule.name and told.is_open and told.repeat_ms is not None
    ]
    return min(repeats, default=None)


def _end_all(
    view: View, alerts: dict[str, Told], keys: Iterable[str], occasion: Occasion, why: str
) -> list[Alert]:
    return [
        lifecycle.end(view, alerts, key, occasion, why) for key in list(keys) if alerts[key].is_open
    ]


def _wake_for_time(view: View, wakes: dict[str, int], now_ms: int) -> None:
    for name, at_ms in (
        (COURSE, closes_at(view.course)),
        (STAY, begins_next_ms(view.patient, now_ms)),
    ):
        wakes.pop(name, None)
        if at_ms is not None and at_ms > now_ms:
            wakes[name] = at_ms
