"""The pager and `stormwatch ack` on a real broker: paged, answered, ended, killed."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from builders import NOON, PATIENT_ID
from commands import Produce, Produced, Read, Stormwatch
from pager import HOUR, line
from sinkkit import Gateway, gateway

from stream.page_lines import PAGER
from topics import codec, registry
from topics.alerts import Alert

LIMIT_S = 40
SECRET = "whsec_c2VudGluZWwta2V5LW9mLWEtd2ViaG9vay0zMi1ieXQ="  # noqa: S105, of a test
QUIET = {"STORMWATCH_TICKS": "topic", "STORMWATCH_METRICS_PORT": "0"}
LIVE = {"STORMWATCH_TICK_S": "0.5", "STORMWATCH_METRICS_PORT": "0"}


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """Wait for something that is true in the end."""
    deadline = time.monotonic() + LIMIT_S
    while not (found := await condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.2)
    return found


def record(said: Alert) -> Produced:
    return Produced(registry.ALERTS, codec.encode(said), said.patient_id.encode())


async def outcomes(read_all: Read) -> list[str]:
    return [json.loads(each.value)["outcome"] for each in await read_all(registry.PAGES)]


async def has(read_all: Read, *wanted: str) -> bool:
    return sorted(await outcomes(read_all)) == sorted(wanted)


@pytest.fixture
def alert() -> Alert:
    return line(priority="P1")


@pytest.fixture
def short_id(alert: Alert) -> str:
    """The beginning of the alert's id, as its page shows it."""
    return alert.alert_id[:8]


@pytest.mark.usefixtures("fresh_topics")
async def test_an_alert_is_paged_answered_and_called_off(
    stormwatch: Stormwatch, read_all: Read, produce: Produce, alert: Alert, short_id: str
) -> None:
    """As a responder sees it, on the console."""
    worker = stormwatch.start("page", **QUIET)
    await produce([record(alert)])
    await until(lambda: has(read_all, "sent"))

    answered = stormwatch.run("ack", short_id, "--by", "Nurse Joy", "--note", "on my way")
    await produce([record(line(2, "changed", "P1", at=NOON + 8 * HOUR))])  # nobody is told again
    await produce([record(line(3, "resolved", "P1", at=NOON + 9 * HOUR, advice="Given."))])
    await until(lambda: has(read_all, "sent", "acknowledged", "sent"))
    assert stormwatch.end(worker) == 0

    assert (answered.returncode, answered.stderr) == (0, "")
    assert answered.stdout == (
        "Acknowledged by Nurse Joy: P1 Tocilizumab due, not given (TOCI-IND), patient P01, "
        f"ward 5 West, bed 12, alert {alert.alert_id}\n"
        "Nobody is paged about it unless it becomes worse.\n"
    )
    console = stormwatch.log_of(worker)
    assert console.count("== P1 | RAPID RESPONSE: ANSWER NOW ==") == 1
    assert console.count("== ENDED P1 | RAPID RESPONSE: THIS ALERT IS OVER ==") == 1
    assert f"stormwatch ack {short_id} --by YOUR-NAME" in console
    kept = [json.loads(each.value) for each in await read_all(registry.AUDIT)]
    (audited,) = [each for each in kept if each["by"] != PAGER]
    assert {each["action"] for each in kept} == {"page sent", "acknowledge"}
    assert (audited["by"], audited["action"], audited["note"]) == (
        "Nurse Joy",
        "acknowledge",
        "on my way",
    )


