"""Signed webhooks: what is posted, what an answer means, and that no secret gets out."""

import asyncio
import base64
import json
import re

import pytest
from programs import ROOT
from sinkkit import a_page, assert_leaks_nothing, assert_outcomes, gateway
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.sinks import Delivery
from alerts.sinks.webhook import WebhookSink, body_of

KEY = base64.b64encode(b"sentinel-key-of-a-webhook-32-byt").decode()
SECRET = f"whsec_{KEY}"
TOKEN = "sentinel-token"  # noqa: S105, what a URL may hold


def sink(url: str, timeout_s: float = 5.0) -> WebhookSink:
    return WebhookSink(f"{url}/hooks?token={TOKEN}", SECRET, timeout_s=timeout_s)


async def test_every_status_means_what_the_table_says() -> None:
    await assert_outcomes(sink)


async def test_no_secret_reaches_a_log_an_error_or_a_repr() -> None:
    await assert_leaks_nothing(sink, [SECRET, KEY, "sentinel-key", TOKEN])


async def test_what_is_posted_is_signed_as_standard_webhooks_asks() -> None:
    said = a_page()
    async with gateway() as it:
        hook = sink(it.url)

        delivery, *_ = await hook.send(said)

        await hook.close()
    ((headers, body),) = it.requests
    assert delivery is Delivery.SENT
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert headers["webhook-id"] == said.page_id
    assert headers["content-type"] == "application/json"


async def test_a_body_that_was_tampered_with_does_not_verify() -> None:
    async with gateway() as it:
        hook = sink(it.url)
        await hook.send(a_page())
        await hook.close()
    ((headers, body),) = it.requests

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"P1", b"P3"), headers)


async def test_the_body_says_who_what_why_and_what_to_do() -> None:
    async with gateway() as it:
        hook = sink(it.url)
        await hook.send(a_page())
        await hook.close()

    body = json.loads(it.requests[0][1])
    said = body["data"]
    assert (body["type"], body["timestamp"]) == ("page.opened", "2026-03-04T12:00:00Z")
    assert (said["patient_id"], said["unit"], said["bed"]) == ("P01", "5 West", "12")
    assert (said["rule"], said["priority"], said["state"]) == ("TOCI-IND", "P1", "changed")
    assert (said["target"], said["part"], said["tier"]) == ("rapid_response", "act", 1)
    assert said["answer_within_s"] == 300
    assert said["why"] == ["Systolic pressure 86 mmHg, 4 Mar 11:55 UTC (5 min ago)"]
    assert said["advice"] == "Give tocilizumab now."
    assert said["text"].startswith("P1 | Rapid response: answer now\n")


async def test_an_end_is_an_event_of_its_own() -> None:
    async with gateway() as it:
        hook = sink(it.url)
        await hook.send(a_page(is_open=False))
        await hook.close()

    body = json.loads(it.requests[0][1])
    assert (body["type"], body["data"]["state"]) == ("page.ended", "resolved")
    assert body["data"]["answer_within_s"] is None


async def test_a_page_that_is_tried_again_has_the_same_id() -> None:
    async with gateway() as it:
        hook = sink(it.url)
        for _ in range(2):
            await hook.send(a_page())
        await hook.close()

    first, second = (headers["webhook-id"] for headers, _ in it.requests)
    assert first == second


async def test_a_gateway_that_does_not_answer_in_time_is_worth_another_try() -> None:
    async with gateway() as it:
        it.hangs = asyncio.Event().wait  # type: ignore[assignment]  # what it returns is not read
        hook = sink(it.url, timeout_s=0.05)

        delivery, *_ = await hook.send(a_page())

        await hook.close()
    assert delivery is Delivery.RETRY


async def test_a_gateway_that_breaks_the_connection_is_worth_another_try() -> None:
    async with gateway() as it:
        it.breaks = True
        hook = sink(it.url)

        delivery, *_ = await hook.send(a_page())

        await hook.close()
    assert delivery is Delivery.RETRY


async def test_a_sink_that_never_sent_anything_can_be_closed() -> None:
    await sink("http://127.0.0.1:9").close()


async def test_the_page_for_responders_describes_every_field() -> None:
    """Its example has the fields that are posted, and no other."""
    text = (ROOT / "docs" / "responders.md").read_text()
    example = text[text.index("    {\n") : text.index("    }\n\n")]

    said = body_of(a_page())

    assert set(re.findall(r'"(\w+)":', example)) == {*said, *said["data"]}
