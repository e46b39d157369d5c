"""Links and webhooks: GET shows, POST answers, and nobody is thanked before it is kept."""

import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, web
from builders import NOON
from pager import CONSOLE, line

from alerts.links import Link, Links
from alerts.sinks.goalert import ALERT_ID
from deploy.answer.board import Board
from deploy.answer.guard import HEADERS
from deploy.answer.service import Secrets, Service
from stream.page_lines import answer_id
from topics import codec, registry
from topics.acks import Ack, AckAction
from topics.pages import Outcome, PageLine

LINKS = Links("http://127.0.0.1", (b"k" * 32,))
PAGERDUTY, GOALERT = "sentinel-pagerduty", "sentinel-goalert-secret-24"
ALERT = line(priority="P1", bed="<b>12</b>")


@dataclass
class Site:
    """The service on a free port, and the broker it writes to."""

    board: Board = field(default_factory=Board)
    url: str = ""
    kept: list[tuple[int, Ack]] = field(default_factory=list)
    broker_is_gone: bool = False
    pager_runs: bool = True
    session: ClientSession = field(init=False)

    async def write(self, partition: int, said: Ack) -> None:
        if self.broker_is_gone:
            raise ConnectionError(f"gone: {said}")
        self.kept.append((partition, said))
        if self.pager_runs:
            self.hears(answered(said))

    def hears(self, said: Any, partition: int = 3) -> None:
        topic = registry.PAGES if isinstance(said, PageLine) else registry.ALERTS
        value = codec.encode(said)
        self.board.take(SimpleNamespace(topic=topic, partition=partition, value=value))

    def link(self, alert_id: str = ALERT.alert_id, lasts_s: float = 60, person: str = "") -> str:
        token = LINKS.token_of(Link(alert_id, int(time.time() + lasts_s), person))
        return f"{self.url}/a/{token}"

    async def posts(self, url: str, **form: str) -> tuple[int, str]:
        async with self.session.post(url, data={"by": "Joy Okafor"} | form) as reply:
            return reply.status, await reply.text()

    async def gets(self, url: str) -> tuple[ClientResponse, str]:
        async with self.session.get(url) as reply:
            return reply, await reply.text()


def answered(said: Ack) -> PageLine:
    """Write the line by which the pager says that an answer counts."""
    return PageLine(
        page_id=answer_id(said),
        patient_id=said.patient_id,
        alert_id=said.alert_id,
        revision=1,
        at=said.recorded_at,
        target="person",
        tier=0,
        sink=said.source,
        attempt=0,
        outcome=Outcome.ACKNOWLEDGED,
        by=said.by,
        note=said.note,
    )


@asynccontextmanager
async def served() -> AsyncIterator[Site]:
    site = Site()
    secrets = Secrets(PAGERDUTY, GOALERT)
    service = Service(site.board, LINKS, CONSOLE, site.write, secrets)
    runner = web.AppRunner(service.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    site.hears(ALERT)
    site.board.ready.set()
    async with ClientSession() as site.session:
        yield site
    await runner.cleanup()


async def test_a_link_shows_who_what_why_and_what_to_do() -> None:
    async with served() as site:
        reply, text = await site.gets(site.link(person="Joy Okafor"))

    assert reply.status == 200
    for said in (
        "Tocilizumab due, not given",
        "Patient P01 (ward 5 West, bed &lt;b&gt;12&lt;/b&gt;)",
        "criteria for CRS grade 2",
        "Systolic pressure 86 mmHg",
        "Give tocilizumab now.",
        "Nobody has answered yet.",
        'value="Joy Okafor"',
        'name="action" value="acknowledge"',
    ):
        assert said in text
    assert "<script" not in text


async def test_a_preview_that_opens_a_link_answers_nothing() -> None:
    async with served() as site:
        for _ in range(3):
            await site.gets(site.link())
        async with site.session.head(site.link()) as reply:
            assert reply.status == 200

    assert site.kept == []


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"action": "acknowledge", "note": "on my way"}, (AckAction.ACKNOWLEDGE, None, False)),
        ({"action": "decline"}, (AckAction.UNACKNOWLEDGE, None, True)),
        (
            {"action": "hand_over", "hand_to": "primary_team"},
            (AckAction.ACKNOWLEDGE, "primary_team", False),
        ),
        ({"action": "snooze"}, (AckAction.SNOOZE, None, False)),
        ({"action": "unacknowledge"}, (AckAction.UNACKNOWLEDGE, None, False)),
        # What a form says beside what its button asks for does not count.
        (
            {"action": "acknowledge", "hand_to": "primary_team"},
            (AckAction.ACKNOWLEDGE, None, False),
        ),
    ],
)
async def test_a_button_is_an_answer(form: dict[str, str], fields: tuple[Any, ...]) -> None:
    async with served() as site:
        status, text = await site.posts(site.link(), **form)

    ((partition, said),) = site.kept
    assert (status, "Thank you" in text, partition) == (200, True, 3)
    assert (said.action, said.hand_to, said.decline) == fields
    assert (said.by, said.patient_id, said.alert_id) == ("Joy Okafor", "P01", ALERT.alert_id)
    assert said.note == form.get("note")
    assert (said.snooze_until is not None) is (form["action"] == "snooze")


