"""The wards that the clinical engine is measured on."""

import tempfile
from itertools import islice
from pathlib import Path
from typing import Final

from ward import ADMITTED, write_ward

from deploy.simulate.ward import Ward
from deploy.simulate.ward import events as simulated
from topics.feeds import replay
from topics.feeds.replay import Line

PATIENTS: Final = 50
MONITORED_SEED: Final = 3  # its first patient stays for a month
SIMULATED_H: Final = 240  # more than any number of events that is asked for


def ward_lines(events: int, patients: int = PATIENTS) -> list[Line]:
    """Return the lines of a ward on a bad night, in order: at least so many events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ward.ndjson")
        write_ward(path, patients=patients, events=events)
        return lines_of(path)


def simulated_lines(events: int) -> list[Line]:
    """Return the lines of a ward as `stormwatch simulate` makes it, in order: so many events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "simulated.ndjson")
        sent = simulated(Ward(PATIENTS, SIMULATED_H, 1, ADMITTED))
        path.write_bytes(b"".join(each.line() for each in islice(sent, events)))
        return lines_of(path)


def monitored_lines(hours: float, patients: int) -> list[Line]:
    """Return the lines of a simulated ward whose monitors speak every minute, in order."""
    ward = Ward(patients, hours, MONITORED_SEED, ADMITTED, faults=0.0, every_min=1.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "monitored.ndjson")
        path.write_bytes(b"".join(each.line() for each in simulated(ward)))
        return lines_of(path)


def lines_of(path: Path) -> list[Line]:
    """Read a replay file."""
    lines = [line for line in replay.read(path) if isinstance(line, Line)]
    return list(replay.merge(lines))
