"""`stormwatch ack`: a person answers an alert."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import uuid4

import click
from pydantic import TypeAdapter, ValidationError

from alerts.built_in import through
from alerts.life import OPEN_STATES
from alerts.policy import SNOOZE_DEFAULT, SNOOZE_MAX, Policy
from alerts.readings import clean, moment, span
from alerts.titles import title_of
from deploy import answering
from deploy.answering import Found
from deploy.kafka_option import kafka_option
from stream.spans import span_of
from stream.topic_check import NoBrokerError, connected, read
from topics import registry
from topics.acks import Ack, AckAction
from topics.base import Timestamp

SOURCE: Final = "stormwatch-ack"
SHORTEST_ID: Final = 6  # characters; a page shows 8
LISTED_AT_MOST: Final = 10
PAGER_ANSWERS_WITHIN_S: Final = 5.0
NEEDED: Final = frozenset({registry.PAGES, registry.ALERTS, registry.ACKS})

DONE: Final = MappingProxyType(
    {
        AckAction.ACKNOWLEDGE: "Acknowledged",
        AckAction.UNACKNOWLEDGE: "No longer acknowledged",
        AckAction.SNOOZE: "Snoozed",
        AckAction.CLOSE: "Closed",
    }
)
FOLLOWS: Final = MappingProxyType(
    {
        AckAction.ACKNOWLEDGE: "Nobody is paged about it unless it becomes worse.",
        AckAction.UNACKNOWLEDGE: "It is paged again.",
        AckAction.SNOOZE: "Nobody is paged about it until then, unless it becomes worse.",
        AckAction.CLOSE: "Nobody is paged about it until it has ended or becomes worse.",
    }
)

HANDED_OVER: Final = (
    "They are paged. Unless one of them acknowledges in 5 min everyone is called again."
)
DECLINED: Final = "Whoever is next is paged now, unless somebody else has it."

_TIMESTAMP: Final = TypeAdapter(Timestamp)


class AckError(Exception):
    """The alert cannot be answered; the text says why."""


@dataclass(frozen=True)
class Reply:
    """What a person answers."""

    by: str
    action: AckAction
    until: datetime | None
    note: str | None
    hand_to: str | None = None
    decline: bool = False


class Until(click.ParamType):
    """A moment with its offset, or how long from now."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read 2026-03-05T08:30:00Z, or 45m, or 2h."""
        text = str(value)
        with contextlib.suppress(ValueError):
            return datetime.now(UTC) + span_of(text)
        try:
            # As JSON, like events: only there is a text taken for a time.
            return _TIMESTAMP.validate_json(f'"{text}"')
        except ValidationError:
            self.fail(f"{text!r} is neither like 2026-03-05T08:30:00Z nor 45m nor 2h", param, ctx)


