"""How a worker ends when going on would lose something: at once, and saying why."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Final, NoReturn

EX_SOFTWARE: Final = 70
ENDED_WITHIN_S: Final = 25.0  # less than what supervisors grant: 30 s in Kubernetes

log = logging.getLogger("stormwatch.ending")


def end_soon(end: Callable[[str], object]) -> None:
    """End this process even if something keeps it from ending as it was asked to."""
    timer = threading.Timer(ENDED_WITHIN_S, _end_in_any_case, [end])
    timer.daemon = True
    timer.start()


def _end_in_any_case(end: Callable[[str], object]) -> None:
    try:
        end("asked to end, it did not")
    finally:  # a worker that is half gone may not be able to say where it is
        os._exit(EX_SOFTWARE)


def end_process(reason: str) -> NoReturn:
    """End this process now. Its memory is ahead of what is durable: nothing of it may be written.

    A supervisor starts it again, and it begins where the broker knows it to be.
    """
    log.critical("worker_ends: %s", reason, exc_info=sys.exc_info()[0] is not None)
    logging.shutdown()
    os._exit(EX_SOFTWARE)


def end_with(task: "asyncio.Task[None]") -> None:
    """End this process if a part of it has failed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("part_failed", exc_info=error)
        end_process("a part of the worker failed")
