"""The published and constructed cases, replayed once."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.wards import lines_of

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
    """Give the first alert of each rule: where a case is about it, that of the first such case."""
    found: dict[str, Example] = {}
    others: dict[str, Example] = {}
    for case, alert in _raised():
        about = alert.rule in asked_for(case)
        (found if about else others).setdefault(alert.rule, Example(case, alert))
    found = {**others, **found}
    for said in replay(Engine(), lines_of(CONSTRUCTED)):
        if isinstance(said, Alert) and said.state is AlertState.RAISED:
            found.setdefault(said.rule, Example("constructed", said))
    return found


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


def _raised() -> Iterator[Example]:
    for case in cases():
        expected = _expected(case)
        asked = [datetime.fromisoformat(check["at"]) for check in expected["checks"]]
        lines = lines_of(VECTORS / f"{case}.events.ndjson")
        engine = Engine(management=expected["management"])
        for said in replay(engine, lines, [epoch_ms(each) for each in asked]):
            if isinstance(said, Alert) and said.state is AlertState.RAISED:
                yield Example(case, said)


@cache
def _expected(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{case}.expected.json").read_text())
    return found
