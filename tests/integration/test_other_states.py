"""States that a worker can't read: of another version it ends, of one patient it goes on."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import encoded, lab
from commands import Produce, Produced, Read, Stormwatch
from oracle import recovered

from stream import lives
from stream.clinical import state
from stream.ending import EX_SOFTWARE
from stream.lives import AT_ONCE_MS
from stream.partition import Epoch, Stamp, head_of, write
from topics import registry

LIMIT_S = 60
PARTITION = 3
BAD, GOOD = b"p-bad", b"p-1"
VERSIONS = {registry.WATCH_CHANGELOG: state.VERSION, registry.PAGE_CHANGELOG: lives.VERSION}


def kept(changelog: str, version: int) -> Produced:
    """Build a state as a worker of some version left it, with something due of it."""
    head = head_of(Stamp(Epoch(0, 1), 1))
    value = write(head, (b'{"version":%d,"of":"another"}' % version, AT_ONCE_MS))
    return Produced(changelog, value, BAD, partition=PARTITION)


@pytest.mark.usefixtures("fresh_topics")
@pytest.mark.parametrize(
    ("role", "changelog"),
    [("watch", registry.WATCH_CHANGELOG), ("page", registry.PAGE_CHANGELOG)],
)
async def test_a_worker_ends_on_states_of_another_version_and_leaves_them_as_they_are(
    role: str, changelog: str, stormwatch: Stormwatch, produce: Produce, read_all: Read
) -> None:
    known = VERSIONS[changelog]
    await produce([kept(changelog, known + 1)])

    worker = stormwatch.start(role, STORMWATCH_METRICS_PORT="0")
    status = await asyncio.to_thread(worker.wait, LIMIT_S)

    assert status == EX_SOFTWARE
    assert "worker_ends" in stormwatch.log_of(worker)
    assert (
        f"1 states of partitions {PARTITION} are of version {known + 1}, and this program knows "
        f"{known} alone"
    ) in stormwatch.log_of(worker)
    assert [record.value for record in await read_all(changelog)] == [
        kept(changelog, known + 1).value
    ]


@pytest.mark.usefixtures("fresh_topics")
async def test_one_that_is_damaged_keeps_nobody_else_from_being_watched_and_paged(
    stormwatch: Stormwatch, produce: Produce, read_all: Read
) -> None:
    await produce([kept(changelog, version) for changelog, version in VERSIONS.items()])
    workers = [stormwatch.start(role, STORMWATCH_METRICS_PORT="0") for role in ("watch", "page")]
    now = datetime.now(UTC)
    high = encoded(lab("ferritin", 60_000, at=now, patient_id=GOOD.decode()))
    await produce([Produced(registry.LABS, high, GOOD, partition=PARTITION)])

    async def told(topic: str, patient_id: bytes) -> list[dict[str, Any]]:
        lines = (json.loads(each.value) for each in await read_all(topic))
        return [each for each in lines if each.get("patient_id") == patient_id.decode()]

    for patient_id in (BAD, GOOD):
        await until(lambda each=patient_id: told(registry.PAGES, each))  # type: ignore[misc]
    lines = await told(registry.ALERTS, BAD)
    states = recovered(await read_all(registry.WATCH_CHANGELOG))
    assert [stormwatch.end(worker) for worker in workers] == [0, 0]

    assert {each["rule"] for each in lines} == {"OPS-ENGINE"}
    assert {each["priority"] for each in lines} == {"P1", "P2"}
    assert states[BAD.decode()] == b'{"version":%d,"of":"another"}' % state.VERSION
    assert state.decode(states[GOOD.decode()]).applied == {registry.LABS: 0}


async def until(condition: Callable[[], Awaitable[list[Any]]]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.5)
