"""Who has duty when, as calendars say: those of PagerDuty, of GoAlert, and of any other program."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.routing import Shift
from stream.on_call import Known, NoCalendarError, read_rota
from topics.base import epoch_ms

PEOPLE = {"joy": ("Joy Okafor", "joy@hospital.example"), "sam": ("Sam Ito",)}
KNOWN = Known(PEOPLE)
BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*entries: str, head: str = "") -> bytes:
    """Write a calendar of entries, each without its frame."""
    events = "".join(f"BEGIN:VEVENT\n{entry.strip()}\nEND:VEVENT\n" for entry in entries)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{head}{events}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def shifts(
    of: bytes,
    known: Known = KNOWN,
    begin: datetime = datetime(2026, 3, 1, tzinfo=UTC),
    days: int = 60,
) -> list[tuple[str, str, str]]:
    """Read the shifts of a span: person, beginning and end."""
    rota = read_rota(of, known, (begin, begin + timedelta(days=days)), BERLIN)
    return [(each.person, _said(each.begins_ms), _said(each.ends_ms)) for each in rota.shifts]


def _said(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %b %H:%M}"


PAGERDUTY = """
UID:Q1ABCDEFGHIJKL
DTSTAMP:20260301T000000Z
DTSTART;VALUE=DATE-TIME:20260304T080000Z
DTEND;VALUE=DATE-TIME:20260305T080000Z
SUMMARY:On Call - Joy Okafor - Cell therapy
ATTENDEE:joy@hospital.example
URL:https://example.pagerduty.com/schedules#PABCDEF
"""
GOALERT = """
UID:4c7d37bf28d64eccc1e74a3889cfc97f6839a00fa781c91721058df915de27ce
SUMMARY:On-Call (GoAlert: Cell therapy)
DTSTAMP:20260301T000000Z
DTSTART:20260304T080000Z
DTEND:20260318T080000Z
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:REMINDER
TRIGGER:-PT5M
END:VALARM
"""


def test_a_calendar_of_pagerduty_names_who_has_duty() -> None:
    assert shifts(calendar(PAGERDUTY)) == [("joy", "04 Mar 08:00", "05 Mar 08:00")]


def test_somebody_may_be_known_by_the_address_alone() -> None:
    entry = PAGERDUTY.replace("Joy Okafor", "J. O.").replace("ATTENDEE:", "ATTENDEE:mailto:")

    assert shifts(calendar(entry)) == [("joy", "04 Mar 08:00", "05 Mar 08:00")]


def test_a_calendar_of_goalert_is_that_of_one_person() -> None:
    assert shifts(calendar(GOALERT), Known(PEOPLE, always="sam")) == [
        ("sam", "04 Mar 08:00", "18 Mar 08:00")
    ]


def test_an_entry_that_names_nobody_who_is_known_is_counted() -> None:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    read = read_rota(calendar(GOALERT), KNOWN, (begin, begin + timedelta(days=30)), UTC)

    assert (read.shifts, read.unknown) == ((), 1)


def test_two_may_have_duty_at_once() -> None:
    entry = PAGERDUTY.replace("Joy Okafor", "Joy Okafor, Sam Ito")

    assert [person for person, *_ in shifts(calendar(entry))] == ["joy", "sam"]


def test_what_was_cancelled_is_nobodys_duty() -> None:
    assert shifts(calendar(f"{PAGERDUTY.strip()}\nSTATUS:CANCELLED")) == []


NIGHTS = """
UID:nights
DTSTAMP:20260301T000000Z
DTSTART;TZID=Europe/Berlin:20260327T190000
DTEND;TZID=Europe/Berlin:20260328T070000
RRULE:FREQ=DAILY;COUNT=4
EXDATE;TZID=Europe/Berlin:20260330T190000
SUMMARY:Sam Ito
"""


def test_over_the_change_to_summer_time_a_night_is_an_hour_shorter() -> None:
    """Clocks were put forward on 29 March at 2 o'clock; a night was left out."""
    assert shifts(calendar(NIGHTS)) == [
        ("sam", "27 Mar 18:00", "28 Mar 06:00"),
        ("sam", "28 Mar 18:00", "29 Mar 05:00"),
        ("sam", "29 Mar 17:00", "30 Mar 05:00"),
    ]


def test_over_the_change_to_winter_time_a_night_is_an_hour_longer() -> None:
    entry = NIGHTS.replace("202603", "202610").replace("1027T", "1024T").replace("1028T", "1025T")
    entry = entry.replace("COUNT=4", "COUNT=2").replace(
        "EXDATE;TZID=Europe/Berlin:20261030T190000\n", ""
    )

    assert shifts(calendar(entry), begin=datetime(2026, 10, 20, tzinfo=UTC)) == [
        ("sam", "24 Oct 17:00", "25 Oct 06:00"),
        ("sam", "25 Oct 18:00", "26 Oct 06:00"),
    ]


def test_an_entry_without_a_zone_is_in_that_of_its_schedule() -> None:
    entry = "UID:a\nDTSTART:20260304T080000\nDTEND:20260304T200000\nSUMMARY:Sam Ito"

    assert shifts(calendar(entry)) == [("sam", "04 Mar 07:00", "04 Mar 19:00")]


def test_an_entry_of_whole_days_begins_at_midnight_of_its_schedule() -> None:
    entry = "UID:a\nDTSTART;VALUE=DATE:20260304\nDTEND;VALUE=DATE:20260306\nSUMMARY:Sam Ito"

    assert shifts(calendar(entry)) == [("sam", "03 Mar 23:00", "05 Mar 23:00")]


def test_only_a_span_is_read() -> None:
    entry = NIGHTS.replace("COUNT=4", "INTERVAL=1")

    assert len(shifts(calendar(entry), begin=datetime(2030, 1, 1, tzinfo=UTC), days=10)) == 11


@pytest.mark.parametrize(
    "nothing",
    [b"", b"\xff\xfe", b"<html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"x" * 5_000_001],
)
def test_what_is_no_calendar_is_refused_and_not_repeated(nothing: bytes) -> None:
    with pytest.raises(NoCalendarError) as refused:
        shifts(nothing)

    assert len(str(refused.value)) < 60


def test_a_shift_is_from_its_beginning_to_before_its_end() -> None:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    read = read_rota(calendar(PAGERDUTY), KNOWN, (begin, begin + timedelta(days=30)), UTC)

    at = datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert read.shifts == (Shift(epoch_ms(at), epoch_ms(at + timedelta(days=1)), "joy"),)