async def test_several_people_answer_one_alert_and_see_each_other() -> None:
    async with served() as site:
        await site.posts(site.link(), action="acknowledge", note="<i>2 min</i>")
        await site.posts(site.link(), action="acknowledge", by="Sam Li")
        _, text = await site.gets(site.link())

    assert [said.by for _, said in site.kept] == ["Joy Okafor", "Sam Li"]
    assert "<b>Joy Okafor</b> has it (just now): &lt;i&gt;2 min&lt;/i&gt;" in text
    assert "<b>Sam Li</b> has it" in text


async def test_nobody_is_thanked_for_what_is_not_kept() -> None:
    async with served() as site:
        site.broker_is_gone = True

        status, text = await site.posts(site.link(), action="acknowledge")

    assert (status, "NOT kept" in text, "Thank you" in text) == (503, True, False)


async def test_what_no_pager_has_confirmed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.answer.service.PAGER_ANSWERS_WITHIN_S", 0.05)
    async with served() as site:
        site.pager_runs = False

        status, text = await site.posts(site.link(), action="acknowledge")

    assert (status, "The pager has not confirmed it yet" in text) == (200, True)


async def test_what_is_over_cannot_be_answered() -> None:
    async with served() as site:
        site.hears(line(2, "resolved", "P1"))

        status, text = await site.posts(site.link(), action="acknowledge")

    assert (status, "This alert is over." in text, site.kept) == (200, True, [])


@pytest.mark.parametrize(
    "form",
    [
        {"action": "acknowledge", "by": ""},
        {"action": "acknowledge", "by": "x" * 81},
        {"action": "acknowledge", "note": "x" * 301},
        {"action": "close"},
        {},
        {"action": "hand_over", "hand_to": ""},
    ],
)
async def test_a_form_that_says_too_little_or_too_much_is_shown_again(form: dict[str, str]) -> None:
    async with served() as site:
        status, text = await site.posts(site.link(), **form)

    assert (status, 'role="alert"' in text, site.kept) == (400, True, [])


async def test_links_that_lead_nowhere_say_nothing_of_any_patient() -> None:
    async with served() as site:
        replies = [
            await site.gets(f"{site.url}/a/nonsense"),
            await site.gets(site.link(lasts_s=-1)),
            await site.gets(site.link("another")),
            await site.gets(f"{site.url}/elsewhere"),
        ]
        status, _ = await site.posts(site.link(lasts_s=-1), action="acknowledge")

    assert [reply.status for reply, _ in replies] == [404, 410, 404, 404]
    assert not [text for _, text in replies if "P01" in text or "Tocilizumab" in text]
    assert (status, site.kept) == (410, [])


async def test_an_answer_by_a_link_that_is_too_old_is_not_taken() -> None:
    """Whoever finds an old mail must not silence what is open now."""
    async with served() as site:
        status, text = await site.posts(
            site.link(lasts_s=-1), action="acknowledge", by="Joy Okafor"
        )

    assert (status, site.kept) == (410, [])
    assert "Use the link of a newer page" in text


async def test_every_answer_to_a_browser_has_every_header() -> None:
    async with served() as site:
        replies = [
            await site.gets(url)
            for url in (site.link(), f"{site.url}/a/x", f"{site.url}/x", f"{site.url}/healthz")
        ]

    for reply, _ in replies:
        assert {name: reply.headers.get(name) for name in HEADERS} == dict(HEADERS)
        assert "Set-Cookie" not in reply.headers


async def test_who_asks_too_often_waits() -> None:
    """One link, and one address that guesses; neither keeps another link from its answer."""
    async with served() as site:
        guessed = [(await site.gets(f"{site.url}/a/{n}"))[0].status for n in range(120)]
        link = site.link(lasts_s=600)
        asked = [(await site.gets(link))[0].status for _ in range(40)]
        other = await site.posts(site.link(lasts_s=700), action="acknowledge")

    assert (guessed[:60], asked[:20], other[0]) == ([404] * 60, [200] * 20, 200)
    assert 429 in guessed
    assert 429 in asked


async def test_until_all_is_read_it_says_so() -> None:
    async with served() as site:
        before = (await site.gets(f"{site.url}/healthz"))[0].status
        site.board.ready.clear()
        replies = [(await site.gets(url))[0].status for url in (f"{site.url}/healthz", site.link())]

    assert (before, replies) == (200, [503, 503])


async def test_no_log_says_a_link_a_name_or_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with served() as site:
        link = site.link()
        await site.gets(link)
        await site.posts(link, action="acknowledge", by="Sentinel Name")
        await pagerduty(site, EVENT, secret="wrong")  # noqa: S106, of a test
        await site.session.post(f"{site.url}/hooks/goalert/{GOALERT}", json={"Type": "Test"})

    said = caplog.text
    secrets = (link.rpartition("/")[2], "Sentinel Name", PAGERDUTY, GOALERT, "P01")
    assert [each for each in secrets if each in said] == []


