"""Alert lines as a pager takes them: of one alert and revision it takes one, whatever comes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aiokafka import ConsumerRecord
from chaos.delays import Name

from alerts.built_in import through
from alerts.life import OPEN_STATES
from alerts.policy import Policy
from topics.alerts import Alert

Lines = Mapping[Name, Sequence[bytes]]  # what was said of each, other words in their order
Open = frozenset[tuple[str, str, str]]

POLICY: Final = Policy(through("console"))
IN_DOUBT: Final = frozenset({"DATA-RANGE", "DATA-UNIT"})  # what was refused hangs on the clock


def in_order(records: Iterable[ConsumerRecord]) -> Lines:
    """Return what was said of each alert and revision, in the order of offsets."""
    lines: defaultdict[Name, dict[bytes, None]] = defaultdict(dict)
    for record in sorted(records, key=lambda each: (each.partition, each.offset)):
        if b'"type":"alert"' in record.value:
            alert = Alert.model_validate_json(record.value)
            lines[alert.alert_id, alert.revision].setdefault(record.value)
    return {name: [*said] for name, said in lines.items()}


def taken(lines: Lines) -> dict[Name, bytes]:
    """Choose where lines disagree as `alerts/lines.py` does: the most urgent, or else the first."""
    return {
        name: said[0] if len(said) == 1 else max(said, key=_urgency) for name, said in lines.items()
    }


def open_of(lines: Mapping[Name, bytes], patients: Iterable[str]) -> Open:
    """Return what is open in the end of these: patient, rule and priority."""
    of, last = frozenset(patients), dict[str, Alert]()
    for (alert_id, revision), line in lines.items():
        alert = Alert.model_validate_json(line)
        known = last.get(alert_id)
        if alert.patient_id in of and (known is None or revision > known.revision):
            last[alert_id] = alert
    return frozenset(
        (each.patient_id, each.rule, each.priority.value)
        for each in last.values()
        if each.state in OPEN_STATES and each.rule not in IN_DOUBT
    )


def _urgency(line: bytes) -> tuple[bool, tuple[int, int]]:
    alert = Alert.model_validate_json(line)
    return alert.state in OPEN_STATES, POLICY.level_of(alert).weight
