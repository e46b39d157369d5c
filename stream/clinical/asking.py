"""After each record, and when something falls due: which rules are asked, and what they tell.

Only rules that a changed signal can reach are asked, and of a signal that stays at its level only
those that depend on each reading; all of them where an episode or a stay begins or ends, where the
watch does, and when something falls due but that a silence may have begun.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from stream.clinical import lifecycle
from stream.clinical.closing import closes_at
from stream.clinical.course import with_episodes
from stream.clinical.levels import Level, still
from stream.clinical.lifecycle import Occasion
from stream.clinical.observe import turns_ms, with_stay
from stream.clinical.patient import Patient, Told, key_of_alert
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.redosed import DOSED_BY, is_redosed
from stream.clinical.rules import refused, silence
from stream.clinical.rules.register import BY_NAME, RULES, levels_of, reached_by
from stream.clinical.rules.rule import Bound, Rule, Verdict
from stream.clinical.rules.unattributed_deterioration import awaited_in_words
from stream.clinical.series import since
from stream.clinical.signals import DEATH_CAUSES, INFUSED_AT, WATCH_END
from stream.clinical.view import View
from topics.alerts import Alert
from topics.reserved import is_made_up

COURSE: Final = "course"  # wakes when the episode closes
STAY: Final = "stay"  # wakes when a planned stay comes near, and when it begins
LATER: Final = "later"  # wakes when all that was told of this moment is known
NONE: Final[frozenset[str]] = frozenset()
TURNING: Final = frozenset({INFUSED_AT.name, WATCH_END.name, refused.DOUBTS})
WHY_BY_END: Final = MappingProxyType(
    {"discharge": "The patient was discharged", "death": "The patient has died"}
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is new, and at what time. With `changed` None every rule is asked."""

    at_ms: int  # as the alerts say it
    now_ms: int  # never before a time at which the patient was looked at already
    changed: frozenset[str] | None = None  # names of signals
    from_ms: int | None = None  # the moment that a record speaks of
    looks_back: bool = False
    known: Patient | None = None  # the patient before the record, where one came


@dataclass(frozen=True, slots=True)
class Clinic:
    """How it is managed and paged here."""

    management: ManagementProfile
    paging_policy: str


def ask(patient: Patient, question: Question, clinic: Clinic) -> tuple[Patient, list[Alert]]:
    """Ask the rules; return the patient with what was told, and the lines to tell."""
    if _may_not_be_all(patient, question):
        wakes = {**patient.wakes, LATER: question.now_ms}
        return patient._replace(changed_ms=question.now_ms, wakes=wakes), []
    rules = _reached(patient, question)
    if rules == () and _goes_on(patient, question):
        return _looked_at(patient, question.now_ms), []
    before, now_ms = patient, question.now_ms
    patient = with_episodes(with_stay(patient, now_ms), now_ms)
    from_ms = question.at_ms if question.from_ms is None else question.from_ms
    changed = question.changed
    occasion = Occasion(
        question.at_ms,
        from_ms,
        changed or NONE,
        question.looks_back,
        clinic.paging_policy,
        _before_doses(question, patient, clinic),
    )
    # Of a probe nothing follows, and how long it takes is measured.
    waits = not is_made_up(patient.patient_id) and _may_go_on(patient, question)
    asking = _Asking(View(patient, now_ms, clinic.management), occasion, waits=waits)
    if rules is None or _turned(before, patient):
        asking.ask_all()
    else:
        asking.ask_some(rules)
    patient = patient._replace(
        alerts=asking.alerts, wakes=asking.wakes, changed_ms=now_ms, asked_ms=now_ms
    )
    return patient, asking.lines


def watch_ended_by(view: View) -> str | None:
    """Tell what ended the watch of this stay, None while it goes on."""
    patient = view.patient.without_plan()  # whoever goes home before the infusion has gone too
    ends = since(patient.readings(WATCH_END), patient.stay_from_ms)
    return ends[-1].value if ends else None


