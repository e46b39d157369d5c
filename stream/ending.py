"""How a worker ends when going on would lose something: at once, and saying why."""

import _thread
import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Final, NoReturn

EX_SOFTWARE: Final = 70
ENDED_WITHIN_S: Final = 25.0  # less than what supervisors grant, also with what is said: 30 s
SAID_WITHIN_S: Final = 4.0  # why it ends; a log that takes no more does not keep it

LEFT_WITHIN_S: Final = 5.0  # by one of which nothing can be lost any more

log = logging.getLogger("stormwatch.ending")


def end_soon(end: Callable[[str], object]) -> None:
    """End this process even if something keeps it from ending as it was asked to."""
    timer = threading.Timer(ENDED_WITHIN_S, _end_in_any_case, [end])
    timer.daemon = True
    timer.start()


def end_settled_soon(*, crashed: bool) -> None:
    """End this process even if its brokers let it neither commit nor leave; all it has is durable.

    The next one takes again what was not committed, and knows it.
    """
    timer = threading.Timer(LEFT_WITHIN_S, _end_settled, [EX_SOFTWARE if crashed else 0])
    timer.daemon = True
    timer.start()


def _end_settled(status: int) -> None:
    end_unheard(status)
    log.warning("ends_without_leaving: its brokers did not answer")
    logging.shutdown()
    os._exit(status)


def _end_in_any_case(end: Callable[[str], object]) -> None:
    end_unheard()
    try:
        end("asked to end, it did not")
    finally:  # a worker that is half gone may not be able to say where it is
        os._exit(EX_SOFTWARE)


def end_unheard(status: int = EX_SOFTWARE) -> None:
    """End this process within seconds, whatever its log does: called before the first line.

    Where nobody reads stderr any more a line waits for ever, and with it whoever has another. This
    is the barest of threads: it needs no lock that one of them may hold.
    """
    with contextlib.suppress(RuntimeError):  # there is no thread to be had; the log may well do
        _thread.start_new_thread(_end_unheard, (status,))


def _end_unheard(status: int) -> None:
    time.sleep(SAID_WITHIN_S)
    os._exit(status)


def end_process(reason: str, error: BaseException | None = None) -> NoReturn:
    """End this process now. Its memory is ahead of what is durable: nothing of it may be written.

    A supervisor starts it again, and it begins where the broker knows it to be.
    """
    end_unheard()
    try:
        log.critical("worker_ends: %s", reason, exc_info=error or sys.exc_info()[1])
        logging.shutdown()
    finally:
        os._exit(EX_SOFTWARE)


class Parts:
    """What runs side by side in the event loop. Whatever of it ends, ends the process.

    A worker that ends on purpose has its parts cancelled; what fails even then still ends it.
    """

    def __init__(self, *, on_purpose: Callable[[], bool]) -> None:
        self._on_purpose = on_purpose
        self._tasks: list[asyncio.Task[None]] = []

    def run(self, *parts: Coroutine[object, object, None]) -> None:
        """Run these too."""
        for part in parts:
            task = asyncio.create_task(part)
            task.add_done_callback(self._end_with)
            self._tasks.append(task)

    def _end_with(self, task: "asyncio.Task[None]") -> None:
        part = getattr(task.get_coro(), "__qualname__", task.get_name())
        if task.cancelled():
            if not self._on_purpose():
                end_process(f"a part of the worker was cancelled: {part}")
        elif (error := task.exception()) is not None:
            end_process(f"a part of the worker failed: {part}", error)
        elif not self._on_purpose():
            end_process(f"a part of the worker has returned: {part}")


def look_for_ever(name: str, look: Callable[[], object], every_s: float) -> None:
    """Look again and again, from a thread of its own; a look that fails ends the process.

    Without that thread nobody would notice what it looks for, nor that it is no more.
    """
    threading.Thread(
        target=_look_for_ever, args=(name, look, every_s), name=f"stormwatch-{name}", daemon=True
    ).start()


def _look_for_ever(name: str, look: Callable[[], object], every_s: float) -> None:
    try:
        while True:
            time.sleep(every_s)
            look()
    finally:
        end_process(f"the {name} can look no more")
