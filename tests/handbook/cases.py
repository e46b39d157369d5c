"""The published and constructed cases, replayed once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.wards import lines_of

from alerts.life import OPEN_STATES
from stream.clinical.engine import Engine
from stream.clinical.replay import replay
from topics.alerts import Alert, AlertState
from topics.base import epoch_ms

VECTORS: Final = Path(__file__).parent.parent / "vectors"
CONSTRUCTED: Final = Path(__file__).parent / "constructed.ndjson"  # of what no case raises


class Example(NamedTuple):
    """An alert as it was raised, and in which case."""

    case: str
    alert: Alert


@cache
def examples() -> Mapping[str, Example]:
    """Give an alert of each rule: the first of the best there is.

    One that stood for a while is better than one that ended in the moment it was raised, and of
    these one of a case about the rule.
    """
    found: dict[str, tuple[bool, int, Example]] = {}
    for case, lines in replays():
        for alert in lines:
            if alert.state is not AlertState.RAISED:
                continue
            about = 2 if case == CONSTRUCTED.stem else alert.rule not in asked_for(case)
            rated = not _stood(alert, lines), int(about), Example(case, alert)
            if alert.rule not in found or rated[:2] < found[alert.rule][:2]:
                found[alert.rule] = rated
    return {rule: example for rule, (_, _, example) in found.items()}


def _stood(raised: Alert, lines: Sequence[Alert]) -> bool:
    """Tell whether an alert was still open after the moment at which it was raised."""
    of_moment = [
        each for each in lines if each.alert_id == raised.alert_id and each.at == raised.at
    ]
    return max(of_moment, key=lambda each: each.revision).state in OPEN_STATES


@cache
def asked_for(case: str) -> frozenset[str]:
    """Name the rules that a case must raise."""
    return frozenset(
        each["rule"] for check in _expected(case)["checks"] for each in check.get("must_fire", ())
    )


@cache
def cases() -> tuple[str, ...]:
    """Name every case."""
    return tuple(sorted(path.name.partition(".")[0] for path in VECTORS.glob("B*.expected.json")))


@cache
def replays() -> tuple[tuple[str, Sequence[Alert]], ...]:
    """Give every case with the lines that it raises."""
    return tuple(_replays())


def _replays() -> Iterator[tuple[str, Sequence[Alert]]]:
    for case in cases():
        expected = _expected(case)
        asked = [datetime.fromisoformat(check["at"]) for check in expected["checks"]]
        lines = lines_of(VECTORS / f"{case}.events.ndjson")
        engine = Engine(management=expected["management"])
        said = replay(engine, lines, [epoch_ms(each) for each in asked])
        yield case, [each for each in said if isinstance(each, Alert)]
    said = replay(Engine(), lines_of(CONSTRUCTED))
    yield CONSTRUCTED.stem, [each for each in said if isinstance(each, Alert)]


@cache
def _expected(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{case}.expected.json").read_text())
    return found
