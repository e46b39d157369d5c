"""What a gateway asks for with Retry-After."""

from datetime import UTC, datetime, timedelta

import pytest
from sinkkit import a_page, gateway
from test_sinks_webhook import sink

from alerts.sinks import Delivery
from alerts.sinks.posting import wait_of

NOW = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 04 Mar 2026 12:01:30 GMT", 90.0),
        ("Wed, 04 Mar 2026 12:01:30", 90.0),
        ("Wed, 04 Mar 2026 13:01:30 +0100", 90.0),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0.0),  # is over
        ("Wednesday, 04-Mar-26 12:01:30 GMT", 90.0),  # RFC 850, which RFC 9110 still allows
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_seconds_and_dates_are_read(said: str | None, wait_s: float | None) -> None:
    assert wait_of(said, NOW) == wait_s


@pytest.mark.parametrize(("status", "waits"), [(429, True), (503, True), (500, False)])
async def test_who_asks_to_wait_is_heard(status: int, waits: bool) -> None:
    later = datetime.now(UTC) + timedelta(seconds=30)
    async with gateway() as it:
        hook = sink(it.url)
        it.status = status
        it.headers = {"retry-after": "7"}
        in_seconds = await hook.send(a_page())
        it.headers = {"retry-after": f"{later:%a, %d %b %Y %H:%M:%S} GMT"}
        as_date = await hook.send(a_page())
        await hook.close()

    assert (in_seconds.delivery, in_seconds.why) == (Delivery.RETRY, f"status {status}")
    assert in_seconds.wait_s == (7.0 if waits else None)
    assert (as_date.wait_s is not None and 20 < as_date.wait_s <= 30) is waits
