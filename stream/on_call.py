"""Who has duty when: an iCalendar file, as GoAlert and PagerDuty export it, to shifts.

PagerDuty names the person in the summary and as attendee; a calendar of GoAlert is that of one
person and names none. What repeats, is moved or left out, and clocks that are put forward or back
are left to the libraries that know RFC 5545.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any, Final, NamedTuple

import icalendar
import recurring_ical_events

from alerts.routing import Shift
from topics.base import epoch_ms

CALENDAR_MAX_BYTES: Final = 5_000_000
SHIFTS_MAX: Final = 5_000
MAILTO: Final = "mailto:"


class NoCalendarError(Exception):
    """What was read is no calendar."""


class Known(NamedTuple):
    """Whom a calendar may name."""

    people: Mapping[str, tuple[str, ...]]  # by person, the names and addresses that calendars have
    always: str | None = None  # whose calendar it is, where it is that of one


class Rota(NamedTuple):
    """The shifts of a calendar, and how many of its entries name nobody who is known."""

    shifts: tuple[Shift, ...]
    unknown: int


def read_rota(calendar: bytes, known: Known, span: tuple[datetime, datetime], zone: tzinfo) -> Rota:
    """Return the shifts that lie in a span; `zone` is that of entries that name none.

    Raises NoCalendarError.
    """
    if len(calendar) > CALENDAR_MAX_BYTES:
        raise NoCalendarError("is too long")
    try:
        read = icalendar.Calendar.from_ical(calendar)
        events = recurring_ical_events.of(read).between(*span)
        found = [(list(_people(event, known)), _span(event, zone)) for event in events[:SHIFTS_MAX]]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # What the libraries raise of it may hold a name.
        raise NoCalendarError(f"is no calendar: {type(error).__name__}") from None
    shifts = (Shift(*of, person) for people, of in found for person in people)
    return Rota(tuple(sorted(shifts)), sum(not people for people, _ in found))


def _people(event: Any, known: Known) -> Iterator[str]:  # noqa: ANN401, the library's
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    if known.always is not None:
        yield known.always
        return
    summary = str(event.get("SUMMARY", "")).casefold()
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    named = {str(each).casefold().removeprefix(MAILTO) for each in attendees}
    named |= {str(each.params.get("CN", "")).casefold() for each in attendees}
    for person, names in known.people.items():
        folded = [name.casefold() for name in names if name]
        if any(name in summary or name in named for name in folded):
            yield person


def _span(event: Any, zone: tzinfo) -> tuple[int, int]:  # noqa: ANN401, the library's
    begins, ends = event["DTSTART"].dt, event["DTEND"].dt
    return _moment_ms(begins, zone), _moment_ms(ends, zone)


def _moment_ms(at: date, zone: tzinfo) -> int:
    """Return the moment that an entry names; one without hours begins its day."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return epoch_ms(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))
