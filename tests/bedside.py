"""One patient's engine, for tests: events in, as a replay would take them, and what came of it."""

from datetime import datetime, timedelta
from typing import Any

from builders import PATIENT_ID, Fields, encoded, key_of, topic_of

from stream.clinical import state
from stream.clinical.asking import LATER
from stream.clinical.engine import Arrival, Engine, Outcome, Ward
from stream.clinical.patient import Patient
from stream.clinical.times import moment
from topics import codec, registry
from topics.alerts import Alert, AlertState
from topics.base import epoch_ms
from topics.codec import Decoded, Rejected
from topics.status import Status
from topics.ticks import Tick

ENDED = (AlertState.RESOLVED, AlertState.RETRACTED)


class Bedside:
    """A ward that remembers every alert line it told."""

    def __init__(self, *events: Fields, **options: Any) -> None:
        self.engine = Engine(**options)
        self.ward = Ward({})
        self.lines: list[Alert] = []
        self.refused: list[Rejected] = []
        self._offset = 0
        self.take(*events)

    def take(self, *events: Fields) -> list[Alert]:
        """Take events in this order, each after a tick; return the lines told.

        A tick stands behind them too, where something falls due in the moment of the last one.
        """
        before = len(self.lines)
        for fields in events:
            self._take(fields)
        if any(LATER in each.wakes for each in self.ward.patients.values()):
            self.tick(recorded_at(events[-1]))
        return self.lines[before:]

    def take_out_of_time(self, fields: Fields, at: datetime | None = None) -> Outcome:
        """Take one event without a tick before it, recorded when it says or at another time."""
        found = codec.decode(topic_of(fields), key_of(fields), encoded(fields))
        recorded = recorded_at(fields) if at is None else at
        arrival = Arrival(
            epoch_ms(recorded), topic_of(fields), self._offset, found, str(fields["patient_id"])
        )
        self._offset += 1
        return self._noted(self.engine.take(self.ward, arrival))

    def tick(self, at: datetime) -> list[Alert]:
        """Let the clock reach a time."""
        before = len(self.lines)
        arrival = Arrival(epoch_ms(at), registry.TICKS, 0, Decoded(Tick(at=at), (), b""), None)
        self._noted(self.engine.take(self.ward, arrival))
        return self.lines[before:]

    def _take(self, fields: Fields) -> None:
        self.tick(recorded_at(fields) - timedelta(milliseconds=1))
        self.take_out_of_time(fields)

    def _noted(self, outcome: Outcome) -> Outcome:
        self.lines += outcome.alerts
        self.refused += outcome.refused
        return outcome

    # What came of it

    @property
    def spoken(self) -> list[Alert]:
        """Every line, but for what falls due of everyone of whom nothing more is charted."""
        return [line for line in self.lines if line.rule not in ("ICE-DUE", "OPS-SILENCE")]

    @property
    def patient(self) -> Patient:
        """The state of the one patient."""
        return self.ward.patients[PATIENT_ID]

    def status(self, at: datetime) -> Status:
        """The status line at a time, after what falls due until then."""
        self.tick(at)
        return self.engine.status(self.patient, epoch_ms(at))

    def grades(self, at: datetime) -> tuple[int, int]:
        """The lowest grade under the review and under the consensus."""
        crs = self.status(at).crs
        assert crs is not None
        return crs["manikath-2025"].lowest, crs["astct-2019"].lowest

    def ranges(self, at: datetime) -> tuple[tuple[int, int], tuple[int, int]]:
        """The range of the grade under the review and under the consensus."""
        crs = self.status(at).crs
        assert crs is not None
        review, consensus = crs["manikath-2025"], crs["astct-2019"]
        return (review.lowest, review.highest), (consensus.lowest, consensus.highest)

    def all_ranges(self, at: datetime) -> dict[str, tuple[int, int]]:
        """The range of each grade: of CRS and of ICANS, under the review and the consensus."""
        status = self.status(at)
        assert status.crs is not None
        assert status.icans is not None
        return {
            f"{syndrome} {policy}": (grade.lowest, grade.highest)
            for syndrome, grades in (("crs", status.crs), ("icans", status.icans))
            for policy, grade in grades.items()
        }

    def told(self, rule: str) -> list[Alert]:
        """Every line of a rule."""
        return [line for line in self.lines if line.rule == rule]

    def states(self, rule: str) -> list[str]:
        """Every line of a rule, in short: raised P2, resolved."""
        return [
            line.state if line.state in ENDED else f"{line.state} {line.priority}"
            for line in self.told(rule)
        ]

    def is_open(self, rule: str) -> bool:
        """True if an alert of the rule is open."""
        return bool(self.open(rule))

    def open(self, rule: str | None = None) -> dict[str, str]:
        """The alerts that are open, by id, with their rule and priority."""
        last = {line.alert_id: line for line in self.lines}
        return {
            alert_id: f"{line.rule} {line.priority}"
            for alert_id, line in last.items()
            if line.state not in ENDED and rule in (None, line.rule)
        }

    def restored(self) -> None:
        """Write the state, forget it, and read it again."""
        saved = {name: state.encode(each) for name, each in self.ward.patients.items()}
        self.ward.patients = {name: state.decode(each) for name, each in saved.items()}


def recorded_at(fields: Fields) -> datetime:
    """When the source knew of an event."""
    said: str = fields.get("recorded_at") or fields["effective_at"]
    return datetime.fromisoformat(said)


def minutes(count: float) -> timedelta:
    """A span."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """A span."""
    return timedelta(hours=count)


def late(fields: Fields, by: timedelta) -> Fields:
    """The same event, recorded later than it was true."""
    at = datetime.fromisoformat(fields["effective_at"]) + by
    return fields | {"recorded_at": moment(epoch_ms(at)).isoformat()}


def corrected(fields: Fields, by: timedelta, **changes: Any) -> Fields:
    """A correction of an event, under its id, recorded later."""
    return late(fields, by) | {"status": "corrected"} | changes


def removed(fields: Fields, by: timedelta) -> Fields:
    """The same event, entered in error."""
    return late(fields, by) | {"status": "entered_in_error"}
