"""`stormwatch alerts`: what is open, for how long, how far it has climbed, and who has it."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from alerts.life import OPEN_STATES
from alerts.policy import EVERYTHING
from alerts.readings import clean, span
from alerts.sentences import place_of
from alerts.titles import title_of
from deploy.kafka_option import kafka_option
from deploy.status.known import is_news, priority_of
from deploy.status.live import present, print_once
from deploy.timeline import COLOUR_BY_PRIORITY
from topics import registry
from topics.alerts import Alert, AlertState
from topics.pages import Outcome, PageLine
from topics.status import Status
from topics.ticks import Tick

READ: Final = (registry.ALERTS, registry.PAGES, registry.TICKS)
ANSWERS: Final = frozenset({Outcome.ACKNOWLEDGED, Outcome.SNOOZED, Outcome.CLOSED})
COLUMNS: Final = ("", "alert", "patient", "where", "open for", "tier", "last try", "who has it")


@dataclass
class Paged:
    """One alert: its newest line, and what the pager did about it since it was raised."""

    partition: int
    line: Alert | None = None
    raised_at: datetime | None = None
    raised_revision: int = 0
    pages: list[PageLine] = field(default_factory=list)

    @property
    def since_it_was_raised(self) -> Iterator[PageLine]:
        """Give what was done about it, but for what was about its life before."""
        return (page for page in self.pages if page.revision >= self.raised_revision)

    @property
    def tier(self) -> int:
        """The highest tier that a page was tried to; 0: none."""
        return max((page.tier for page in self.since_it_was_raised), default=0)

    @property
    def last_try(self) -> Outcome | None:
        """How the newest try ended."""
        tries = [page.outcome for page in self.since_it_was_raised if page.tier > 0]
        return tries[-1] if tries else None

    @property
    def held_by(self) -> dict[str, PageLine]:
        """Who has it, by the newest answer of each."""
        holders: dict[str, PageLine] = {}
        for page in self.since_it_was_raised:
            if page.outcome is Outcome.UNACKNOWLEDGED:
                had = holders.pop(page.by or "", None)
                if had is None:
                    holders.clear()  # taken back for all
            elif page.outcome in ANSWERS:
                holders[page.by or ""] = page
        return holders


@dataclass
class Open:
    """Every alert that the topics tell of, and the clocks of their partitions."""

    alerts: dict[str, Paged] = field(default_factory=dict)
    clocks: dict[int, datetime] = field(default_factory=dict)
    unread: int = 0

    def take(self, line: Status | Alert | PageLine | Tick, partition: int) -> None:
        """Take one line, in the order of its topic and partition."""
        if isinstance(line, Tick):
            self.clocks[partition] = max(line.at, self.clocks.get(partition, line.at))
        elif isinstance(line, Alert):
            paged = self.alerts.setdefault(line.alert_id, Paged(partition))
            if is_news(line, paged.line):
                paged.line = line
                if line.state is AlertState.RAISED or paged.raised_at is None:
                    paged.raised_at, paged.raised_revision = line.at, line.revision
        elif isinstance(line, PageLine):
            self.alerts.setdefault(line.alert_id, Paged(partition)).pages.append(line)

    def open_now(self) -> list[tuple[Alert, Paged]]:
        """Return what is open: the most urgent first, then what nobody has, then the oldest."""
        found = [
            (paged.line, paged)
            for paged in self.alerts.values()
            if paged.line is not None and paged.line.state in OPEN_STATES
        ]
        return sorted(found, key=_order)

    def age_of(self, paged: Paged) -> str:
        """Say for how long it is open, by its partition's clock."""
        now, since = self.clocks.get(paged.partition), paged.raised_at
        return "" if now is None or since is None else span(max(now, since) - since)


def _order(found: tuple[Alert, Paged]) -> tuple[int, bool, datetime, str]:
    line, paged = found
    return (
        -priority_of(line).urgency,
        bool(paged.held_by),
        paged.raised_at or line.at,
        line.alert_id,
    )


@click.command()
@kafka_option
@click.option("--watch", is_flag=True, help="Follow it on the terminal until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON an alert, and end.")
def alerts(kafka: str, *, watch: bool, as_json: bool) -> None:
    """List what is open, for how long, how far it has climbed, and who has it."""
    if watch and (as_json or not sys.stdout.isatty()):
        raise click.UsageError("--watch needs a terminal, and goes without --json")
    board = Open()
    draw = partial(draw_open, board)
    show: Callable[[], None] | None = None
    if as_json:
        show = partial(_print_json, board)
    elif not watch:
        show = partial(print_once, draw)
    present(kafka, board, draw, topics=READ, show=show)


def draw_open(board: Open) -> RenderableType:
    """Draw what is open as a table."""
    found = board.open_now()
    if not found:
        return Text("Nothing is open.")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for line, paged in found:
        priority = priority_of(line)
        table.add_row(
            Text(priority, COLOUR_BY_PRIORITY[priority]),
            f"{clean(title_of(line.rule))} [{line.alert_id[:8]}]".replace("[", r"\["),
            Text(clean(line.patient_id)),
            Text(", ".join(place_of(line, EVERYTHING))),
            board.age_of(paged),
            str(paged.tier or ""),
            (paged.last_try or "").replace("_", " "),
            Text(_who(paged)),
        )
    return table


def _who(paged: Paged) -> str:
    held = paged.held_by
    if not held:
        return "nobody"
    return ", ".join(_holder(by, page) for by, page in held.items())


def _holder(by: str, page: PageLine) -> str:
    if page.handed_to is not None:
        return f"{clean(by)}, handed to {clean(page.handed_to)}"
    how = "" if page.outcome is Outcome.ACKNOWLEDGED else f" ({page.outcome})"
    return f"{clean(by)}{how}"


def _print_json(board: Open) -> None:
    for line, paged in board.open_now():
        said: dict[str, Any] = {
            "alert": line.model_dump(mode="json"),
            "raised_at": None if paged.raised_at is None else paged.raised_at.isoformat(),
            "tier": paged.tier,
            "last_try": paged.last_try,
            "held_by": list(paged.held_by),
        }
        click.echo(json.dumps(said))
