"""`stormwatch route`: who would be told of an alert and when, whether a routes file will do."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from alerts.built_in import through
from alerts.diagram import draw
from alerts.foretold import Call, foretell
from alerts.policy import Policy
from alerts.readings import clean, moment, span
from alerts.routing import LOOP_BACK, Part
from alerts.sinks import console, webhook
from alerts.titles import TITLES, title_of
from deploy.moments import Moment
from deploy.sinks_file import SinksError, read_entries
from stream.rotas import Calendars
from stream.routes_file import RoutesError, RoutesFile, read_routes
from topics import codec, registry
from topics.alerts import Alert, AlertState, Priority, alert_id

NO_FILE: Final = MappingProxyType(
    {  # the sinks that stand in no file, and what they do with a page
        console.NAME: "writes it on the console of the pager, and the end",
        webhook.NAME: "posts it, signed, to STORMWATCH_WEBHOOK_URL, and the end",
    }
)
OF_PROBES: Final = {LOOP_BACK: "takes what probes raise, and tells nobody"}
SAMPLE: Final = "SAMPLE"  # the patient of an alert that is made up

sinks_option = click.option(
    "--sinks",
    "sinks_file",
    envvar="STORMWATCH_SINKS",
    show_envvar=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of the pager's gateways; no secret that it names is read.",
)
sink_option = click.option(
    "--sink",
    "named",
    multiple=True,
    help="A sink that the pager has beside those of the file; give it once for each. If you say "
    "nothing: the console, and the webhook where it is set or there is no file.",
)


@click.group()
def route() -> None:
    """Who is told of what, and when."""


@route.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@sinks_option
@sink_option
def check(file: Path, sinks_file: Path | None, named: tuple[str, ...]) -> None:
    """Check a routes file against the pager's gateways, and read its calendars."""
    sinks = _sinks(sinks_file, named)
    try:
        routes = read_routes(file)
        routes.policy(sinks)
    except RoutesError as error:
        raise click.ClickException(f"{file.name}:\n{error}") from error
    calendars = Calendars(routes, _now)
    rotas = asyncio.run(calendars.read())
    for name in routes.schedules:
        unknown = calendars.unknown(name)
        names_nobody = f", {unknown} entries name nobody who is known" if unknown else ""
        click.echo(f"schedule {name}: {len(rotas[name])} shifts in the next 30 days{names_nobody}")
        if not rotas[name]:
            click.echo(f"warning: nobody has duty in schedule {name}: the role is told", err=True)
    click.echo(f"{file.name}: every P1 and P2 reaches somebody")


@route.command()
@click.argument("alert", required=False)
@click.option("--rule", type=click.Choice(sorted(TITLES)), default="TOCI-IND", show_default=True)
@click.option(
    "--priority",
    type=click.Choice([each.value for each in Priority]),
    default=Priority.P1.value,
    show_default=True,
)
@click.option("--unit", help="The ward.")
@click.option("--at", type=Moment(), help="When it is raised; now if you say nothing.")
@click.option(
    "--routes",
    "file",
    envvar="STORMWATCH_ROUTES",
    show_envvar=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The routes file; without it what is built in.",
)
@sinks_option
@sink_option
def test(  # noqa: PLR0913, what click hands over
    alert: str | None,
    *,
    rule: str,
    priority: str,
    unit: str | None,
    at: datetime | None,
    file: Path | None,
    sinks_file: Path | None,
    named: tuple[str, ...],
) -> None:
    """Say who would be told of ALERT, when and through which gateways, if nobody answers.

    ALERT is a line of the alerts topic as JSON, or - to read one; without it one is made up from
    the options.
    """
    raised = at or _now()
    line = _made_up(rule, Priority(priority), unit, raised) if alert is None else _read(alert)
    sinks = _sinks(sinks_file, named)
    policy = _policy(file, sinks)
    level = policy.level_of(line)
    where = "" if line.unit is None else f", ward {clean(line.unit)}"
    click.echo(f"{level.priority} {title_of(line.rule)} ({line.rule}){where}, {moment(raised)}")
    calls = list(foretell(line, raised, policy))
    for said in (row for call in calls for row in _rows(call, policy)):
        click.echo(said)
    if not calls:
        click.echo("  nobody is told")
    elif len(calls) > 1:
        every = span(calls[-1].after - calls[-2].after)
        click.echo(f"  and so on, every {every}, until somebody answers or it is over")
    for name in sorted({send.address.sink for call in calls for send in call.sends}):
        click.echo(f"{name}: {(sinks | OF_PROBES)[name]}")


@route.command()
def diagram() -> None:
    """Draw the life of an alert as a Mermaid diagram; docs/pager.md shows it."""
    click.echo(draw(), nl=False)


def _sinks(file: Path | None, named: tuple[str, ...]) -> dict[str, str]:
    """Return the sinks that the pager has, each with what it does."""
    try:
        of_file = {} if file is None else read_entries(file)
    except SinksError as error:
        raise click.ClickException(f"the file of gateways:\n{error}") from error
    has_webhook = file is None or "STORMWATCH_WEBHOOK_URL" in os.environ
    without = named or (console.NAME, *((webhook.NAME,) if has_webhook else ()))
    does = {name: NO_FILE.get(name, "is in no file that was read") for name in without}
    return does | {name: entry.does for name, entry in of_file.items()}


def _policy(file: Path | None, sinks: Mapping[str, str]) -> Policy:
    if file is None:
        return Policy(through(*sinks))
    try:
        routes: RoutesFile = read_routes(file)
        policy = routes.policy(sinks)
    except RoutesError as error:
        raise click.ClickException(f"{file.name}:\n{error}") from error
    rotas = asyncio.run(Calendars(routes, _now).read())
    return replace(policy, routing=replace(policy.routing, rotas=rotas))


def _read(text: str) -> Alert:
    said = sys.stdin.read() if text == "-" else text
    read = codec.decode_line(registry.ALERTS, said.encode())
    if not isinstance(read, Alert):
        raise click.UsageError("ALERT is no line of the alerts topic")
    return read


def _made_up(rule: str, priority: Priority, unit: str | None, at: datetime) -> Alert:
    return Alert(
        at=at,
        patient_id=SAMPLE,
        alert_id=alert_id(SAMPLE, 0, rule, 0),
        rule=rule,
        revision=1,
        priority=priority,
        state=AlertState.RAISED,
        priorities={"manikath-2025": priority},
        management="",
        because=(),
        advice="",
        source="",
        unit=unit,
    )


def _rows(call: Call, policy: Policy) -> Iterator[str]:
    """Write who is told at one time, one role a line, with its sinks."""
    sinks: dict[tuple[str, str, Part], list[str]] = {}
    for send in call.sends:
        who = (send.address.target, send.address.person, send.part)
        sinks.setdefault(who, []).append(send.address.sink)
    routing = policy.routing
    for (target, person, part), through_these in sinks.items():
        on_duty = f" ({routing.title_of(person)})" if person else ""
        wanted = "" if part is Part.ACT else f", {part.value.replace('_', '-')}"
        first = call.sends[0]
        yield (
            f"  +{span(call.after):<10} tier {first.tier}  {routing.title_of(target)}{on_duty}"
            f"{wanted}  by {', '.join(sorted(through_these))}  ({first.reason.replace('_', ' ')})"
        )


def _now() -> datetime:
    return datetime.now(UTC)
