"""PagerDuty: what is sent fits its schema and limits, rings when it has to, and ends."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sinkkit import a_page, assert_leaks_nothing, assert_outcomes, gateway, schema_of

from alerts.page import Page
from alerts.sinks import Delivery
from alerts.sinks.pagerduty import EVENT_MAX, PagerDutySink, opening
from topics.acks import AckAction
from topics.alerts import Priority

KEY = "sentinel-routing-key-32-letters-"
WORST = '"\\\n"\\\n é😀 '  # what JSON and UTF-8 write longer


def sink(url: str) -> PagerDutySink:
    return PagerDutySink("pager", KEY, timeout_s=0.5, url=f"{url}/v2/enqueue")


async def sent(*pages: Page) -> list[dict[str, Any]]:
    async with gateway() as it:
        it.status = 202
        pager = sink(it.url)
        for page in pages:
            assert (await pager.send(page)).delivery is Delivery.SENT
        await pager.close()
    return [json.loads(body) for _, body in it.requests]


async def test_every_status_means_what_the_table_says() -> None:
    await assert_outcomes(sink)


async def test_no_secret_gets_out() -> None:
    await assert_leaks_nothing(sink, [KEY, "sentinel"])


@pytest.mark.parametrize("is_open", [True, False])
async def test_what_is_sent_fits_the_schema(is_open: bool) -> None:
    page = replace(a_page(is_open=is_open), link="https://pages.example/a/x", renews=is_open)

    events = await sent(page)

    for event in events:
        schema_of("pagerduty-events-v2").validate(event)
    assert [each["event_action"] for each in events] == (
        ["resolve", "trigger"] if is_open else ["resolve"]
    )


async def test_an_incident_is_one_condition_from_its_page_to_its_end() -> None:
    events = await sent(replace(a_page(), renews=False), a_page(is_open=False))

    assert [(each["event_action"], each["dedup_key"]) for each in events] == [
        ("trigger", a_page().alert_id),
        ("resolve", a_page().alert_id),
    ]


@pytest.mark.parametrize(
    ("answered", "action"),
    [
        (AckAction.ACKNOWLEDGE, "acknowledge"),
        (AckAction.SNOOZE, "acknowledge"),
        (AckAction.CLOSE, "resolve"),
    ],
)
async def test_an_answer_given_elsewhere_is_told_under_the_key_of_the_incident(
    answered: AckAction, action: str
) -> None:
    (event,) = await sent(replace(a_page(), renews=False, answered=answered))

    schema_of("pagerduty-events-v2").validate(event)
    assert (event["event_action"], event["dedup_key"]) == (action, a_page().alert_id)


async def test_what_has_become_worse_rings_anew() -> None:
    """PagerDuty rings once for what it has open; a new incident rings."""
    events = await sent(replace(a_page(), renews=True))

    assert [each["event_action"] for each in events] == ["resolve", "trigger"]


async def test_an_incident_that_could_not_be_resolved_first_is_tried_again() -> None:
    """The page was taken for the open incident, and rang nobody."""
    async with gateway() as it:
        it.statuses = [500, 202]
        pager = sink(it.url)

        tried = await pager.send(replace(a_page(), renews=True))

        await pager.close()
    assert (tried.delivery, len(it.requests)) == (Delivery.RETRY, 2)


@pytest.mark.parametrize(
    ("priority", "severity"),
    [(Priority.P1, "critical"), (Priority.P2, "error"), (Priority.P3, "warning")],
)
async def test_the_severity_is_that_of_the_priority(priority: Priority, severity: str) -> None:
    (event,) = await sent(replace(a_page(), priority=priority, renews=False))

    assert event["payload"]["severity"] == severity


def test_a_page_of_any_length_keeps_the_limits_and_is_cut_at_a_word() -> None:
    page = replace(
        a_page(),
        subject="very " * 1_000,
        why=(WORST * 100_000,),
        alert_id="x" * 300,
        renews=False,
    )

    event = {"routing_key": KEY, **opening(page)}

    schema_of("pagerduty-events-v2").validate(event)
    assert event["payload"]["summary"].endswith("very…")
    assert len(json.dumps(event, ensure_ascii=False).encode()) <= EVENT_MAX
