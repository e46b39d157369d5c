"""What came out of Kafka, against a replay of what was produced."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiokafka import ConsumerRecord
from chaos.delays import Name
from chaos.feed import ASTRAY, WRONG_CLOCK
from chaos.feeding import SENT
from chaos.held import Lying, differs, text_of
from chaos.live import is_due_by_time
from oracle import RANK, Outcome, alert_lines, last_said, recovered

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec, registry
from topics.alerts import Alert, AlertState

Open = frozenset[tuple[str, str, str]]
Place = tuple[str, int, int]  # topic, partition and offset

IN_DOUBT: Final = frozenset({"DATA-RANGE", "DATA-UNIT"})  # what was refused hangs on the clock
SHOWN: Final = 20  # differences that a report names


@dataclass
class Wanted(Outcome):
    """What must come out, of which partition, and when what brought it was sent."""

    sent_ms: dict[Name, int] = field(default_factory=dict)
    partition: dict[str, int] = field(default_factory=dict)  # by patient
    lying: Lying = field(default_factory=Lying)
    events: int = 0
    by_line: bool = True  # else by what is open in the end, as at the live edge


@dataclass
class Verdict:
    """What the topics have shown; lists name the first differences. None was not judged."""

    events: int
    alert_lines: int
    missing: int | None
    extra: int | None
    states_differ: int | None
    records_differ: int  # patients of whom other records were taken than lie on the topics
    unknown: int  # patients with a state or an alert of whom no record lies there
    open_differ: int  # in partitions with a wrong clock, which are compared by what is open
    last_differ: int  # alerts that are due by time alone, at the live edge: what was said last
    dead_letters_missing: int
    dead_letters_extra: int
    reordered: int | None  # states that hold the same, taken in another order
    reordered_last: int  # other alerts at the live edge of which something else was said last
    repeated: int
    differences: list[str]

    @property
    def is_right(self) -> bool:
        """Whether nothing is missing and nothing is there that must not be."""
        return not (
            self.missing
            or self.extra
            or self.states_differ
            or self.records_differ
            or self.unknown
            or self.open_differ
            or self.last_differ
            or self.dead_letters_missing
            or self.dead_letters_extra
        )


def replayed(
    inputs: Iterable[Sequence[ConsumerRecord]], dead_letters: Iterable[ConsumerRecord] = ()
) -> Wanted:
    """Replay what lies on the input topics, each topic of a partition one queue.

    What a device with a wrong clock sends from the future is refused live, where it comes; in a
    replay it would wait for its time. So what was refused of it is left out.
    """
    refused = {_place(record) for record in dead_letters}
    wanted, engine = Wanted(), Engine()
    queues: dict[int, list[list[ConsumerRecord]]] = defaultdict(list)
    for records in inputs:
        of: dict[int, list[ConsumerRecord]] = defaultdict(list)
        for record in records:
            wanted.lying.add(record)
            place = record.topic, record.partition, record.offset
            if not (_is_astray(record) and place in refused):  # else others would wait behind it
                of[record.partition].append(record)
        for partition, queue in of.items():
            queues[partition].append(queue)
    for partition, topics in queues.items():
        ward = Ward({}, None, [])
        for record in heapq.merge(*topics, key=lambda r: (r.timestamp, RANK[r.topic])):
            _take(engine, ward, record, wanted)
        wanted.states |= {name: state.encode(each) for name, each in ward.patients.items()}
        wanted.partition |= dict.fromkeys(ward.patients, partition)
    return wanted


def _take(engine: Engine, ward: Ward, record: ConsumerRecord, wanted: Wanted) -> None:
    found = codec.decode(record.topic, record.key, record.value)
    key = text_of(record.key)
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
) -> Verdict:
    """Compare line by line; where a clock was wrong, or is our own, what hangs on no order."""
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
    recovery = recovered(changelog)
    states = _states(wanted, recovery, astray)
    written_of = {*recovery, *(_who(line) for said in lines.values() for line in said)}
    unknown = sorted(written_of - wanted.partition.keys() - wanted.lying.last.keys())
    open_wanted = _open(wanted.alerts.items(), astray)
    open_found = _open(((n, line) for n, said in lines.items() for line in said), astray)
    letters = {_place(record) for record in dead_letters}
    unwritten, uncalled = _upright(wanted.refused - letters), _upright(letters - wanted.refused)
    last, others_last = _last_differ(wanted, lines)
    written = [record for record in alerts if b'"type":"alert"' in record.value]
    return Verdict(
        events=wanted.events,
        alert_lines=len(wanted.alerts),
        missing=len(missing) if wanted.by_line else None,
        extra=len(extra) if wanted.by_line else None,
        states_differ=len(states.differ) if wanted.by_line else None,
        records_differ=len(states.others),
        unknown=len(unknown),
        open_differ=len(open_wanted ^ open_found),
        last_differ=len(last),
        dead_letters_missing=len(unwritten),
        dead_letters_extra=len(uncalled),
        reordered=states.reordered if wanted.by_line else None,
        reordered_last=len(others_last),
        repeated=len(written) - sum(len(said) for said in lines.values()),
        differences=[
            *_told("missing", missing, strict),
            *_told("extra", extra, {name: min(found[name]) for name in extra}),
            *states.told(),
            *(f"of {name} no record lies on the topics" for name in unknown[:SHOWN]),
            *(f"open {each}" for each in sorted(open_wanted ^ open_found)[:SHOWN]),
            *last[:SHOWN],
            *(f"no dead letter of {each}" for each in unwritten[:SHOWN]),
            *(f"a dead letter of {each}" for each in uncalled[:SHOWN]),
        ],
    )


@dataclass
class States:
    """How the states of a changelog differ from those of a replay."""

    differ: list[str]
    others: dict[str, str]  # by patient, what is other about the records it holds
    reordered: int

    def told(self) -> Iterator[str]:
        """Name the first of each."""
        yield from (f"state of {name}" for name in self.differ[:SHOWN])
        yield from (f"state of {name} {how}" for name, how in [*self.others.items()][:SHOWN])


def _states(wanted: Wanted, states: Mapping[str, bytes], astray: set[str]) -> States:
    """Compare whole states where the order is that of the replay, of all what was taken."""
    unlike = [
        name
        for name, wants in wanted.states.items()
        if name not in astray and states.get(name) != wants
    ]
    differ = [name for name in unlike if not hold_the_same(wanted.states[name], states.get(name))]
    lying = wanted.lying.last
    others = {
        name: how
        for name in lying
        if (how := differs(lying[name], wanted.states.get(name), states.get(name))) is not None
    }
    return States(differ, others, reordered=len(unlike) - len(differ))


def _upright(places: set[Place]) -> list[Place]:
    """Leave out those of partitions with a wrong clock: what is refused there hangs on ours."""
    return sorted(each for each in places if each[1] not in ASTRAY)


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


def _last_differ(
    wanted: Wanted, lines: Mapping[Name, Iterable[bytes]]
) -> tuple[list[str], list[str]]:
    """Compare what was last said of each alert at the live edge; name what differs.

    It has to be the same of those that are due by time alone, whose few events lie a step apart:
    whoever wrote which tick. Of others it hangs on the order in which their records were taken,
    which is not that of a replay where a broker, or the way to it, was away for longer than a
    worker waits for other topics: readings of one minute in the other order are another episode,
    or raise nothing that the first of them ends. So those are counted, and not judged.
    """
    if wanted.by_line:
        return [], []
    wants = last_said(wanted.alerts.values())
    found = last_said(line for said in lines.values() for line in said)
    differ = sorted({name for name, _ in wants.items() ^ found.items()})
    named: dict[bool, list[str]] = {True: [], False: []}
    for name in differ:
        who, *_ = wants.get(name) or found[name]
        named[is_due_by_time(who)].append(f"last {wants.get(name)}, found {found.get(name)}")
    return named[True], named[False]


def _who(line: bytes) -> str:
    head = line.split(b'"patient_id":"', 1)[1]
    return head.split(b'"', 1)[0].decode()


def _sent_ms(record: ConsumerRecord) -> int:
    """Return when the feed sent it, or of when a tick is that a worker wrote."""
    own_ms = record.timestamp if record.topic == registry.TICKS else 0
    return int(dict(record.headers).get(SENT, own_ms))


def _place(record: ConsumerRecord) -> Place:
    head = {name: value.decode() for name, value in record.headers}
    return head["topic"], int(head["partition"]), int(head["offset"])
