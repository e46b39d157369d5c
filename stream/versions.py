"""Refuses partitions whose states another version of this program wrote.

To begin with them would be to know nothing of these patients, and to go on without them is worse:
whoever can read them still may, as long as nobody writes. So a worker ends before it claims.
"""

import re
from collections.abc import Mapping
from typing import Final

from stream.ending import end_process
from stream.partition import Partition

# What a state begins with, in JSON of any writer. One without it is damaged, and not of a version.
SAID: Final = re.compile(rb'\s*\{\s*"version"\s*:\s*(\d{1,9})\s*[,}]')


def refuse_foreign(known: int, found: Mapping[int, Partition]) -> None:
    """End this process if states are of another version; none of them is decoded for it."""
    ours = b'{"version":%d,' % known  # as we write it: of nearly all of them
    foreign = [
        (version, partition)
        for partition, held in found.items()
        for state, _ in held.states.values()
        if not state.startswith(ours) and (version := foreign_version(state, known)) is not None
    ]
    if foreign:
        versions, partitions = (
            ", ".join(map(str, sorted(set(each)))) for each in zip(*foreign, strict=True)
        )
        end_process(
            f"{len(foreign)} states of partitions {partitions} are of version {versions}, and this "
            f"program knows {known} alone: start the one that wrote them"
        )


def foreign_version(state: bytes, known: int) -> int | None:
    """Return the version of a state, without reading it, where it is another than the known one."""
    version = version_of(state)
    return None if version == known else version


def version_of(state: bytes) -> int | None:
    """Return the version that a state says it is of; None if it says none."""
    said = SAID.match(state)
    return None if said is None else int(said[1])
