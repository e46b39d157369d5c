"""`stormwatch policy`: read, check and compare what a site has set, before it is signed."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import click

from alerts.readings import counted
from deploy.policy_diff import Kind, differences, spells_of
from deploy.policy_option import DEFAULT_MANAGEMENT, engine_of, management_option
from deploy.replay_lines import ReplayLines, read_lines
from stream.clinical.engine import Engine
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.policies.thresholds import PolicyError
from stream.clinical.replay import replay
from stream.policy_file import read_policy, read_signed_policy
from topics.alerts import Alert

TROUBLE: Final = 2  # as of diff: 0 the same, 1 not the same
PIPED_WIDTH: Final = 160

file_argument = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def policy() -> None:
    """Read, check and compare the thresholds that a site has set."""


@policy.command()
@click.argument("file", required=False, type=file_argument)
@click.option("--warnings", is_flag=True, help="Say what a wrong value of each does.")
@management_option
def show(file: Path | None, management: str | None, *, warnings: bool) -> None:
    """Show every threshold: its value, how far a site may go, where it comes from.

    Without FILE what is built in. A draft need not be signed.
    """
    # Only a person waits for rich to load.
    from rich.console import Console  # noqa: PLC0415

    from deploy.policy_table import show as show_table  # noqa: PLC0415

    try:
        found = read_policy(file, management or DEFAULT_MANAGEMENT)
    except PolicyError as error:
        raise click.ClickException(_named(file, error)) from error
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    show_table(found, Console(highlight=False, width=width), with_warnings=warnings)


@policy.command()
@click.argument("file", type=file_argument)
@management_option
def validate(file: Path, management: str | None) -> None:
    """Check a file as a watcher does at its start; each mistake has a line, and status 1."""
    from deploy.policy_table import signature  # noqa: PLC0415

    try:
        found = read_signed_policy(file, management or DEFAULT_MANAGEMENT)
    except PolicyError as error:
        raise click.ClickException(_named(file, error)) from error
    name = found.profile.name
    click.echo(f"{file}: policy {found.policy_hash}, management {name}: {signature(found)}")


@policy.command()
@click.argument("one")
@click.argument("two")
@click.argument("files", nargs=-1, required=True, type=file_argument)
@click.option("--json", "as_json", is_flag=True, help="NDJSON for programs.")
@management_option
def diff(
    one: str, two: str, files: tuple[Path, ...], management: str | None, *, as_json: bool
) -> None:
    """Replay files under two policies, and say which alerts and which advice differ.

    ONE and TWO are files of a site (under --management) or management profiles. Status 0: the same
    alerts; 1: others; 2: trouble.
    """
    engines = [_engine(each, management) for each in (one, two)]
    found = read_lines(files, exit_code=TROUBLE)
    spells = [spells_of(_told(engine, found)) for engine in engines]
    changes = differences(*spells)
    for change in changes:
        click.echo(json.dumps(change.as_json()) if as_json else change.in_words())
    if not as_json:
        hashes = f"{engines[0].policy_hash} and {engines[1].policy_hash}"
        counts = Counter(change.kind for change in changes)
        said = ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind])
        alerts = counted(sum(map(len, spells[0].values())), "alert")
        click.echo(f"{hashes}: {said or 'no difference'} ({alerts} under the first)")
    raise click.exceptions.Exit(1 if changes else 0)


def _engine(name: str, management: str | None) -> Engine:
    if name in MANAGEMENT:
        return Engine(management=name)
    path = Path(name)
    if not path.is_file():
        raise click.UsageError(f"{name} is no file and none of {', '.join(MANAGEMENT)}")
    try:
        return engine_of(path, management)
    except click.ClickException as error:
        error.exit_code = TROUBLE
        raise


def _told(engine: Engine, found: ReplayLines) -> list[Alert]:
    return [each for each in replay(engine, found.lines) if isinstance(each, Alert)]


def _named(file: Path | None, error: PolicyError) -> str:
    return "\n".join(f"{file}: {line}" for line in str(error).splitlines())
