"""GoAlert: an alert a condition, which its webhooks find again."""

from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from sinkkit import a_page, assert_leaks_nothing, assert_outcomes, gateway

from alerts.page import Page
from alerts.sinks.goalert import ALERT_ID, DETAILS_MAX, SUMMARY_MAX, GoAlertSink
from topics.acks import AckAction

TOKEN = "sentinel-token"  # noqa: S105, of a test


def sink(url: str) -> GoAlertSink:
    return GoAlertSink("goalert", url, TOKEN, timeout_s=0.5)


async def sent(*pages: Page) -> list[dict[str, str]]:
    async with gateway() as it:
        alerts = sink(it.url)
        for page in pages:
            await alerts.send(page)
        await alerts.close()
    assert {headers["content-type"] for headers, _ in it.requests} == {
        "application/x-www-form-urlencoded"
    }
    return [{name: said[0] for name, said in parse_qs(b.decode()).items()} for _, b in it.requests]


async def test_every_status_means_what_the_table_says() -> None:
    await assert_outcomes(sink)


async def test_no_secret_gets_out() -> None:
    await assert_leaks_nothing(sink, [TOKEN, "sentinel"])


async def test_an_alert_is_opened_and_closed_under_one_key() -> None:
    opened, closed = await sent(replace(a_page(), renews=False), a_page(is_open=False))

    assert (opened["token"], opened["dedup"], closed["dedup"]) == (
        TOKEN,
        a_page().alert_id,
        a_page().alert_id,
    )
    assert opened["meta"] == f"{ALERT_ID}={a_page().alert_id}"
    assert ("action" in opened, closed["action"]) == (False, "close")


@pytest.mark.parametrize("answered", [AckAction.ACKNOWLEDGE, AckAction.SNOOZE, AckAction.CLOSE])
async def test_what_is_answered_elsewhere_is_closed(answered: AckAction) -> None:
    """Its API cannot acknowledge. When the answer no longer stands it is opened anew."""
    (fields,) = await sent(replace(a_page(), renews=False, answered=answered))

    assert (fields["dedup"], fields["action"]) == (a_page().alert_id, "close")


async def test_what_has_become_worse_is_closed_and_opened_anew() -> None:
    fields = await sent(replace(a_page(), renews=True))

    assert [each.get("action") for each in fields] == ["close", None]


async def test_a_page_of_any_length_keeps_the_limits_and_is_cut_at_a_word() -> None:
    why = tuple(f"Réading {number}" for number in range(2_000))

    (fields,) = await sent(replace(a_page(), subject="very " * 1_000, why=why, renews=False))

    assert len(fields["summary"]) <= SUMMARY_MAX
    assert fields["summary"].endswith("very…")
    assert len(fields["details"]) <= DETAILS_MAX