class _Asking:
    """The rules asked about one view: what was told, what is to be told, when to ask again."""

    def __init__(self, view: View, occasion: Occasion, *, waits: bool) -> None:
        self._view = view
        self._occasion = occasion
        self._waits = waits  # others of this moment may follow
        self._over = watch_ended_by(view)
        self._number = 0 if view.episode is None else view.episode.number
        self.alerts: dict[str, Told] = dict(view.patient.alerts)
        self.wakes: dict[str, int] = dict(view.patient.wakes)
        self.lines: list[Alert] = []

    def ask_all(self) -> None:
        """Ask every rule; where the watch or a stay is over, end what is open of it."""
        self.wakes.clear()
        if self._over is not None:
            self._end(lambda _: True, _why_over(self._view, self._over), may_retract=False)
            return
        stay = self._view.patient.stay
        self._end(lambda told: told.stay != stay, "A new stay has begun.", may_retract=False)
        if (planned_ms := self._view.patient.planned_ms) is not None:
            why = f"{awaited_in_words(planned_ms)}."
            self._end(lambda told: not BY_NAME[told.rule].before_infusion, why)
        self._end_former_episodes()
        for rule in RULES:
            self._ask(rule)
        self._wake_for_time()

    def ask_some(self, rules: tuple[Rule, ...]) -> None:
        """Ask these rules."""
        if self._over is not None:
            return
        for rule in rules:
            self._ask(rule)
        self._wake_for_time()

    def _ask(self, rule: Rule) -> None:
        if self._view.patient.planned_ms is not None and not rule.before_infusion:
            return
        verdict = rule.judge(self._view)
        number = self._number if rule.bound is Bound.EPISODE else 0
        identity = key_of_alert(rule.name, self._view.patient.stay, number)
        told = self.alerts.get(identity)
        is_open = told is not None and told.is_open
        if verdict.finding is not None and not is_open and rule.settles and self._waits:
            self.wakes[LATER] = self._view.at_ms
        elif verdict.finding is not None or is_open:
            name = lifecycle.Name(rule, number, identity)
            line = lifecycle.tell(self._view, self.alerts, name, verdict, self._occasion)
            if line is not None:
                self.lines.append(line)
            told = self.alerts.get(identity)
        repeat_ms = told.repeat_ms if told is not None and told.is_open else None
        self._wake(rule.name, verdict.wake_ms, repeat_ms)

    def _end_former_episodes(self) -> None:
        """End what belongs to an episode that is over, and to none where one has begun."""
        number = self._number
        self._end(
            lambda told: told.episode != number and BY_NAME[told.rule].bound is Bound.EPISODE,
            "The episode is over." if number == 0 else "An episode has begun.",
        )

    def _end(self, fits: Callable[[Told], bool], why: str, *, may_retract: bool = True) -> None:
        over = Verdict(None, ending=why)
        for identity in [key for key, told in self.alerts.items() if told.is_open and fits(told)]:
            line = lifecycle.end(
                self._view, self.alerts, identity, self._occasion, over, may_retract=may_retract
            )
            self.lines.append(line)

    def _wake_for_time(self) -> None:
        view = self._view
        self._wake(COURSE, closes_at(view.course))
        self._wake(STAY, *turns_ms(view.patient, view.at_ms))

    def _wake(self, name: str, *times_ms: int | None) -> None:
        first_ms, now_ms = None, self._view.at_ms
        for at_ms in times_ms:  # plainly: it is asked for each rule
            if at_ms is not None and at_ms > now_ms and (first_ms is None or at_ms < first_ms):
                first_ms = at_ms
        if first_ms is not None:
            self.wakes[name] = first_ms
        else:
            self.wakes.pop(name, None)


def _may_not_be_all(patient: Patient, question: Question) -> bool:
    """Tell whether something falls due at the very moment of a record.

    Others of that moment may follow, and all of them come before what falls due (CONTRACT, Time):
    the next tick asks, or the next record of a later moment.
    """
    now_ms = question.now_ms
    if patient.due_ms != now_ms or not _may_go_on(patient, question):
        return False
    if _is_redosed(question, patient):
        return False  # what was told before the record is compared now or never
    return any(at_ms == now_ms for name, at_ms in patient.wakes.items() if name != LATER)


