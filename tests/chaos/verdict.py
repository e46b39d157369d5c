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
from chaos.lines import in_order, open_of, taken
from chaos.live import is_due_by_time
from oracle import RANK, Outcome, last_said, recovered

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec, registry
from topics.alerts import Alert
from topics.base import epoch_ms

Place = tuple[str, int, int]  # topic, partition and offset

SHOWN: Final = 20  # differences that a report names


@dataclass
class Wanted(Outcome):
    """What must come out, of which partition, and when what brought it was sent."""

    sent_ms: dict[Name, int] = field(default_factory=dict)
    heard_ms: dict[str, int] = field(default_factory=dict)  # by patient: its last record
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
    contradicting: int  # of what is not compared by line: other words for the same revision
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
    outcome = engine.take(ward, Arrival(record.timestamp, record.topic, record.offset, found, key))
    wanted.events += 1
    if key is not None and (sent := dict(record.headers).get(SENT)) is not None:
        wanted.heard_ms[key] = max(int(sent), wanted.heard_ms.get(key, 0))
    for alert in outcome.alerts:
        wanted.alerts[alert.alert_id, alert.revision] = codec.encode(alert)
        heard_ms = wanted.heard_ms.get(alert.patient_id, 0)
        wanted.sent_ms[alert.alert_id, alert.revision] = _sent_ms(record, alert, heard_ms)
    if outcome.refused:
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
    lines = in_order(alerts)
    strict = {name: line for name, line in wanted.alerts.items() if _who(line) not in astray}
    found = {
        name: said for name, said in lines.items() if not {_who(each) for each in said} & astray
    }
    missing = [name for name in strict if strict[name] not in found.get(name, ())]
    extra = [name for name, said in found.items() if set(said) - {strict.get(name)}]
    read = taken(lines)
    recovery = recovered(changelog)
    states = _states(wanted, recovery, astray)
    written_of = {*recovery, *(_who(line) for said in lines.values() for line in said)}
    unknown = sorted(written_of - wanted.partition.keys() - wanted.lying.last.keys())
    open_wanted, open_found = (open_of(each, astray) for each in (wanted.alerts, read))
    letters = {_place(record) for record in dead_letters}
    unwritten, uncalled = _upright(wanted.refused - letters), _upright(letters - wanted.refused)
    last, others_last = _last_differ(wanted, read)
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
        contradicting=sum(len(said) - 1 for name, said in lines.items() if name not in found),
        differences=[
            *_told("missing", missing, strict),
            *_told("extra", extra, _unlike(strict, found, extra)),
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
    """Compare whole states where the order is that of the replay, and of all, what was taken."""
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


def _unlike(
    strict: Mapping[Name, bytes], found: Mapping[Name, Sequence[bytes]], names: Iterable[Name]
) -> dict[Name, bytes]:
    """Choose of each the first line that is not as it must be."""
    return {name: next(each for each in found[name] if each != strict.get(name)) for name in names}


def _told(how: str, names: Sequence[Name], lines: dict[Name, bytes]) -> Iterator[str]:
    return (f"{how} {lines[name].decode(errors='replace')[:300]}" for name in names[:SHOWN])


def _last_differ(wanted: Wanted, read: Mapping[Name, bytes]) -> tuple[list[str], list[str]]:
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
    found = last_said(read.values())
    differ = sorted({name for name, _ in wants.items() ^ found.items()})
    named: dict[bool, list[str]] = {True: [], False: []}
    for name in differ:
        who, *_ = wants.get(name) or found[name]
        named[is_due_by_time(who)].append(f"last {wants.get(name)}, found {found.get(name)}")
    return named[True], named[False]


def _who(line: bytes) -> str:
    head = line.split(b'"patient_id":"', 1)[1]
    return head.split(b'"', 1)[0].decode()


def _sent_ms(record: ConsumerRecord, alert: Alert, heard_ms: int) -> int:
    """Return when the feed sent it, or when the alert fell due where a worker wrote the tick.

    Ticks may be missing: what is due waits from then on, not from when a tick says so. Nobody knew
    of it before the last record of the patient was sent, which may be of a clock that is behind.
    """
    if (sent := dict(record.headers).get(SENT)) is not None:
        return int(sent)
    if record.topic != registry.TICKS:
        return 0
    due_ms: int = min(record.timestamp, epoch_ms(alert.at))
    return max(heard_ms, due_ms)


def _place(record: ConsumerRecord) -> Place:
    head = {name: value.decode() for name, value in record.headers}
    return head["topic"], int(head["partition"]), int(head["offset"])
