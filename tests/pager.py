"""Alert lines, answers and tries for tests of the pager, and one alert to try them on."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from builders import NOON, PATIENT_ID

from alerts.built_in import through
from alerts.decide import decide
from alerts.life import Happening, Life, Send, Stage
from alerts.outcomes import depart
from alerts.policy import Policy
from topics.acks import Ack, AckAction
from topics.alerts import Alert, AlertState, Because, Grade, Priority, alert_id
from topics.base import epoch_ms
from topics.pages import Outcome, PageLine
from topics.ticks import Tick

REVIEW: Final = "manikath-2025"
CONSENSUS: Final = "astct-2019"
CONSOLE: Final = Policy(through("console"))

Sends = tuple[Send, ...]

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def line(revision: int = 1, state: str = "raised", priority: str = "P2", **fields: Any) -> Alert:
    """Build a line of TOCI-IND at NOON: the same priority and grade under both policies."""
    grade = fields.pop("grade", 2)
    rule = fields.setdefault("rule", "TOCI-IND")
    signals = fields.pop("signals", ("systolic_mmhg",))
    said: dict[str, Any] = {
        "at": NOON,
        "patient_id": PATIENT_ID,
        "alert_id": alert_id(PATIENT_ID, 1, rule, 1),
        "revision": revision,
        "priority": Priority(priority),
        "state": AlertState(state),
        "priorities": {REVIEW: Priority(priority), CONSENSUS: Priority(priority)},
        "management": REVIEW,
        "because": tuple(because(signal) for signal in signals),
        "advice": "Give tocilizumab now.",
        "source": "review-2025 L73",
        "crs": {REVIEW: graded(grade), CONSENSUS: graded(grade)},
        "day": 3,
        "unit": "5 West",
        "bed": "12",
        "episode": 1,
        "stay": 1,
    }
    return Alert(**said | fields)


def because(
    signal: str = "systolic_mmhg", value: float | str | None = 86.0, **fields: Any
) -> Because:
    """Build a reading of five minutes ago."""
    said: dict[str, Any] = {
        "unit": "mm[Hg]",
        "effective_at": NOON - 5 * MINUTE,
        "event_id": "v1",
    }
    return Because(signal=signal, value=value, **said | fields)


def graded(lowest: int, highest: int | None = None) -> Grade:
    """Build a grade; without `highest` all is known."""
    return Grade(lowest=lowest, highest=lowest if highest is None else highest)


def answer(action: str = "acknowledge", event_id: str = "a1", **fields: Any) -> Ack:
    """Build an answer, given months after the times in the lines, as in a replay of old cases."""
    said: dict[str, Any] = {
        "kind": "ack",
        "event_id": event_id,
        "patient_id": PATIENT_ID,
        "effective_at": NOON + 200 * DAY,
        "source": "stormwatch-ack",
        "alert_id": line().alert_id,
        "action": AckAction(action),
        "by": "Nurse Joy",
    }
    return Ack(**said | fields)


def tried(send: Send, outcome: Outcome, life: Life, attempt: int | None = None) -> PageLine:
    """Build the line that says how a try ended, written at some time of some machine."""
    return PageLine(
        page_id=send.page_id,
        patient_id=life.line.patient_id,
        alert_id=life.line.alert_id,
        revision=life.line.revision,
        at=NOON + 200 * DAY,
        target=send.address.target,
        tier=send.tier,
        sink=send.address.sink,
        attempt=send.attempt if attempt is None else attempt,
        outcome=outcome,
    )


class Case:
    """One alert and what happens to it. Every method returns the pages that are to be tried."""

    def __init__(self, policy: Policy = CONSOLE, clock: datetime = NOON) -> None:
        self.policy, self.clock = policy, clock
        self.life: Life | None = None

    @property
    def known(self) -> Life:
        """The alert, which must be known."""
        assert self.life is not None
        return self.life

    def take(self, what: Alert | Ack | PageLine | Tick) -> Sends:
        """Let something happen at the time of the clock."""
        happening = Happening(what, epoch_ms(self.clock), epoch_ms(self.clock))
        self.life, sends = decide(self.life, happening, self.policy)
        return sends

    def hears(self, *lines: Alert) -> Sends:
        """Take lines; return the pages of the last one."""
        return [self.take(each) for each in lines][-1]

    def answers(self, action: str = "acknowledge", event_id: str = "a1", **fields: Any) -> Sends:
        """Take an answer."""
        return self.take(answer(action, event_id, **fields))

    def waits(self, length: timedelta) -> Sends:
        """Take the tick after so much time."""
        self.clock += length
        return self.take(Tick(at=self.clock))

    def departs(self) -> Sends:
        """Let every page that is queued leave; return what left."""
        left = tuple(send for send in self.known.sends if send.stage is Stage.QUEUED)
        for send in left:
            self.life = depart(self.known, send)
        return left

    def tries(self, outcome: Outcome = Outcome.SENT) -> Sends:
        """Let every page that is queued leave, and read back how that ended; return what left."""
        left = self.departs()
        for send in left:
            self.take(tried(send, outcome, self.known))
        return left

    def tells(self, *lines: Alert) -> Sends:
        """Take lines, with every page of theirs sent."""
        return [(self.hears(each), self.tries())[0] for each in lines][-1]


def shown(sends: Sends) -> list[str]:
    """Write pages shortly: `primary_team/raised`."""
    return sorted(f"{send.address.target}/{send.reason}" for send in sends)


def through_two_sinks() -> Policy:
    """Page through the console and a webhook."""
    return replace(CONSOLE, routing=through("console", "webhook"))