def _may_go_on(patient: Patient, question: Question) -> bool:
    """Tell whether a record speaks of its own moment, of which others may follow.

    Not where something waits for them already since an earlier moment: that one is over, and a
    device whose clock is ahead would put it off from record to record.
    """
    changed = question.changed
    if changed is None or question.looks_back or not changed.isdisjoint(TURNING):
        return False
    return patient.wakes.get(LATER, question.now_ms) == question.now_ms


def _reached(patient: Patient, question: Question) -> tuple[Rule, ...] | None:
    """Name the rules that what changed can reach; None is all of them."""
    changed, known, due_ms = question.changed, question.known, patient.due_ms
    if changed is None:
        due = {name for name, at_ms in patient.wakes.items() if at_ms <= question.now_ms}
        # It wakes every few hours though all is well, to see that all goes on coming.
        return (silence.RULE,) if due == {silence.NAME} else None
    if WATCH_END.name in changed or (LATER in patient.wakes and not _may_go_on(patient, question)):
        return None
    if _is_redosed(question, patient):
        return None
    same: frozenset[Level[Any]] = frozenset()
    from_ms, nothing_due = question.from_ms, due_ms is None or due_ms > question.now_ms
    if known is not None and from_ms is not None and nothing_due and _keeps_since(patient, from_ms):
        same = still(known, patient, levels_of(changed), from_ms)
    if silence.is_open(patient):
        same -= frozenset(silence.COMES)  # any reading of them may end it
    rules = reached_by(changed, same)
    return (*rules, refused.UNIT, refused.RANGE) if refused.DOUBTS in changed else rules


def _is_redosed(question: Question, patient: Patient) -> bool:
    known, changed = question.known, question.changed
    if known is None or changed is None or changed.isdisjoint(DOSED_BY):
        return False  # as nearly always
    return is_redosed(known, patient, changed)


def _before_doses(question: Question, patient: Patient, clinic: Clinic) -> View | None:
    """Give the view from before a record where doses may be others since."""
    if question.known is None or not _is_redosed(question, patient):
        return None
    return View(question.known, question.now_ms, clinic.management)


def _keeps_since(patient: Patient, from_ms: int) -> bool:
    """Tell whether what is known of a moment can't move back since when an alert has been true.

    A device's readings come minutes late: few of them are newer than the last answer.
    """
    if from_ms >= patient.asked_ms:
        return True
    return all(told.since_ms <= from_ms for told in patient.alerts.values() if told.is_open)


def _goes_on(patient: Patient, question: Question) -> bool:
    """Tell whether stay and episode go on as they did, and nothing is due."""
    known, changed, course = question.known, question.changed, patient.course
    if known is None or changed is None or not changed.isdisjoint(TURNING):
        return False
    if WATCH_END.name in patient.series:
        return False
    closes_ms, due_ms = closes_at(course), patient.due_ms
    return (
        course.onset_ms == known.course.onset_ms
        and course.closed == known.course.closed
        and (closes_ms is None or closes_ms > question.now_ms)
        and (due_ms is None or due_ms > question.now_ms)
    )


def _looked_at(patient: Patient, now_ms: int) -> Patient:
    """Note the time, and when the episode closes now."""
    closes_ms = closes_at(patient.course)
    if patient.wakes.get(COURSE) == closes_ms:
        return patient._replace(changed_ms=now_ms)
    wakes = {name: at_ms for name, at_ms in patient.wakes.items() if name != COURSE}
    if closes_ms is not None:
        wakes[COURSE] = closes_ms
    return patient._replace(changed_ms=now_ms, wakes=wakes)


def _why_over(view: View, end: str) -> str:
    causes = view.latest(DEATH_CAUSES) if end == "death" else None
    if causes is None or not causes.value:
        return f"{WHY_BY_END[end]}."
    return f"{WHY_BY_END[end]}, of {' and '.join(each.upper() for each in causes.value)}."


def _turned(before: Patient, after: Patient) -> bool:
    """Tell whether a stay or an episode began or ended, or began earlier than was known."""
    if before.stay != after.stay or before.stay_from_ms != after.stay_from_ms:
        return True
    return before.episodes != after.episodes