@pytest.mark.usefixtures("fresh_topics")
async def test_after_a_kill_a_page_goes_again_under_its_id_and_only_if_it_has_to(
    stormwatch: Stormwatch, read_all: Read, produce: Produce, alert: Alert
) -> None:
    """The gateway hangs while the first worker dies; the console had its page by then."""
    async with gateway() as it:
        never = asyncio.Event()
        it.hangs = never.wait  # type: ignore[assignment]  # what it returns is not read
        variables = LIVE | {
            "STORMWATCH_WEBHOOK_URL": f"{it.url}/pages",
            "STORMWATCH_WEBHOOK_SECRET": SECRET,
            "STORMWATCH_WEBHOOK_TIMEOUT_S": "20",
        }
        first = stormwatch.start("page", **variables)
        await produce([record(alert)])
        await until(lambda: _was_asked(it))
        await until(lambda: has(read_all, "sent"))
        stormwatch.kill(first)
        it.hangs = None
        second = stormwatch.start("page", **variables)

        await until(lambda: has(read_all, "sent", "sent"))

        assert stormwatch.end(second) == 0
        ids = [headers["webhook-id"] for headers, _ in it.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert "RAPID RESPONSE" in stormwatch.log_of(first)
    assert "RAPID RESPONSE" not in stormwatch.log_of(second)
    assert SECRET not in stormwatch.log_of(first) + stormwatch.log_of(second)


@pytest.mark.usefixtures("fresh_topics")
async def test_a_gateway_that_was_down_gets_its_page_when_it_is_back(
    stormwatch: Stormwatch, read_all: Read, produce: Produce, alert: Alert
) -> None:
    async with gateway() as it:
        it.status = 503
        worker = stormwatch.start(
            "page",
            **LIVE,
            STORMWATCH_WEBHOOK_URL=f"{it.url}/pages",
            STORMWATCH_WEBHOOK_SECRET=SECRET,
        )
        await produce([record(alert)])
        await until(lambda: has(read_all, "sent", "retry"))
        it.status = 204

        await until(lambda: has(read_all, "sent", "retry", "sent"))

        assert stormwatch.end(worker) == 0
    tried = [json.loads(each.value) for each in await read_all(registry.PAGES)]
    assert [each["attempt"] for each in tried if each["sink"] == "webhook"] == [1, 2]


@pytest.mark.usefixtures("fresh_topics")
async def test_what_cannot_be_answered_is_said_plainly(
    stormwatch: Stormwatch, read_all: Read, produce: Produce, alert: Alert, short_id: str
) -> None:
    other = line(priority="P3", alert_id=short_id + alert.alert_id[8:-1] + "x")
    worker = stormwatch.start("page", **QUIET)
    await produce([record(alert), record(other)])
    await until(lambda: has(read_all, "sent", "sent"))
    several = stormwatch.run("ack", short_id, "--by", "Nurse Joy")
    await produce([record(line(2, "resolved", "P1"))])
    await until(lambda: has(read_all, "sent", "sent", "sent"))
    assert stormwatch.end(worker) == 0

    unknown = stormwatch.run("ack", "0123456789", "--by", "Nurse Joy")
    ended = stormwatch.run("ack", alert.alert_id, "--by", "Nurse Joy")

    assert [each.returncode for each in (several, unknown, ended)] == [1, 1, 1]
    assert "no page speaks of an alert 0123456789" in unknown.stderr
    assert "it has already ended (resolved 4 Mar 2026 12:00 UTC): P1 Tocilizumab" in ended.stderr
    assert f"several alerts begin with {short_id}; give more of the id:" in several.stderr
    assert several.stderr.count(f"patient {PATIENT_ID}") == 2
    assert await read_all(registry.ACKS) == []


@pytest.mark.usefixtures("fresh_topics")
async def test_an_answer_that_no_pager_takes_is_kept_and_that_is_said(
    stormwatch: Stormwatch, read_all: Read, produce: Produce, alert: Alert, short_id: str
) -> None:
    worker = stormwatch.start("page", **QUIET)
    await produce([record(alert)])
    await until(lambda: has(read_all, "sent"))
    assert stormwatch.end(worker) == 0

    snoozed = stormwatch.run("ack", short_id, "--by", "Joy", "--action", "snooze", "--until", "2h")

    assert snoozed.returncode == 0
    assert "The pager has not confirmed it in 5 s." in snoozed.stderr
    (kept,) = await read_all(registry.ACKS)
    said = json.loads(kept.value)
    assert (said["action"], said["by"], kept.key) == ("snooze", "Joy", b"P01")
    assert said["snooze_until"] > said["effective_at"]


async def _was_asked(it: Gateway) -> bool:
    return bool(it.requests)
