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
    log.warning("ends_without_leaving: its brokers did not answer")
    logging.shutdown()
    os._exit(status)


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
