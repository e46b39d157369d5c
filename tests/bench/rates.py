"""How often people are called on a simulated ward, some of it treated against the rules.

A line that is raised, or that becomes more urgent, at P1 or P2 is a call; what is said again while
nobody treats is counted apart. The calls of one patient that come within the seconds in which they
travel together are one page. No pager is in it: nobody answers.
"""

import argparse
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.results import Table
from bench.wards import lines_of
from ward import ADMITTED

from deploy.simulate.ward import Ward, events
from stream.clinical.engine import Engine
from stream.clinical.replay import replay
from stream.paging import GATHER_S
from topics import registry
from topics.alerts import Alert, AlertState, Priority

CALLS: Final = frozenset({Priority.P1, Priority.P2})
TOGETHER: Final = timedelta(seconds=GATHER_S)
FLAPS: Final = timedelta(hours=1)  # raised again so soon after it had ended
MOST_CALLS: Final = 2.0  # a patient and day
MOST_CALLS_OF_THE_WELL: Final = 0.1


@dataclass
class Counted:
    """What was counted."""

    lines: Counter[tuple[str, Priority, str]] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)  # by patient
    repeats: Counter[str] = field(default_factory=Counter)
    flaps: Counter[str] = field(default_factory=Counter)  # by rule
    days: dict[str, float] = field(default_factory=dict)
    ill: set[str] = field(default_factory=set)


def measure(options: argparse.Namespace) -> list[Table]:
    """Replay the ward and count."""
    counted = _counted(options.patients, options.days)
    days = sum(counted.days.values())
    return [_by_rule(counted, days), _by_patient(counted)]


def _counted(patients: int, days: float) -> Counted:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ward.ndjson")
        with path.open("wb") as file:
            file.writelines(each.line() for each in events(Ward(patients, 24 * days, 1, ADMITTED)))
        lines = lines_of(path)
    found, spans = Counted(), defaultdict[str, list[int]](list)
    for line in lines:
        if line.topic == registry.VITALS:
            spans[line.key.decode()].append(line.timestamp_ms)
    found.days = {name: (max(at) - min(at)) / 86_400_000 for name, at in spans.items()}
    last: dict[str, Alert] = {}
    paged_at: dict[str, Alert] = {}
    for said in replay(Engine(), lines):
        if isinstance(said, Alert):
            _count(said, last.get(said.alert_id), paged_at, found)
            last[said.alert_id] = said
    return found


def _count(said: Alert, before: Alert | None, paged: dict[str, Alert], found: Counted) -> None:
    found.lines[said.rule, said.priority, said.state] += 1
    grades = (*(said.crs or {}).values(), *(said.icans or {}).values())
    if any(grade.lowest >= 1 for grade in grades):
        found.ill.add(said.patient_id)
    if said.state is AlertState.RAISED and before is not None and said.at - before.at <= FLAPS:
        found.flaps[said.rule] += 1
    if said.priority not in CALLS:
        return
    rises = before is not None and said.priority.urgency > before.priority.urgency
    if said.state is AlertState.CHANGED and not rises:
        found.repeats[said.patient_id] += 1
    elif said.state in (AlertState.RAISED, AlertState.CHANGED):
        company = paged.get(said.patient_id)
        if company is None or said.at - company.at > TOGETHER:
            found.pages[said.patient_id] += 1
            paged[said.patient_id] = said


def _by_rule(found: Counted, days: float) -> Table:
    rows = []
    for rule in sorted({rule for rule, *_ in found.lines}):
        raised = {
            priority: sum(
                count
                for (name, each, state), count in found.lines.items()
                if name == rule and each is priority and state == AlertState.RAISED
            )
            for priority in Priority
        }
        changed = sum(
            count
            for (name, _, state), count in found.lines.items()
            if name == rule and state == AlertState.CHANGED
        )
        rows.append(
            (
                rule,
                *(f"{count / days:.3f}" if count else "-" for count in raised.values()),
                f"{changed / days:.3f}",
                str(found.flaps[rule]),
            )
        )
    columns = (
        "rule",
        *(f"{each} raised" for each in Priority),
        "changed",
        "raised again within 1 h",
    )
    title = f"Alerts a patient and day, of {len(found.days):,} patients and {days:,.0f} days"
    return Table(title, columns, rows)


def _by_patient(found: Counted) -> Table:
    rows = []
    for name, of in (
        ("all", set(found.days)),
        ("with CRS or ICANS", set(found.days) & found.ill),
        ("without", set(found.days) - found.ill),
    ):
        days = sum(found.days[each] for each in of)
        pages, repeats = (
            sum(counts[each] for each in of) / days for counts in (found.pages, found.repeats)
        )
        rows.append((name, f"{len(of):,}", f"{days:,.0f}", f"{pages:.3f}", f"{repeats:.3f}"))
    columns = ("patients", "how many", "days", "pages of P1 or P2 a day", "said again a day")
    note = f"The aim is {MOST_CALLS:g}, and {MOST_CALLS_OF_THE_WELL:g} for those without."
    return Table("Pages a patient and day", columns, rows, note)
