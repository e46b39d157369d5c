"""What can be wrong with a record: a reason, a JSON path, and words without a value in them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

DETAIL_MAX: Final = 200  # characters; a list of fifty drugs is cut


class Reason(StrEnum):
    """Why a record, or a part of it, does not count."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_VALUE = "unknown_value"
    MISSING = "missing"
    BAD_TIME = "bad_time"
    RANGE = "range"
    UNIT = "unit"
    KEY_MISMATCH = "key_mismatch"
    AHEAD = "ahead"  # told by the engine: recorded more than 5 minutes ahead of the clock
    LATE = "late"  # told by the engine: it came more than 48 hours after it was true
    ENGINE = "engine"  # the engine failed on it


PRESSURE_ORDER: Final = "pressure_order"  # a fault of its own: all pressures are dropped for it

# What pydantic, and the validators of our models by `refuse`, call it. Whatever is not here is of
# the wrong type.
_REASONS: Final = MappingProxyType(
    {
        "json_invalid": Reason.NOT_JSON,
        "union_tag_not_found": Reason.MISSING,
        "union_tag_invalid": Reason.UNKNOWN_KIND,
        "literal_error": Reason.UNKNOWN_KIND,  # `kind` alone is a literal
        "enum": Reason.UNKNOWN_VALUE,
        "string_pattern_mismatch": Reason.BAD_TIME,  # times alone have a pattern
        "datetime_parsing": Reason.BAD_TIME,
        "datetime_from_date_parsing": Reason.BAD_TIME,
        "timezone_naive": Reason.BAD_TIME,
        "greater_than": Reason.RANGE,
        "greater_than_equal": Reason.RANGE,
        "less_than": Reason.RANGE,
        "less_than_equal": Reason.RANGE,
        "finite_number": Reason.RANGE,  # 1e999, which is JSON, and NaN, which some write
        PRESSURE_ORDER: Reason.RANGE,
        **{reason.value: reason for reason in Reason},
    }
)
_DETAILS: Final = MappingProxyType(
    {
        "union_tag_not_found": "Field required",
        "string_pattern_mismatch": "RFC 3339 with an offset is needed: 2026-03-01T00:00:00Z",
        "timezone_naive": "an offset from UTC is needed",
        "model_type": "a JSON object is needed",
        "model_attributes_type": "a JSON object is needed",
    }
)


class Problem(NamedTuple):
    """One thing that is wrong; `fields` lead to it from the top of the record."""

    type: str
    reason: Reason
    fields: tuple[int | str, ...]
    detail: str

    @property
    def path(self) -> str:
        """The JSON path, like `$.oxygen.flow_l_min`."""
        return "$" + "".join(f"[{f}]" if isinstance(f, int) else f".{f}" for f in self.fields)


def refuse(fault: str, field: str, detail: str) -> NoReturn:
    """Refuse a record from within the validator of a model; `field` is "" for the record itself."""
    raise PydanticCustomError(fault, "{detail}", {"field": field, "detail": detail})


def problems_of(error: ValidationError, tag: str | None) -> list[Problem]:
    """Name all that a model found wrong; `tag` is the field that tells several models apart."""
    return [_problem(each, tag) for each in error.errors(include_url=False)]


def _problem(found: ErrorDetails, tag: str | None) -> Problem:
    # Where there are several models, pydantic begins each path with the kind.
    name, fields = found["type"], found["loc"] if tag is None else found["loc"][1:]
    context, sent = found.get("ctx", {}), found["input"]
    if tag is not None and name.startswith("union_tag"):  # it points to the record, not the tag
        fields, sent = (tag,), sent.get(tag)
    elif context.get("field"):
        fields = (*fields, context["field"])
    reason = _REASONS.get(name, Reason.WRONG_TYPE)
    if sent is None and fields:
        reason = Reason.MISSING  # a null says no more than an absent field
    elif reason in {Reason.UNKNOWN_KIND, Reason.UNKNOWN_VALUE} and not isinstance(sent, str):
        reason = Reason.WRONG_TYPE
    elif reason is Reason.UNKNOWN_VALUE and str(fields[-1]).endswith("unit"):
        reason = Reason.UNIT
    detail = _DETAILS.get(name, found["msg"])
    if name == "union_tag_invalid":  # pydantic's own words repeat what was sent
        detail = f"the kinds of this topic are {context['expected_tags']}"
    return Problem(name, reason, fields, detail[:DETAIL_MAX])