@click.command()
@click.argument("alert_id")
@click.option("--by", required=True, help="Who answers.")
@click.option(
    "--action",
    type=click.Choice([action.value for action in AckAction]),
    default=AckAction.ACKNOWLEDGE.value,
    show_default=True,
)
@click.option("--until", type=Until(), help="When a snooze ends: a time with its offset, or 45m.")
@click.option("--note", help="For those who come after you.")
@click.option("--hand-to", help="A role or a person who is to have it instead; they are paged.")
@click.option("--decline", is_flag=True, help="You can't come: whoever is next is paged now.")
@kafka_option
def ack(  # noqa: PLR0913, what click hands over
    alert_id: str,
    *,
    by: str,
    action: str,
    until: datetime | None,
    note: str | None,
    hand_to: str | None,
    decline: bool,
    kafka: str,
) -> None:
    """Answer the alert ALERT_ID, as its page says; the first 6 characters may be enough.

    An answer stops the paging. It never ends the condition: only the patient's data do.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # we say ourselves what it would
    said = AckAction.UNACKNOWLEDGE if decline else AckAction(action)
    reply = Reply(by, said, until, note, hand_to, decline)
    if decline and (hand_to is not None or action != AckAction.ACKNOWLEDGE):
        raise click.UsageError("--decline goes alone")
    if hand_to is not None and reply.action is not AckAction.ACKNOWLEDGE:
        raise click.UsageError("--hand-to goes with --action acknowledge")
    if until is not None and reply.action is not AckAction.SNOOZE:
        raise click.UsageError("--until goes with --action snooze")
    if len(alert_id) < SHORTEST_ID:
        raise click.UsageError(f"at least {SHORTEST_ID} characters of the alert's id are needed")
    try:
        asyncio.run(answer(kafka, alert_id.lower(), reply))
    except ValidationError as error:
        fields = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False))
        raise click.UsageError(f"empty or too long: {fields}") from error
    except (AckError, NoBrokerError) as error:
        raise click.ClickException(str(error)) from error


async def answer(kafka: str, prefix: str, reply: Reply) -> None:
    """Find the alert, write the answer, and say what came of it.

    Raises `AckError` or `NoBrokerError`.
    """
    async with connected(kafka) as admin:
        if missing := NEEDED - (await read(admin)).topics.keys():
            names = ", ".join(sorted(missing))
            raise AckError(f"missing: {names}; `stormwatch topics create` makes them")
        async with answering.reading(kafka) as consumer:
            alerts = await answering.find(consumer, prefix, at_most=LISTED_AT_MOST + 1)
            found = _the_one(prefix, alerts)
            said = _event(found, reply)
            after = await answering.end_of_pages(consumer, found.partition)
            async with answering.writing(kafka) as write:
                await write(found.partition, said)
            click.echo(_done(found, said))
            if not await answering.is_taken(
                consumer, found.partition, after, said, PAGER_ANSWERS_WITHIN_S
            ):
                click.echo(_not_confirmed(), err=True)


def _the_one(prefix: str, alerts: list[Found]) -> Found:
    """Return the only alert there is, which must be open as far as is known."""
    if not alerts:
        raise AckError(f"no page speaks of an alert {prefix}: compare it with the page")
    if len(alerts) > 1:
        listed = "\n".join(f"  {_name(each)}" for each in alerts[:LISTED_AT_MOST])
        raise AckError(f"several alerts begin with {prefix}; give more of the id:\n{listed}")
    (found,) = alerts
    line = found.line
    if line is not None and line.state not in OPEN_STATES:
        raise AckError(f"it has already ended ({line.state} {moment(line.at)}): {_name(found)}")
    return found


def _event(found: Found, reply: Reply) -> Ack:
    return Ack(
        kind="ack",
        event_id=str(uuid4()),
        patient_id=found.patient_id,
        effective_at=datetime.now(UTC),
        source=SOURCE,
        alert_id=found.alert_id,
        action=reply.action,
        by=reply.by,
        note=reply.note,
        snooze_until=reply.until,
        hand_to=reply.hand_to,
        decline=reply.decline,
    )


def _done(found: Found, said: Ack) -> str:
    how_long = ""
    if said.action is AckAction.SNOOZE:
        until = said.snooze_until
        how_long = f" for {span(SNOOZE_DEFAULT)}" if until is None else f" until {moment(until)}"
        if until is not None and until - said.recorded_at > SNOOZE_MAX:
            how_long = f" for {span(SNOOZE_MAX)}, the longest there is,"
    did, follows = DONE[said.action], FOLLOWS[said.action]
    if said.hand_to is not None:
        did, follows = f"Handed over to {clean(said.hand_to)}", HANDED_OVER
    elif said.decline:
        did, follows = "Declined", DECLINED
    return f"{did}{how_long} by {clean(said.by)}: {_name(found)}\n{follows}"


def _not_confirmed() -> str:
    return (
        f"The pager has not confirmed it in {PAGER_ANSWERS_WITHIN_S:.0f} s. It counts once a pager "
        "runs. If one does, it changed nothing: the alert has just ended, or it is worse than its "
        "last page said, and you are paged about that now."
    )


def _name(found: Found) -> str:
    """Name an alert: its id, what it is, whose, and where."""
    line = found.line
    if line is None:
        return f"{found.alert_id}, patient {clean(found.patient_id)}"
    priority = Policy(through()).level_of(line).priority
    where = (("ward", line.unit), ("bed", line.bed))
    place = "".join(f", {what} {clean(name)}" for what, name in where if name is not None)
    what = f"{priority} {clean(title_of(line.rule))} ({clean(line.rule)})"
    return f"{what}, patient {clean(found.patient_id)}{place}, alert {found.alert_id}"
