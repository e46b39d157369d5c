"""Where every thread and every task of this process is: places in the code, and no values."""

import asyncio
import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, NoReturn

from stream.ending import end_process, end_unheard

DEEPEST: Final = 12  # places of one stack, the innermost ones
TASKS: Final = 200  # of one loop
STDERR: Final = "/proc/self/fd/2"

log = logging.getLogger("stormwatch.stacks")


def end_stuck(reason: str, loops: Callable[[], Iterable[asyncio.AbstractEventLoop]]) -> NoReturn:
    """End this process, and say where everything was; called from a thread that is not stuck."""
    end_unheard()
    try:
        log_stacks(loops())
    finally:  # what could not be said is in the last line
        end_process(reason)


def end_unless_again(limit_s: float, descriptor: int) -> None:
    """End this process with status 1 and its stacks, unless this is called again in time.

    For what holds Python's own lock for ever, as C code can: then no thread of ours gets its turn,
    and the one that waits here is not Python's.
    """
    faulthandler.dump_traceback_later(limit_s, exit=True, file=descriptor)


def open_unblocked() -> int:
    """Open stderr a second time, so that what can't be written there at once is left out.

    Not waiting belongs to what was opened, which other processes and our own log share: a copy of
    the descriptor would take it from them too. A socket can't be opened again: there, nothing is
    written.
    """
    try:
        return os.open(STDERR, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def log_stacks(loops: Iterable[asyncio.AbstractEventLoop]) -> None:
    """Log all stacks. May be called from any thread, whatever the others do."""
    for name, places in chain(_of_threads(), _of_tasks(loops)):
        log.critical("stack_of %s: %s", name, " < ".join(places))


def _of_threads() -> Iterator[tuple[str, list[str]]]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():  # noqa: SLF001, meant for debuggers
        yield f"thread {names.get(ident, ident)}", _places(frame)


def _of_tasks(loops: Iterable[asyncio.AbstractEventLoop]) -> Iterator[tuple[str, list[str]]]:
    for loop in loops:
        for task in list(asyncio.all_tasks(loop))[:TASKS]:
            yield f"task {task.get_name()}", _awaited(task.get_coro())


def _places(frame: FrameType | None) -> list[str]:
    places: list[str] = []
    while frame is not None and len(places) < DEEPEST:
        places.append(_place(frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return places


def _awaited(coroutine: Any) -> list[str]:  # noqa: ANN401, anything that can be awaited
    """Follow what a task awaits down to where it waits; a task's own stack shows only its top."""
    places: list[str] = []
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is None:
            places.append(f"<{type(coroutine).__name__}>")
            break
        places.append(_place(frame.f_code, frame.f_lineno))
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return places[::-1][:DEEPEST]


def _place(code: CodeType, line: int) -> str:
    return f"{Path(code.co_filename).name}:{line} {code.co_name}"
