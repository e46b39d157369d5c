"""`stormwatch broker`: a real Kafka on this machine, in the background."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from deploy.broker import layout as layouts
from deploy.broker.background import start as start_broker
from deploy.broker.background import status as status_of
from deploy.broker.background import stop as stop_broker
from deploy.broker.failure import BrokerError
from deploy.broker.folders import broker_folder
from deploy.broker.jars import KAFKA

HIGHEST_PORT: Final = 65_533  # three nodes take three ports


@click.group()
def broker() -> None:
    """Run a real Apache Kafka on this machine: no Docker, no Java, no root.

    It listens on 127.0.0.1 and asks nobody who they are: for trying, developing and testing.
    """


def in_folder(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that all of these commands have."""
    return click.option(
        "--dir",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=broker_folder,
        show_default="in your state folder",
        help="Where the broker keeps its records.",
    )(command)


@broker.command()
@click.option("--nodes", type=click.Choice(["1", "3"]), help="How many nodes; 1 for a new broker.")
@click.option(
    "--port",
    type=click.IntRange(1, HIGHEST_PORT),
    help="The client port of the first node, the others take the next ones; free ones by default.",
)
@in_folder
def start(nodes: str | None, port: int | None, folder: Path) -> None:
    """Start it, on its old records if there are any, and wait until it is ready.

    The only line on standard output says where clients find it:

        export STORMWATCH_KAFKA=$(stormwatch broker start)
    """
    with _explained(folder):
        layout = start_broker(folder.absolute(), int(nodes) if nodes else None, port)
    click.echo(f"{KAFKA} is ready; its folder is {layout.folder}", err=True)
    click.echo(layout.bootstrap)


@broker.command()
@in_folder
def stop(folder: Path) -> None:
    """End it cleanly. Its records stay."""
    with _explained(folder):
        ended = stop_broker(folder.absolute())
    what = f"{KAFKA} has ended" if ended else "no broker runs"
    click.echo(f"{what}; its folder is {folder.absolute()}", err=True)


@broker.command()
@in_folder
def status(folder: Path) -> None:
    """Say what runs, where, and since when. Exits with 1 unless every node answers."""
    with _explained(folder):
        layout = layouts.load(folder.absolute())
        nodes = status_of(layout) if layout else []
    if layout is None:
        click.echo(f"no broker in {folder.absolute()}")
        sys.exit(1)
    click.echo(f"{KAFKA} at {layout.bootstrap}, its folder is {layout.folder}")
    for node in nodes:
        if node.pid is None:
            how = "does not run"
        else:
            since = f"{node.since:%Y-%m-%d %H:%M:%S} UTC"
            how = f"{'runs' if node.answers else 'does not answer'}, pid {node.pid}, since {since}"
        click.echo(f"node {node.node}: {how}, port {node.port}, log {node.log}")
    sys.exit(0 if all(node.answers for node in nodes) else 1)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Say in one line what cannot be done, and why."""
    try:
        yield
    except BrokerError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot use {folder}: {error.strerror or error}") from error
