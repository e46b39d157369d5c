"""The wards that the clinical engine is measured on."""

import tempfile
from pathlib import Path

from ward import write_ward

from topics.feeds import replay
from topics.feeds.replay import Line

PATIENTS = 50


def ward_lines(events: int, patients: int = PATIENTS) -> list[Line]:
    """Return the lines of a ward on a bad night, in order: at least so many events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ward.ndjson")
        write_ward(path, patients=patients, events=events)
        return lines_of(path)


def lines_of(path: Path) -> list[Line]:
    """Read a replay file."""
    lines = [line for line in replay.read(path) if isinstance(line, Line)]
    return list(replay.merge(lines))
