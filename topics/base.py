"""What every event is: who, when, from where, and how sure the sender is.

A model here is strict: "38.0" in quotes is no number, a time without an offset is no time, and
NaN is nothing at all. Unknown fields are ignored, so that a sender may say more than we read.

Absent means unknown. A null is read as absent: many senders write one where they know nothing.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from topics.faults import Reason, refuse

# RFC 3339, and nothing else that a parser of times would take: no epoch, no date alone.
RFC_3339: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)  # Kafka knows no time before it
AHEAD_MAX: Final = timedelta(minutes=5)  # how far a time may lie after its `recorded_at`
MILLISECOND: Final = timedelta(milliseconds=1)


def to_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; one before 1970 has no Kafka timestamp and is refused."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        utc = None
    if utc is None or utc < EPOCH:
        raise PydanticCustomError(Reason.BAD_TIME.value, "a time from 1970 to 9999 is needed")
    return utc


def rfc_3339(moment: datetime) -> str:
    """Write a moment in UTC with Z, with milliseconds only where there are any."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    whole = utc.replace(microsecond=0)
    return utc.isoformat(timespec="seconds" if utc - whole < MILLISECOND else "milliseconds") + "Z"


def epoch_ms(moment: datetime) -> int:
    """Return a moment in epoch milliseconds, as Kafka has it."""
    return (moment - EPOCH) // MILLISECOND


def read_epoch_ms(sent: object) -> int | None:
    """Read a time as it was sent, in epoch milliseconds; None where it is no time of ours."""
    try:
        return epoch_ms(_MOMENT.validate_json(json.dumps(sent)))
    except ValidationError:
        return None


class _Rfc3339:
    """Reads RFC 3339 with an offset, and gives an aware moment in UTC."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        described = {"pydantic_js_updates": {"format": "date-time", "pattern": RFC_3339}}
        text = core_schema.str_schema(pattern=RFC_3339, strict=True, metadata=described)
        aware = core_schema.datetime_schema(tz_constraint="aware", strict=False)
        return core_schema.no_info_after_validator_function(
            to_utc,
            core_schema.json_or_python_schema(
                json_schema=core_schema.chain_schema([text, aware]),
                python_schema=core_schema.datetime_schema(tz_constraint="aware", strict=True),
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                rfc_3339,
                return_schema=core_schema.str_schema(metadata=described),
                when_used="json",
            ),
        )


Timestamp = Annotated[datetime, _Rfc3339]
_MOMENT: Final[TypeAdapter[Timestamp]] = TypeAdapter(Timestamp)


def _whole(number: object) -> object:
    """Take 4.0 for 4, as JSON Schema does; 4.5 is left for the type to refuse."""
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number


WHOLE: Final = BeforeValidator(_whole)


def null_means(default: object) -> Callable[[object, ValidatorFunctionWrapHandler], Any]:
    """Read a null as the default, which is what an absent field means too."""

    def read(sent: object, handler: ValidatorFunctionWrapHandler) -> object:
        return default if sent is None else handler(sent)

    return read


def _null_means_effective(
    sent: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> object:
    if sent is None and "effective_at" in info.data:
        return info.data["effective_at"]
    return handler(sent)


def _effective(fields: dict[str, Any]) -> datetime:
    moment: datetime = fields["effective_at"]
    return moment


def one_of(*ways: Sequence[str]) -> ConfigDict:
    """Export in the JSON Schema of a model that one of several groups of fields has to be there.

    The model's own validator says so too, and better: here a null counts as being there.
    """
    return ConfigDict(json_schema_extra={"anyOf": [{"required": list(way)} for way in ways]})


class Strict(BaseModel):
    """Anything that travels on a topic."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class EventStatus(StrEnum):
    """How far a record is to be believed; preliminary counts like final."""

    FINAL = "final"
    PRELIMINARY = "preliminary"
    CORRECTED = "corrected"
    ENTERED_IN_ERROR = "entered_in_error"


Id = Annotated[str, Field(min_length=1, max_length=128)]
PatientId = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=256)]  # what a person reads; it may be empty
Note = Annotated[str, Field(max_length=4000)]
NotNegative = Annotated[float, Field(ge=0.0)]
Positive = Annotated[float, Field(gt=0.0)]

UNKNOWN_SOURCE: Final = "unknown"


class Event(Strict):
    """A fact about one patient: true at the bedside at one time, known to its source at another."""

    event_id: Id
    patient_id: PatientId
    effective_at: Timestamp
    recorded_at: Annotated[
        Timestamp, WrapValidator(_null_means_effective, json_schema_input_type=Timestamp | None)
    ] = Field(default_factory=_effective)
    source: Annotated[
        Name, WrapValidator(null_means(UNKNOWN_SOURCE), json_schema_input_type=Name | None)
    ] = UNKNOWN_SOURCE
    status: Annotated[
        EventStatus,
        WrapValidator(null_means(EventStatus.FINAL), json_schema_input_type=EventStatus | None),
    ] = EventStatus.FINAL
    demo: Annotated[bool, WrapValidator(null_means(False), json_schema_input_type=bool | None)] = (
        False
    )

    @model_validator(mode="after")
    def _is_known_after_it_is_true(self) -> Self:
        if self.effective_at - self.recorded_at > AHEAD_MAX:
            refuse(Reason.BAD_TIME, "effective_at", "more than 5 minutes after recorded_at")
        return self
