"""Calendars are read from files and over HTTP, again and again; one that fails stays as it was."""

import asyncio
import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pagerbench import until
from test_on_call import GOALERT, PAGERDUTY, calendar

from alerts.routing import Rotas
from stream import metrics
from stream.on_call import Rota, read_rota
from stream.rotas import Calendars
from stream.routes_file import RoutesFile

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECRET = "tok3n-of-a-calendar"  # noqa: S105, of a test


def routes(*feeds: Mapping[str, object], **feed: object) -> RoutesFile:
    return RoutesFile.model_validate(
        {
            "people": {"joy": {"name": "Joy Okafor", "sinks": ["console"]}},
            "schedules": {"icu": {"feeds": feeds or [feed]}},
        }
    )


def failures() -> float:
    return float(metrics.ROTA_READS.labels("icu", "failed")._value.get())


def names(rotas: Rotas) -> list[str]:
    return [shift.person for shift in rotas["icu"]]


async def test_a_calendar_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "icu.ics"
    file.write_bytes(calendar(PAGERDUTY))

    assert names(await Calendars(routes(file=str(file)), lambda: NOW).read()) == ["joy"]


async def test_a_feed_of_one_person_names_whose_it_is(tmp_path: Path) -> None:
    file = tmp_path / "joy.ics"
    file.write_bytes(calendar(GOALERT))

    assert names(await Calendars(routes(file=str(file), person="joy"), lambda: NOW).read()) == [
        "joy"
    ]


async def test_a_calendar_that_cannot_be_read_any_more_says_what_it_said_last(
    tmp_path: Path,
) -> None:
    file = tmp_path / "icu.ics"
    file.write_bytes(calendar(PAGERDUTY))
    calendars = Calendars(routes(file=str(file)), lambda: NOW)
    await calendars.read()
    before = failures()

    for broken in (b"", b"no calendar"):
        file.write_bytes(broken)
        assert names(await calendars.read()) == ["joy"]
    file.unlink()
    assert names(await calendars.read()) == ["joy"]

    assert failures() - before == 3


async def test_a_calendar_that_was_never_read_has_nobody_on_duty() -> None:
    calendars = Calendars(routes(file="/nowhere/icu.ics"), lambda: NOW)

    assert names(await calendars.read()) == []


@pytest.mark.parametrize("status", [200, 302, 403, 500])
async def test_a_feed_is_fetched_and_its_address_is_told_to_nobody(
    status: int, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(
            status=status, body=calendar(PAGERDUTY), headers={"location": f"/{SECRET}"}
        )

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = tmp_path / "address"
    address.write_text(f"http://127.0.0.1:{runner.addresses[0][1]}/{SECRET}\n")
    calendars = Calendars(routes(url_file=str(address)), lambda: NOW)
    try:
        found = names(await calendars.read())
    finally:
        await runner.cleanup()

    assert found == (["joy"] if status == 200 else [])
    assert SECRET not in caplog.text + repr(calendars)


async def test_a_feed_of_another_machine_in_the_clear_is_not_fetched(tmp_path: Path) -> None:
    address = tmp_path / "address"
    address.write_text("http://calendar.example/icu.ics")

    assert names(await Calendars(routes(url_file=str(address)), lambda: NOW).read()) == []


async def test_a_big_calendar_holds_up_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds: the event loop turns meanwhile."""
    file = tmp_path / "icu.ics"
    file.write_bytes(calendar(PAGERDUTY))
    read_in: list[int] = []

    def noted(*given: Any) -> Rota:
        read_in.append(threading.get_ident())
        return read_rota(*given)

    monkeypatch.setattr("stream.rotas.read_rota", noted)

    found = names(await Calendars(routes(file=str(file)), lambda: NOW).read())

    assert found == ["joy"]
    assert threading.get_ident() not in read_in


async def test_a_calendar_that_reading_fails_on_keeps_no_other_from_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, contents in (("a", b"broken"), ("b", calendar(PAGERDUTY))):
        (tmp_path / name).write_bytes(contents)

    def fails_on_one(contents: bytes, *rest: Any) -> Rota:
        if contents == b"broken":
            raise RecursionError(f"of a bug, at https://calendar.example/{SECRET}")
        return read_rota(contents, *rest)

    monkeypatch.setattr("stream.rotas.read_rota", fails_on_one)
    feeds = [{"file": str(tmp_path / name)} for name in ("a", "b")]
    calendars = Calendars(routes(*feeds), lambda: NOW)
    before = failures()

    found = names(await calendars.read())

    assert (found, failures() - before) == (["joy"], 1)
    assert "rota_failed schedule=icu feed=1 RecursionError" in caplog.text
    assert SECRET not in caplog.text


async def test_calendars_are_read_again_from_time_to_time(tmp_path: Path) -> None:
    file = tmp_path / "icu.ics"
    file.write_bytes(calendar())
    calendars = Calendars(routes(file=str(file)), lambda: NOW, every_s=0.001)
    heard: list[list[str]] = []
    calendars.start(lambda rotas: heard.append(names(rotas)))
    await asyncio.wait_for(until(lambda: bool(heard)), 5)

    file.write_bytes(calendar(PAGERDUTY))
    await asyncio.wait_for(until(lambda: heard[-1] == ["joy"]), 5)
    calendars.stop()

    assert heard[0] == []


async def test_a_bug_in_reading_calendars_is_said_and_stops_no_page(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    file = tmp_path / "icu.ics"
    file.write_bytes(calendar())
    calendars = Calendars(routes(file=str(file)), lambda: NOW, every_s=0.001)

    def fail(_: Rotas) -> None:
        raise RuntimeError("a bug")

    calendars.start(fail)
    await asyncio.wait_for(until(lambda: "rotas_no_longer_read" in caplog.text), 5)
