"""What came out of Kafka, against a replay of what was produced."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiokafka import ConsumerRecord
from chaos.faults import Done
from chaos.feed import ASTRAY, WRONG_CLOCK
from oracle import RANK, Outcome, alert_lines, recovered

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec
from topics.alerts import Alert, AlertState

Name = tuple[str, int]  # of an alert line: its alert and its revision
Open = frozenset[tuple[str, str, str]]

SENT: Final = "sent_ms"  # the header in which the feed says when it first sent a record
IN_DOUBT: Final = frozenset({"DATA-RANGE", "DATA-UNIT"})  # what was refused hangs on the clock
FELT_S: Final = 20.0  # a fault is counted as felt for so long
SHOWN: Final = 20  # differences that a report names


@dataclass
class Wanted(Outcome):
    """What must come out, of which partition, and when what brought it was sent."""

    sent_ms: dict[Name, int] = field(default_factory=dict)
    partition: dict[str, int] = field(default_factory=dict)  # by patient
    events: int = 0
    by_line: bool = True  # else by what is open in the end, as at the live edge


@dataclass
class Verdict:
    """What a round has shown; lists name the first differences."""

    events: int
    alert_lines: int
    missing: int
    extra: int
    states_differ: int
    open_differ: int  # in partitions with a wrong clock, which are compared by what is open
    dead_letters_missing: int
    reordered: int  # states that hold the same, taken in another order
    repeated: int
    differences: list[str]
    longest_s: dict[str, float]
    longest_undisturbed_s: float

    @property
    def is_right(self) -> bool:
        """Whether nothing is missing and nothing is there that must not be."""
        return not (
            self.missing
            or self.extra
            or self.states_differ
            or self.open_differ
            or self.dead_letters_missing
        )


def replayed(
    inputs: Iterable[Sequence[ConsumerRecord]], dead_letters: Iterable[ConsumerRecord] = ()
) -> Wanted:
    """Replay what lies on the input topics, each topic of a partition one queue.

    What a device with a wrong clock sends from the future is refused live, where it comes; in a
    replay it would wait for its time. So what was refused of it is left out.
    """
    refused = {_place(record) for record in dead_letters}
    queues: dict[int, list[list[ConsumerRecord]]] = defaultdict(list)
    for records in inputs:
        of: dict[int, list[ConsumerRecord]] = defaultdict(list)
        for record in records:
            of[record.partition].append(record)
        for partition, queue in of.items():
            queues[partition].append(queue)
    wanted, engine = Wanted(), Engine()
    for partition, topics in queues.items():
        ward = Ward({}, None, [])
        for record in heapq.merge(*topics, key=lambda r: (r.timestamp, RANK[r.topic])):
            if _is_astray(record) and (record.topic, partition, record.offset) in refused:
                continue
            _take(engine, ward, record, wanted)
        wanted.states |= {name: state.encode(each) for name, each in ward.patients.items()}
        wanted.partition |= dict.fromkeys(ward.patients, partition)
    return wanted


def _take(engine: Engine, ward: Ward, record: ConsumerRecord, wanted: Wanted) -> None:
    found = codec.decode(record.topic, record.key, record.value)
    key = _text(record.key)
    taken = engine.take(ward, Arrival(record.timestamp, record.topic, record.offset, found, key))
    wanted.events += 1
    for alert in taken.alerts:
        wanted.alerts[alert.alert_id, alert.revision] = codec.encode(alert)
        wanted.sent_ms[alert.alert_id, alert.revision] = _sent_ms(record)
    if taken.refused:
        wanted.refused.add((record.topic, record.partition, record.offset))


def judge(
    wanted: Wanted,
    alerts: Sequence[ConsumerRecord],
    changelog: Iterable[ConsumerRecord],
    dead_letters: Iterable[ConsumerRecord],
    faults: Sequence[Done],
) -> Verdict:
    """Compare line by line, and where a clock was wrong by what is open in the end."""
    astray = {
        name
        for name, partition in wanted.partition.items()
        if partition in ASTRAY or not wanted.by_line
    }
    lines = alert_lines(alerts)
    strict = {name: line for name, line in wanted.alerts.items() if _who(line) not in astray}
    found = {
        name: said for name, said in lines.items() if not {_who(each) for each in said} & astray
    }
    missing = [name for name in strict if strict[name] not in found.get(name, set())]
    extra = [
        name for name, said in found.items() if said - ({strict[name]} if name in strict else set())
    ]
    states = recovered(changelog)
    others = [
        name
        for name, wants in wanted.states.items()
        if name not in astray and states.get(name) != wants
    ]
    differ = [name for name in others if not hold_the_same(wanted.states[name], states.get(name))]
    open_wanted = _open(wanted.alerts.items(), astray)
    open_found = _open(((n, line) for n, said in lines.items() for line in said), astray)
    unwritten = wanted.refused - {_place(record) for record in dead_letters}
    delays = _delays(wanted, alerts)
    felt, undisturbed = _felt(delays, faults)
    written = [record for record in alerts if b'"type":"alert"' in record.value]
    return Verdict(
        events=wanted.events,
        alert_lines=len(wanted.alerts),
        missing=len(missing),
        extra=len(extra),
        states_differ=len(differ),
        open_differ=len(open_wanted ^ open_found),
        dead_letters_missing=len({each for each in unwritten if each[1] not in ASTRAY}),
        reordered=len(others) - len(differ),
        repeated=len(written) - sum(len(said) for said in lines.values()),
        differences=[
            *_told("missing", missing, strict),
            *_told("extra", extra, {name: min(found[name]) for name in extra}),
            *(f"state of {name}" for name in differ[:SHOWN]),
            *(f"open {each}" for each in sorted(open_wanted ^ open_found)[:SHOWN]),
            *(f"no dead letter of {each}" for each in sorted(unwritten)[:SHOWN]),
        ],
        longest_s=felt,
        longest_undisturbed_s=undisturbed,
    )


def _is_astray(record: ConsumerRecord) -> bool:
    return record.partition in ASTRAY and f'"source": "{WRONG_CLOCK}"'.encode() in record.value


def hold_the_same(wanted: bytes, found: bytes | None) -> bool:
    """Tell whether two states hold the same, in whatever order it came."""
    return found is not None and state.decode(wanted) == state.decode(found)


def _told(how: str, names: Sequence[Name], lines: dict[Name, bytes]) -> Iterator[str]:
    return (f"{how} {lines[name].decode(errors='replace')[:300]}" for name in names[:SHOWN])


def _open(lines: Iterable[tuple[Name, bytes]], patients: set[str]) -> Open:
    """Return what is open in the end: patient, rule and priority."""
    last: dict[str, Alert] = {}
    for (alert_id, revision), line in lines:
        alert = Alert.model_validate_json(line)
        known = last.get(alert_id)
        if alert.patient_id in patients and (known is None or revision > known.revision):
            last[alert_id] = alert
    return frozenset(
        (each.patient_id, each.rule, each.priority.value)
        for each in last.values()
        if each.state in (AlertState.RAISED, AlertState.CHANGED) and each.rule not in IN_DOUBT
    )


def _delays(wanted: Wanted, alerts: Iterable[ConsumerRecord]) -> Iterator[tuple[float, float]]:
    """Give for each line when its event was sent and when it was first written, in seconds."""
    written_ms: dict[Name, int] = {}
    for record in alerts:
        if b'"type":"alert"' in record.value:
            alert = Alert.model_validate_json(record.value)
            name = alert.alert_id, alert.revision
            written_ms[name] = min(record.timestamp, written_ms.get(name, record.timestamp))
    for name, sent_ms in wanted.sent_ms.items():
        if name in written_ms and sent_ms:
            yield sent_ms / 1000, max(sent_ms, written_ms[name]) / 1000


def _felt(
    delays: Iterable[tuple[float, float]], faults: Sequence[Done]
) -> tuple[dict[str, float], float]:
    """Return the longest time from event to alert while each kind of fault was felt."""
    felt: dict[str, float] = dict.fromkeys((each.kind for each in faults), 0.0)
    undisturbed = 0.0
    for sent_s, written_s in delays:
        took_s, disturbed = round(written_s - sent_s, 2), False
        for fault in faults:
            if fault.began_s <= written_s and sent_s <= fault.ended_s + FELT_S:
                felt[fault.kind] = max(felt[fault.kind], took_s)
                disturbed = True
        if not disturbed:
            undisturbed = max(undisturbed, took_s)
    return felt, undisturbed


def _who(line: bytes) -> str:
    head = line.split(b'"patient_id":"', 1)[1]
    return head.split(b'"', 1)[0].decode()


def _sent_ms(record: ConsumerRecord) -> int:
    return int(dict(record.headers).get(SENT, b"0"))


def _place(record: ConsumerRecord) -> tuple[str, int, int]:
    head = {name: value.decode() for name, value in record.headers}
    return head["topic"], int(head["partition"]), int(head["offset"])


def _text(key: bytes | None) -> str | None:
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return None
