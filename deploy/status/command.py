"""`stormwatch status`: what is known now, as a table that follows, sickest first."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import click
from rich.console import Console, RenderableType
from rich.live import Live

from deploy.status.drawing import draw_board, draw_patient, shown_of
from deploy.status.known import Board, Known
from deploy.status.reading import Reader, StatusError, reading
from stream.topic_check import NoBrokerError

DRAWN_EVERY_S: Final = 1.0  # the age of each line grows, even where nothing comes
WIDTH_OF_A_FILE: Final = 160  # columns


@dataclass(frozen=True)
class Asked:
    """Whom and what to show."""

    patient_id: str | None
    everyone: bool

    def of(self, board: Board) -> list[Known]:
        """Choose the patients. Raises `StatusError` where one is named that nobody knows."""
        if self.patient_id is None:
            return shown_of(board, everyone=self.everyone)
        if (known := board.patients.get(self.patient_id)) is None:
            raise StatusError(f"nothing is known of a patient {self.patient_id}")
        return [known]

    def draw(self, board: Board) -> RenderableType:
        """Draw what is known as of this moment."""
        shown, wall = self.of(board), datetime.now(UTC)
        if self.patient_id is not None:
            return draw_patient(board, shown[0], wall)
        return draw_board(board, shown, wall)


@click.command()
@click.argument("patient", required=False)
@click.option(
    "--kafka",
    envvar="STORMWATCH_KAFKA",
    show_envvar=True,
    required=True,
    help="Brokers: host:port,…",
)
@click.option("--once", is_flag=True, help="Print it and end; so it is too without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a patient, and end.")
@click.option("--all", "everyone", is_flag=True, help="Those who are no longer watched too.")
def status(patient: str | None, kafka: str, *, once: bool, as_json: bool, everyone: bool) -> None:
    """Show what is known of all patients now, sickest first, or all that is known of PATIENT.

    Grades are ranges: what is proven, and what is not ruled out. Follows until Ctrl-C.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # we say ourselves what it would
    asked = Asked(patient, everyone)
    show: Callable[[Reader, Asked], None] | None = None
    if as_json:
        show = _print_json
    elif once or not sys.stdout.isatty():
        show = _print
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(kafka, asked, show))
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)
    except (NoBrokerError, StatusError) as error:
        raise click.ClickException(str(error)) from error


async def _run(kafka: str, asked: Asked, show: Callable[[Reader, Asked], None] | None) -> None:
    if (task := asyncio.current_task()) is not None:
        # Ended from outside it gives the terminal back too.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with reading(kafka) as reader:
        await reader.catch_up()
        if show is None:
            await _follow(reader, asked)
        else:
            show(reader, asked)


async def _follow(reader: Reader, asked: Asked) -> None:
    """Show it on a screen of its own, which leaves the terminal as it was; then its last state."""
    console, last = Console(highlight=False), asked.draw(reader.board)
    loop = asyncio.get_running_loop()
    try:
        with Live(last, console=console, screen=True, auto_refresh=False) as live:
            while True:
                due_s = loop.time() + DRAWN_EVERY_S
                while loop.time() < due_s:
                    await reader.follow()
                last = asked.draw(reader.board)
                live.update(last, refresh=True)
    finally:
        console.print(last)


def _print(reader: Reader, asked: Asked) -> None:
    is_terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(highlight=False, width=None if is_terminal else WIDTH_OF_A_FILE)
    console.print(asked.draw(reader.board))


def _print_json(reader: Reader, asked: Asked) -> None:
    for known in asked.of(reader.board):
        line = {
            "patient_id": known.patient_id,
            "watched": known.is_watched,
            "status": None if known.status is None else known.status.model_dump(mode="json"),
            "alerts": [alert.model_dump(mode="json") for alert in known.open_alerts],
        }
        click.echo(json.dumps(line))