# Webhooks

EVENT: dict[str, Any] = {
    "event": {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": "incident.acknowledged",
        "resource_type": "incident",
        "occurred_at": "2026-03-04T12:05:00.169Z",
        "agent": {"id": "PLH1HKV", "summary": "Joy Okafor", "type": "user_reference"},
        "client": {"name": "PagerDuty"},
        "data": {"id": "PGR0VU2", "type": "incident", "incident_key": ALERT.alert_id},
    }
}


def changed(**fields: Any) -> dict[str, Any]:
    return {"event": EVENT["event"] | fields}


async def pagerduty(site: Site, message: Any, secret: str = PAGERDUTY) -> int:
    """Send a webhook as PagerDuty does while its secret is being changed: with two signatures."""
    body = json.dumps(message).encode()
    signed = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={signed}"}
    async with site.session.post(f"{site.url}/hooks/pagerduty", data=body, headers=headers) as it:
        return it.status


@pytest.mark.parametrize(
    ("message", "action", "by"),
    [
        (EVENT, AckAction.ACKNOWLEDGE, "Joy Okafor"),
        (changed(event_type="incident.resolved"), AckAction.CLOSE, "Joy Okafor"),
        (
            changed(event_type="incident.unacknowledged", agent=None),
            AckAction.UNACKNOWLEDGE,
            "PagerDuty",
        ),
    ],
)
async def test_what_people_do_in_pagerduty_is_an_answer(
    message: dict[str, Any], action: AckAction, by: str
) -> None:
    async with served() as site:
        statuses = [await pagerduty(site, message) for _ in range(2)]

    (_, said), (_, again) = site.kept
    assert statuses == [204, 204]
    assert (said.action, said.by, said.alert_id) == (action, by, ALERT.alert_id)
    assert said.effective_at == NOON + timedelta(minutes=5, milliseconds=169)
    assert codec.encode(said) == codec.encode(again)  # which the pager takes once


@pytest.mark.parametrize(
    "message",
    [
        changed(event_type="incident.triggered"),
        changed(event_type="incident.resolved", agent={"type": "service_reference"}),
        changed(agent=None),
        changed(data={"incident_key": "another"}),
        changed(data={}),
        changed(occurred_at="yesterday"),
        {"event": None},
        [],
        "x",
    ],
)
async def test_what_is_no_answer_is_taken_and_forgotten(message: Any) -> None:
    async with served() as site:
        assert await pagerduty(site, message) == 204

    assert site.kept == []


async def test_what_pagerduty_has_not_signed_is_refused() -> None:
    async with served() as site:
        status = await pagerduty(site, EVENT, secret="another")  # noqa: S106, of a test
        unsigned = await site.session.post(f"{site.url}/hooks/pagerduty", json=EVENT)

    assert (status, unsigned.status, site.kept) == (401, 401, [])


async def test_a_webhook_that_cannot_be_kept_is_to_be_sent_again() -> None:
    async with served() as site:
        site.broker_is_gone = True
        without_broker = await pagerduty(site, EVENT)
        site.broker_is_gone = False
        site.board.ready.clear()
        without_board = await pagerduty(site, EVENT)

    assert (without_broker, without_board, site.kept) == (503, 503, [])


@pytest.mark.parametrize(
    ("entry", "action"),
    [
        ("Acknowledged by Joy Okafor via web", AckAction.ACKNOWLEDGE),
        ("Acknowledged by Joy Okafor", AckAction.ACKNOWLEDGE),
        ("Closed by Joy Okafor via SMS", AckAction.CLOSE),
        ("Closed via stormwatch (Generic API)", None),
        ("Escalated to step #2 automatically", None),
    ],
)
async def test_what_people_do_in_goalert_is_an_answer(entry: str, action: AckAction | None) -> None:
    async with served() as site:
        url = f"{site.url}/hooks/goalert/{GOALERT}"
        named = {"Type": "Alert", "AlertID": 7, "Meta": {ALERT_ID: ALERT.alert_id}}
        for message in (named, {"Type": "AlertStatus", "AlertID": 7, "LogEntry": entry}):
            async with site.session.post(url, json=message) as reply:
                assert reply.status == 204

    said = [(each.action, each.by) for _, each in site.kept]
    assert said == ([] if action is None else [(action, "Joy Okafor")])


@pytest.mark.parametrize(
    "message", [{}, [], {"Type": "AlertStatus", "AlertID": 9}, {"Type": "Alert"}]
)
async def test_what_goalert_says_of_nothing_we_know_is_forgotten(message: Any) -> None:
    async with served() as site:
        url = f"{site.url}/hooks/goalert/"
        known = await site.session.post(url + GOALERT, json=message)
        guessed = await site.session.post(url + "x" * 24, json=message)

    assert (known.status, guessed.status, site.kept) == (204, 404, [])
