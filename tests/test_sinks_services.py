"""Apprise: any service by its URL; what it answers is told apart, what it says is not."""

import json
from dataclasses import replace

import pytest
from sinkkit import a_page, assert_leaks_nothing, assert_outcomes, gateway

from alerts.sinks import Delivery
from alerts.sinks.services import AppriseSink, UnknownServiceError

SECRET = "sentinel-token"  # noqa: S105, of a test


def sink(url: str) -> AppriseSink:
    """Post JSON, as the simplest of its services does."""
    schema = "jsons" if url.startswith("https") else "json"
    place = url.partition("://")[2]
    return AppriseSink("service", f"{schema}://{place}/{SECRET}?:x={SECRET}", timeout_s=1.0)


async def test_every_status_means_what_the_table_says() -> None:
    await assert_outcomes(sink)


async def test_no_secret_gets_out() -> None:
    await assert_leaks_nothing(sink, [SECRET, "sentinel"])


async def test_a_page_has_the_sentence_as_its_title() -> None:
    async with gateway() as it:
        service = sink(it.url)
        tried = await service.send(a_page())
        await service.send(a_page(is_open=False))

    assert tried.delivery is Delivery.SENT
    opened, ended = (json.loads(body) for _, body in it.requests)
    assert (opened["title"], opened["message"]) == (a_page().subject, a_page().text)
    assert (opened["type"], ended["type"]) == ("failure", "success")


async def test_a_page_is_cut_at_a_word_to_what_the_service_takes() -> None:
    async with gateway() as it:
        service = sink(it.url)
        service.room = 300
        await service.send(replace(a_page(), why=tuple(f"Réading {n}" for n in range(100))))

    body = json.loads(it.requests[0][1])
    assert len(body["title"]) + len(body["message"]) <= 300
    assert body["message"].startswith(a_page().subject)


@pytest.mark.parametrize("url", ["", "nonsense", "gopher://x", "json://"])
def test_what_is_no_service_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(UnknownServiceError) as caught:
        AppriseSink("service", url, timeout_s=1.0)

    assert str(caught.value) == "is no URL of a service that Apprise knows"
