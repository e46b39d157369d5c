"""`stormwatch simulate`: a replay file of a ward that nobody lay on."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import click

from deploy.moments import Moment
from deploy.simulate.ward import Ward, events

START: Final = datetime(2026, 3, 1, tzinfo=UTC)


@click.command()
@click.option("--patients", type=click.IntRange(1), default=20, show_default=True)
@click.option("--hours", type=click.FloatRange(0, min_open=True), default=24, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same gives the same.")
@click.option("--start", type=Moment(), default=START, show_default=True, help="The first moment.")
@click.option(
    "--every",
    "every_min",
    type=click.FloatRange(0, min_open=True),
    metavar="MINUTES",
    help="Vitals at this interval; else 4 h to 1 min, by how sick a patient is.",
)
@click.option(
    "--faults",
    type=click.FloatRange(0, 10),
    default=1.0,
    show_default=True,
    help="So many times the usual faults of feeds; 0 for none.",
)
@click.option("--wrong-clocks", is_flag=True, help="Some readings from clocks that run ahead.")
@click.option(
    "--against-rules",
    "against",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="The share of treatment that is late, forgotten or wrong.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Else standard output."
)
def simulate(out: Path | None, **asked: object) -> None:
    """Write a replay file of a simulated ward, one event a line in the order of arrival.

    Storms come as often, as soon and for as long as published for each product. Everything follows
    from the arguments: the same ones give the same bytes.
    """
    ward = Ward(**asked)  # type: ignore[arg-type]  # click has checked each
    if out is None:
        _write(ward, sys.stdout.buffer)
        return
    try:
        with out.open("wb") as file:
            count = _write(ward, file)
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from error
    click.echo(f"{count} events", err=True)


def _write(ward: Ward, file: BinaryIO) -> int:
    count = 0
    for count, sent in enumerate(events(ward), start=1):  # noqa: B007
        file.write(sent.line())
    return count
