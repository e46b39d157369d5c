"""What goes wrong between a body and a topic: one row a fault, with its share of lines.

A line with a fault is one that senders do send: a pressure of 12 from a kinked line, a result
twice, hours late or taken back. `stormwatch validate` drops the readings outside their limits and
refuses no line.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final, NamedTuple

from deploy.simulate.events import Sent
from topics.base import rfc_3339

VITALS: Final = "vitals"
LAB: Final = "lab"

LATE_H: Final = (2.0, 30.0)
CORRECTED_AFTER_H: Final = (0.5, 6.0)
FINAL_AFTER_H: Final = (0.3, 3.0)
SILENT_H: Final = (0.3, 6.0)
WRONG_CLOCK_MIN: Final = (10, 90)
READ_WRONG: Final = (0.7, 0.85, 1.2)
DECIMAL_SLIPS: Final = (0.1, 10.0)
MAY_SLIP: Final = frozenset({"ferritin", "crp"})  # and stay within the hard limits
ARTEFACTS: Final[tuple[dict[str, float | None], ...]] = (
    {"systolic_mmhg": 12.0, "diastolic_mmhg": None, "mean_arterial_mmhg": None},  # a kinked line
    {"systolic_mmhg": 320.0, "diastolic_mmhg": None, "mean_arterial_mmhg": None},  # a flush
    {"systolic_mmhg": 70.0, "diastolic_mmhg": 95.0, "mean_arterial_mmhg": None},  # out of order
    {"spo2_percent": 5.0},  # a probe that fell off
    {"temperature_c": 20.0},  # a probe in the air of the room
    {"temperature_c": 101.3},  # degrees Fahrenheit, taken for Celsius
    {"heart_rate_per_min": 350.0},  # doubly counted
)
DEMO_READINGS: Final = {"temperature_c": 39.9, "systolic_mmhg": 60.0, "spo2_percent": 70.0}
ENVELOPE: Final = ("event_id", "patient_id", "kind", "effective_at", "recorded_at", "source")


class Fault(StrEnum):
    """What can be wrong with a line."""

    ARTEFACT = "artefact"
    DEMO = "demo"
    LATE = "late"
    CORRECTED = "corrected"
    PRELIMINARY = "preliminary"
    IN_ERROR = "entered in error"
    DOUBLED = "doubled"
    WRONG_CLOCK = "wrong clock"


class Row(NamedTuple):
    """A fault, the kind of event that it strikes (None: every one), its share, what it makes."""

    fault: Fault
    kind: str | None
    share: float
    make: Callable[[Random, Sent], list[Sent]]


def with_faults(
    chance: Random, events: Iterable[Sent], *, times: float, wrong_clocks: bool
) -> Iterator[Sent]:
    """Let things go wrong, so many times as often as usual; at most one thing a line."""
    rows = (*ROWS, WRONG_CLOCKS) if wrong_clocks else ROWS
    for sent in _without_drop_outs(chance, events, times) if times else events:
        yield from _struck(chance, sent, rows, times)


def _without_drop_outs(chance: Random, events: Iterable[Sent], times: float) -> Iterator[Sent]:
    """Leave out the readings of a feed that is silent for a while."""
    silent_from: datetime | None = None
    silent_until: datetime | None = None
    for sent in events:
        if sent.kind == VITALS:
            if silent_from is None or silent_until is None or silent_until <= sent.made_at:
                begins_h = chance.expovariate(times / HEARD_H)
                silent_from = sent.made_at + timedelta(hours=begins_h)
                silent_until = silent_from + timedelta(hours=chance.uniform(*SILENT_H))
            if silent_from <= sent.made_at:
                continue
        yield sent


def _struck(chance: Random, sent: Sent, rows: Iterable[Row], times: float) -> Iterable[Sent]:
    part = chance.random()
    for row in rows:
        if row.kind is None or row.kind == sent.kind:
            part -= row.share * times
            if part < 0:
                return row.make(chance, sent)
    return (sent,)


def _artefact(chance: Random, sent: Sent) -> list[Sent]:
    wrong = sent.fields | chance.choice(ARTEFACTS)
    return [sent.saying({name: said for name, said in wrong.items() if said is not None})]


def _demo(_chance: Random, sent: Sent) -> list[Sent]:
    """Test a device at the bedside, which says so, beside the true readings."""
    said = sent.fields
    own: dict[str, Any] = {"event_id": f"{said['event_id']}-demo", "demo": True}
    return [sent, sent.saying({name: said[name] for name in ENVELOPE} | own | DEMO_READINGS)]


def _late(chance: Random, sent: Sent) -> list[Sent]:
    return [_again(sent, chance.uniform(*LATE_H))]


def _corrected(chance: Random, sent: Sent) -> list[Sent]:
    said = sent.fields
    slips = DECIMAL_SLIPS if said["analyte"] in MAY_SLIP else READ_WRONG
    wrong = sent.saying(said | {"value": round(said["value"] * chance.choice(slips), 2)})
    return [wrong, _again(sent, chance.uniform(*CORRECTED_AFTER_H), status="corrected")]


def _preliminary(chance: Random, sent: Sent) -> list[Sent]:
    said = sent.fields
    value = round(said["value"] * chance.uniform(0.9, 1.1), 2)
    first = sent.saying(said | {"value": value, "status": "preliminary"})
    return [first, _again(sent, chance.uniform(*FINAL_AFTER_H))]


def _in_error(chance: Random, sent: Sent) -> list[Sent]:
    """Send the result of somebody else, and take it back later."""
    after_h = chance.uniform(*CORRECTED_AFTER_H)
    return [sent, _again(sent, after_h, status="entered_in_error")]


def _doubled(_chance: Random, sent: Sent) -> list[Sent]:
    return [sent, sent]


def _wrong_clock(chance: Random, sent: Sent) -> list[Sent]:
    """Read a clock that runs ahead; the line arrives when it does all the same."""
    ahead = timedelta(minutes=chance.randint(*WRONG_CLOCK_MIN))
    times = {
        "effective_at": rfc_3339(sent.made_at + ahead),
        "recorded_at": rfc_3339(sent.arrives_at + ahead),
    }
    return [sent.saying(sent.fields | times)]


def _again(sent: Sent, after_h: float, **fields: str) -> Sent:
    """Send the same event some hours later."""
    arrives_at = sent.arrives_at + timedelta(seconds=round(after_h * 3600))
    said = sent.fields | fields | {"recorded_at": rfc_3339(arrives_at)}
    return sent._replace(arrives_at=arrives_at).saying(said)


HEARD_H: Final = 60.0  # from one silence of a feed to the next, on average
ROWS: Final = (
    Row(Fault.ARTEFACT, VITALS, 0.004, _artefact),
    Row(Fault.DEMO, VITALS, 0.002, _demo),
    Row(Fault.LATE, LAB, 0.03, _late),
    Row(Fault.CORRECTED, LAB, 0.01, _corrected),
    Row(Fault.PRELIMINARY, LAB, 0.05, _preliminary),
    Row(Fault.IN_ERROR, LAB, 0.004, _in_error),
    Row(Fault.DOUBLED, None, 0.01, _doubled),
)
WRONG_CLOCKS: Final = Row(Fault.WRONG_CLOCK, VITALS, 0.001, _wrong_clock)  # where asked for
