"""Everything as it is where it runs: real servers, a real browser, a real broker.

`make test-system` runs it. It fails where a part cannot be had.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from commands import Stormwatch
from pager import line
from sinkkit import a_page, gateway
from system.chromium import browser
from system.servers import Alertmanager, alertmanager, free_port, mail_server, until

from alerts.sinks import Delivery
from alerts.sinks.alertmanager import AlertmanagerSink
from deploy import answering
from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from topics import codec, registry
from topics.alerts import Priority

KEY = "whsec_c2VudGluZWwta2V5LW9mLWEtd2ViaG9vay0zMi1ieXQ="
PICTURES = Path(__file__).parent / "pictures"
LEAST_HEIGHT = 48  # CSS pixels: what a thumb hits


@pytest.fixture
def stormwatch(tmp_path: Path) -> Iterator[Stormwatch]:
    with Cluster(tmp_path / "kafka") as kafka:
        asyncio.run(make_topics(kafka.bootstrap, keep=True))
        it = Stormwatch(kafka.bootstrap, tmp_path)
        yield it
        for process, _ in it.started:
            it.kill(process)


async def read_all(kafka: str, topic: str) -> list[dict[str, Any]]:
    async with answering.reading(kafka) as consumer:
        every = range(registry.PARTITIONS)
        return [
            json.loads(record.value)
            async for record in answering.records(consumer, topic, every, "")
        ]


async def test_alertmanager_fires_one_priority_and_lets_go_at_the_end(tmp_path: Path) -> None:
    async with gateway() as it, alertmanager(tmp_path, it.url) as manager:
        sink = AlertmanagerSink("manager", manager.url, timeout_s=10.0)
        tried = [await sink.send(replace(a_page(), priority=Priority.P2))]
        as_p2 = await until(lambda: _firing(manager, "P2"))
        tried += [await sink.send(a_page()), await sink.send(a_page())]
        as_p1 = await until(lambda: _firing(manager, "P1"))
        tried += [await sink.send(a_page(is_open=False))]
        await until(lambda: _none(manager.active))
        await until(lambda: _told(it.requests, "resolved"))
        await sink.close()

    assert [each.delivery for each in tried] == [Delivery.SENT] * 4
    assert [len(alerts) for alerts in (as_p2, as_p1)] == [1, 1]
    assert as_p1[0]["annotations"]["description"] == a_page().text


async def test_a_link_in_a_mail_is_opened_and_answered(
    stormwatch: Stormwatch, tmp_path: Path
) -> None:
    """From the alert to the acknowledgement, as a responder does it on a phone."""
    async with mail_server(tmp_path) as mails:
        _start(stormwatch, tmp_path, mails.port)
        await _write(stormwatch.bootstrap)
        (mail,) = await until(mails.messages)
        link = _link_in(mail.get_content())
        async with browser(tmp_path / "chromium") as phone:
            PICTURES.mkdir(exist_ok=True)
            await _opened(phone, link)
            await phone.picture(PICTURES / "asked.png")
            before = await read_all(stormwatch.bootstrap, registry.ACKS)
            heights = [await phone.height_of(f"button.{each}") for each in ("yes", "no")]
            await phone.fill("input[name=by]", "Joy Okafor")
            await phone.fill("input[name=note]", "on my way")
            await phone.press("button.yes")
            thanks = await phone.text()
            await phone.picture(PICTURES / "thanked.png")
            await phone.open(link)
            again = await phone.text()
            await phone.picture(PICTURES / "again.png")

    assert before == []  # opening it answered nothing
    assert min(heights) >= LEAST_HEIGHT
    assert "You have it." in thanks
    assert "Joy Okafor</b> has it" in again
    pages = await read_all(stormwatch.bootstrap, registry.PAGES)
    assert [each["by"] for each in pages if each["outcome"] == "acknowledged"] == ["Joy Okafor"]
    audited = await read_all(stormwatch.bootstrap, registry.AUDIT)
    assert {each["action"] for each in audited} == {"page sent", "acknowledge"}


def _start(stormwatch: Stormwatch, folder: Path, mail_port: int) -> None:
    (folder / "sinks.toml").write_text(
        f"[mail]\nkind = 'email'\nhost = '127.0.0.1'\nport = {mail_port}\ntls = 'none'\n"
        "from = 'stormwatch@hospital.example'\nto = ['joy@hospital.example']\ntimeout_s = 20\n"
    )
    port = free_port()
    settings = {
        "STORMWATCH_SINKS": str(folder / "sinks.toml"),
        "STORMWATCH_ANSWER_URL": f"http://127.0.0.1:{port}",
        "STORMWATCH_ANSWER_KEYS": KEY,
        "STORMWATCH_ANSWER_PORT": str(port),
        "STORMWATCH_METRICS_PORT": "0",
        "STORMWATCH_TICK_S": "0.5",
    }
    for command in ("page", "answer"):
        stormwatch.start(command, **settings)


async def _write(kafka: str) -> None:
    """Raise a P1 that is about now."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    said = line(priority="P1")
    await producer.send_and_wait(registry.ALERTS, codec.encode(said), said.patient_id.encode())
    await producer.stop()


def _link_in(text: str) -> str:
    (link,) = re.findall(r"http://127\.0\.0\.1:\d+/a/[\w-]+", text)
    return str(link)


async def _opened(phone: Any, link: str) -> None:
    """Open a link once its server has read everything."""

    async def shows() -> bool:
        await phone.open(link)
        return "Tocilizumab due, not given" in await phone.text()

    await until(shows)


async def _firing(manager: Alertmanager, priority: str) -> list[dict[str, Any]]:
    """Return what fires once it is all of one priority."""
    alerts = await manager.active()
    return alerts if {each["labels"]["priority"] for each in alerts} == {priority} else []


async def _none(active: Any) -> bool:
    return not await active()


async def _told(requests: list[tuple[dict[str, str], bytes]], status: str) -> bool:
    return any(json.loads(body)["status"] == status for _, body in requests)
