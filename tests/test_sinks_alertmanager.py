"""Alertmanager: one alert fires a condition, under labels that never change.

`make test-system` shows it to a real one.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import NOON
from sinkkit import a_page, assert_leaks_nothing, assert_outcomes, gateway, schema_of

from alerts.page import Page
from alerts.sinks.alertmanager import AlertmanagerSink, alerts_of
from topics.alerts import Priority

TOKEN = "sentinel-token"  # noqa: S105, of a test


def sink(url: str) -> AlertmanagerSink:
    return AlertmanagerSink("manager", f"{url}/", timeout_s=0.5, token=TOKEN)


def firing(page: Page) -> list[dict[str, Any]]:
    return [each for each in alerts_of(page, NOON) if each["endsAt"] > "2026-03-04T12:00:00Z"]


async def test_every_status_means_what_the_table_says() -> None:
    await assert_outcomes(sink)


async def test_no_secret_gets_out() -> None:
    await assert_leaks_nothing(sink, [TOKEN, "sentinel"])


@pytest.mark.parametrize("is_open", [True, False])
async def test_what_is_sent_fits_the_schema(is_open: bool) -> None:
    async with gateway() as it:
        manager = sink(it.url)
        await manager.send(replace(a_page(is_open=is_open), link="https://pages.example/a/x"))
        await manager.close()

    ((headers, body),) = it.requests
    schema_of("alertmanager-v2-postable-alerts").validate(json.loads(body))
    assert headers["authorization"] == f"Bearer {TOKEN}"


def test_one_priority_of_a_condition_fires() -> None:
    as_p1 = firing(a_page())
    as_p2 = firing(replace(a_page(), priority=Priority.P2))

    assert [each["labels"]["priority"] for each in as_p1 + as_p2] == ["P1", "P2"]
    assert as_p1[0]["labels"]["severity"] == "critical"


def test_an_end_ends_all_of_it() -> None:
    assert firing(a_page(is_open=False)) == []


def test_labels_are_the_same_however_an_alert_changes() -> None:
    """Else what fires could never be ended."""
    one = alerts_of(a_page(), NOON)
    other = alerts_of(replace(a_page(is_open=False), bed="99"), datetime.now(UTC))

    assert [each["labels"] for each in one] == [each["labels"] for each in other]


def test_no_label_names_the_patient() -> None:
    labels = json.dumps([each["labels"] for each in alerts_of(a_page(), NOON)])

    assert "P01" not in labels
