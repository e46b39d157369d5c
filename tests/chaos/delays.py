"""From event to alert: how long it took, and how much of that the faults explain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import ConsumerRecord
from chaos.explaining import FELT_S, Explaining, Span
from chaos.faults import Done
from chaos.reading import Place
from chaos.schedule import OF_THE_FEED

from stream.health import STALL_S
from stream.pipeline import STALLS_ENDURED
from topics.alerts import Alert

Name = tuple[str, int]  # of an alert line: its alert and its revision

# A worker that takes nothing for longer ends itself, so that another one goes on.
LATE_S: Final = STALLS_ENDURED * STALL_S


@dataclass(frozen=True)
class Delays:
    """What all lines of a round show together."""

    longest_s: dict[str, float]  # while each kind of fault was felt
    longest_alone_s: dict[str, float]  # while no other kind was felt beside it
    longest_undisturbed_s: float | None  # by no fault; None where there was no such line
    longest_beyond_s: float  # what took longest beyond what faults explain, of whichever line
    late: int  # lines of which that is longer than it may be


def delays(spans: Sequence[Span], faults: Sequence[Done]) -> Delays:
    """Sum up from when to when each line was waited for."""
    felt = [(each.kind, each.began_s, each.ended_s + FELT_S) for each in faults if each.is_made]
    longest: dict[str, float] = dict.fromkeys((each.kind for each in faults), 0.0)
    alone: dict[str, float] = {}
    undisturbed: float | None = None
    beyond = 0.0
    late = 0
    explaining = Explaining(faults)
    for sent_s, arrived_s in spans:
        took_s = round(arrived_s - sent_s, 2)
        kinds = {kind for kind, began, ended in felt if began <= arrived_s and sent_s <= ended}
        for kind in kinds:
            longest[kind] = max(longest[kind], took_s)
        if len(only := kinds - OF_THE_FEED.keys() or kinds) == 1:
            (kind,) = only
            alone[kind] = max(alone.get(kind, 0.0), took_s)
        if not kinds:
            undisturbed = max(undisturbed or 0.0, took_s)
        own_s = took_s - explaining.of((sent_s, arrived_s))
        beyond = max(beyond, round(own_s, 2))
        late += own_s > LATE_S
    return Delays(longest, alone, undisturbed, beyond, late)


def spans(
    sent_ms: Mapping[Name, int],
    alerts: Iterable[ConsumerRecord],
    arrived_ms: Mapping[Place, int],
) -> list[Span]:
    """Give for each line when its event was sent, and when the line could first be read."""
    first_ms: dict[Name, int] = {}
    for record in alerts:
        if b'"type":"alert"' in record.value:
            alert = Alert.model_validate_json(record.value)
            name, at_ms = (alert.alert_id, alert.revision), arrived_ms[_place(record)]
            first_ms[name] = min(at_ms, first_ms.get(name, at_ms))
    return [
        (sent / 1000, max(sent, first_ms[name]) / 1000)
        for name, sent in sent_ms.items()
        if name in first_ms and sent
    ]


def _place(record: ConsumerRecord) -> Place:
    return record.partition, record.offset
