"""`stormwatch status`: what is known now, as a table that follows, sickest first."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import click
from rich.console import RenderableType

from deploy.kafka_option import kafka_option
from deploy.status.drawing import draw_board, draw_patient, shown_of
from deploy.status.known import Board, Known
from deploy.status.live import present, print_once
from deploy.status.reading import StatusError


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
@kafka_option
@click.option("--once", is_flag=True, help="Print it and end; so it is too without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a patient, and end.")
@click.option("--all", "everyone", is_flag=True, help="Those who are no longer watched too.")
def status(patient: str | None, kafka: str, *, once: bool, as_json: bool, everyone: bool) -> None:
    """Show what is known of all patients now, sickest first, or all that is known of PATIENT.

    Grades are ranges: what is proven, and what is not ruled out. Follows until Ctrl-C.
    """
    asked, board = Asked(patient, everyone), Board()
    draw = partial(asked.draw, board)
    show: Callable[[], None] | None = None
    if as_json:
        show = partial(_print_json, asked, board)
    elif once or not sys.stdout.isatty():
        show = partial(print_once, draw)
    present(kafka, board, draw, show=show)


def _print_json(asked: Asked, board: Board) -> None:
    for known in asked.of(board):
        line = {
            "patient_id": known.patient_id,
            "watched": known.is_watched,
            "status": None if known.status is None else known.status.model_dump(mode="json"),
            "alerts": [alert.model_dump(mode="json") for alert in known.open_alerts],
        }
        click.echo(json.dumps(line))
