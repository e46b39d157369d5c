"""`stormwatch sinks`: check a file of gateways, and try one of them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import click

from alerts.page import Page
from alerts.routing import Part, Target
from alerts.sinks import Delivery, Sink, Tried
from deploy.sinks_file import SinksError, read_sinks
from topics.alerts import AlertState, Priority

RULE: Final = "TEST"


@click.group()
def sinks() -> None:
    """Check and try the gateways of a file (STORMWATCH_SINKS)."""


file_option = click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="STORMWATCH_SINKS",
    show_envvar=True,
    required=True,
)


@sinks.command()
@file_option
def check(path: Path) -> None:
    """Read the file and every secret that it names."""
    for name, sink in _read(path).items():
        click.echo(f"{name}: {type(sink).__name__.removesuffix('Sink')}")


@sinks.command(name="try")
@click.argument("name")
@file_option
def try_one(name: str, path: Path) -> None:
    """Send a page through the sink NAME that says that it is a test, and call it off."""
    found = _read(path)
    if name not in found:
        raise click.UsageError(f"there is no sink {name}; there are {', '.join(sorted(found))}")
    for what, tried in zip(("page", "end"), asyncio.run(_both(found[name])), strict=True):
        why = f": {tried.why}" if tried.why else ""
        click.echo(f"{what} {tried.delivery.value}{why}")
        if tried.delivery is not Delivery.SENT:
            raise click.exceptions.Exit(1)


def _read(path: Path) -> dict[str, Sink]:
    try:
        return dict(read_sinks(path))
    except SinksError as error:
        raise click.ClickException(str(error)) from error


async def _both(sink: Sink) -> tuple[Tried, Tried]:
    opened = a_test(datetime.now(UTC))
    ended = replace(opened, state=AlertState.RESOLVED, is_open=False, call="ENDED: a test")
    try:
        return await sink.send(opened), await sink.send(ended)
    finally:
        await sink.close()


def a_test(now: datetime) -> Page:
    """Write a page that says that it is a test."""
    return Page(
        page_id=str(uuid4()),
        alert_id=str(uuid4()),
        revision=1,
        patient_id=None,
        unit=None,
        bed=None,
        rule=RULE,
        priority=Priority.P3,
        state=AlertState.RAISED,
        is_open=True,
        at=now,
        target=Target.OPERATIONS,
        role="Operations",
        person="",
        tier=1,
        part=Part.LIST,
        answer_within=None,
        subject="P3 TEST of Stormwatch: this gateway works, and no patient is meant.",
        call="P3 | Operations: a test",
        title="Test",
        who="Nobody: no patient is meant.",
        what=("Somebody tries whether this gateway works.",),
        why=(),
        advice="Nothing.",
        under="",
        source="",
        answer="",
    )
