"""How workers ended, against what was done to them."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chaos.faults import Process, Trouble

from stream.ending import EX_SOFTWARE

NO_BROKER: Final = 1  # one that starts finds none, and says so
SAYS_WHY: Final = {
    EX_SOFTWARE: ("worker_ends", "ends_without_leaving"),
    NO_BROKER: ("Error: STORMWATCH_KAFKA:",),
}
ASKED: Final = frozenset({0, -signal.SIGTERM})  # the signal: before it was listened for
LAST_WORDS: Final = 160  # characters


def unexpected(trouble: Trouble) -> list[str]:
    """Name the workers that ended as nothing that was done to them explains, or did not end."""
    return [*trouble.hung, *_unexplained(trouble)]


def _unexplained(trouble: Trouble) -> Iterator[str]:
    for process, log in trouble.workers.stormwatch.started:
        status = process.poll()
        if status is not None and not _is_explained(trouble, process, status, log):
            said = log.read_text(errors="replace").strip().splitlines()
            yield f"worker {log.stem} ended with {status}: {''.join(said[-1:])[:LAST_WORDS]}"


def _is_explained(trouble: Trouble, process: Process, status: int, log: Path) -> bool:
    if status == -signal.SIGKILL:
        return process in trouble.killed
    if status in ASKED:
        return process in trouble.asked
    said = log.read_text(errors="replace")
    return any(sign in said for sign in SAYS_WHY.get(status, ()))
