"""Pages on standard output: a block a page for people who watch a terminal."""

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alerts.page import Page
from alerts.routing import Part
from alerts.sinks import Delivery, Tried
from topics.alerts import Priority

NAME: Final = "console"
WIDTH_MAX: Final = 100
LABEL_WIDTH: Final = 6  # of the longest label
# What is short is read: only who has to act sees every row.
LONG_ROWS: Final = frozenset({"Source", "Alert"})
LONG_ROWS_OF_AN_END: Final = LONG_ROWS | {"Policy"}
PROMINENT_ROWS: Final = frozenset({"Who", "Do"})

HEAD_STYLES: Final = MappingProxyType(
    {
        Priority.P1: "bold white on red3",
        Priority.P2: "bold black on orange1",
        Priority.P3: "bold black on sky_blue2",
        Priority.INFO: "bold black on grey70",
    }
)
HEADS_UP_STYLE: Final = "bold black on wheat1"  # paler than what asks for an answer
ENDED_STYLE: Final = "bold black on green3"


class ConsoleSink:
    """Writes each page in one go, so that no two are ever mixed."""

    name: Final = NAME
    room: Final = None
    bundles: Final = True
    answers_as: Final = None

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        # A terminal that is stopped blocks whoever writes to it: that must not be the pager.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="stormwatch-console")

    async def send(self, page: Page) -> Tried:
        """Write the page; where nobody reads any more it is worth another try."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, self._write, page)
        except (OSError, ValueError) as error:  # a closed pipe, a closed stream
            return Tried(Delivery.RETRY, type(error).__name__)
        return Tried(Delivery.SENT)

    async def close(self) -> None:
        """Let go of the thread that writes."""
        self._writer.shutdown(wait=False, cancel_futures=True)

    def _write(self, page: Page) -> None:
        stream = self._stream or sys.stdout
        text = render(page, colours=stream.isatty(), width=_width(stream))
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()


def render(page: Page, *, colours: bool, width: int = WIDTH_MAX) -> str:
    """Return a page as it stands on the console, with an empty line after it."""
    drawn = io.StringIO()
    console = Console(
        file=drawn,
        width=width,
        force_terminal=colours,
        color_system="256" if colours else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    for each in (page, *page.also):
        console.print(_block(each, colours=colours, width=width))
    lines = (line.rstrip() for line in drawn.getvalue().splitlines())
    return "\n".join(lines) + "\n"


def _block(page: Page, *, colours: bool, width: int) -> RenderableType:
    head = Text(f" {page.call.upper()} ", style=_head_style(page))
    if colours:
        head.append(" " * max(0, width - head.cell_len))
    else:
        head = Text(f"== {page.call.upper()} ==".ljust(width, "="))
    table = Table.grid(padding=(0, 2))
    table.add_column(width=LABEL_WIDTH, style="dim")
    table.add_column(ratio=1, overflow="fold")
    long = LONG_ROWS if page.is_open else LONG_ROWS_OF_AN_END
    for label, lines in page.rows:
        if page.part is Part.ACT or label not in long:
            style = "bold" if label in PROMINENT_ROWS and page.is_open else ""
            table.add_row(label, Text("\n".join(lines), style=style))
    title = Text.assemble((page.title, "bold"), (f" ({page.rule})", "dim"))
    return Group(head, Padding(Group(title, table), (0, 0, 1, 1)))


def _head_style(page: Page) -> str:
    if not page.is_open:
        return ENDED_STYLE
    return HEADS_UP_STYLE if page.part is Part.HEADS_UP else HEAD_STYLES[page.priority]


def _width(stream: TextIO) -> int:
    if not stream.isatty():
        return WIDTH_MAX
    return min(WIDTH_MAX, Console(file=stream).width)
