"""Shows what lies on the topics: once, or on a screen of its own that follows."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

import click
from rich.console import Console, RenderableType
from rich.live import Live

from deploy.status.reading import READ, Board, Reader, StatusError, reading
from stream.topic_check import NoBrokerError

DRAWN_EVERY_S: Final = 1.0  # the age of each line grows, even where nothing comes
WIDTH_OF_A_FILE: Final = 160  # columns

Draw = Callable[[], RenderableType]


def present(
    kafka: str,
    board: Board,
    draw: Draw,
    *,
    topics: Collection[str] = READ,
    show: Callable[[], None] | None,
) -> None:
    """Read what there is and have it shown; without `show` it is drawn and follows until Ctrl-C."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # we say ourselves what it would
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(kafka, board, draw, topics, show))
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)
    except (NoBrokerError, StatusError) as error:
        raise click.ClickException(str(error)) from error


def print_once(draw: Draw) -> None:
    """Draw it as it is now."""
    is_terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(highlight=False, width=None if is_terminal else WIDTH_OF_A_FILE)
    console.print(draw())


async def _run(
    kafka: str,
    board: Board,
    draw: Draw,
    topics: Collection[str],
    show: Callable[[], None] | None,
) -> None:
    if (task := asyncio.current_task()) is not None:
        # Ended from outside it gives the terminal back too.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with reading(kafka, board, topics) as reader:
        await reader.catch_up()
        if show is None:
            await _follow(reader, draw)
        else:
            show()


async def _follow(reader: Reader, draw: Draw) -> None:
    """Show it on a screen of its own, which leaves the terminal as it was; then its last state."""
    console, last = Console(highlight=False), draw()
    loop = asyncio.get_running_loop()
    try:
        with Live(last, console=console, screen=True, auto_refresh=False) as live:
            while True:
                due_s = loop.time() + DRAWN_EVERY_S
                while loop.time() < due_s:
                    await reader.follow()
                last = draw()
                live.update(last, refresh=True)
    finally:
        console.print(last)
