"""What a threshold is: a number with its unit, its bounds, its source, and what a wrong one does.

A site writes each with its unit, as `"8000 ng/mL"`, `"12 h"` or `">="`; in the engine it is a
number in the unit that its name ends in, and a length of time is in ms.
"""

import re
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.times import HOUR_MS, MINUTE_MS

HOURS: Final = "h"
MS_BY_UNIT: Final = MappingProxyType({"min": MINUTE_MS, HOURS: HOUR_MS})
NO_UNIT: Final = ""
SUFFIX_BY_UNIT: Final = MappingProxyType(
    {
        HOURS: "_ms",
        "ng/mL": "_ng_ml",
        "pg/mL": "_pg_ml",
        "mg/dL": "_mg_dl",
        "g/dL": "_g_dl",
        "mg/L": "_mg_l",
        "mmol/L": "_mmol_l",
        "U/L": "_u_l",
        "10*9/L": "_10e9_l",
        "%": "_percent",
        "mL/kg": "_ml_kg",
        "cm[H2O]": "_cmh2o",
        "mm[Hg]": "_mmhg",
        "doses": "_doses",
        "days": "_days",
        "features": "_features",
        NO_UNIT: "",
    }
)
WHOLE: Final = frozenset({"doses", "days", "features"})
THRESHOLD: Final = "threshold"  # the key of the metadata
_WRITTEN: Final = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(\S*)\s*")

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Threshold:
    """One of them, as a clinician reads it. Where there are `choices` there are no bounds."""

    unit: str
    default: Value
    lowest: Value
    highest: Value
    source: str
    wrong: str  # what a wrong value does
    choices: tuple[str, ...] = ()
    attribute: str = ""

    @property
    def name(self) -> str:
        """Its name in a site's file: the unit stands with the value."""
        return self.attribute.removesuffix(SUFFIX_BY_UNIT[self.unit])

    def read(self, written: object) -> Value:
        """Read what a site wrote; raise ValueError where it is none, or out of bounds."""
        if self.choices:
            if written not in self.choices:
                raise ValueError(f"{_quoted(written)} is not one of {', '.join(self.choices)}")
            return str(written)
        value = self._number(written)
        if value < self.lowest:  # type: ignore[operator]  # a number, where there are bounds
            raise ValueError(f"{_quoted(written)} is below {self.in_words(self.lowest)}, the least")
        if value > self.highest:  # type: ignore[operator]
            raise ValueError(f"{_quoted(written)} is above {self.in_words(self.highest)}, the most")
        return value

    @property
    def allowed_in_words(self) -> str:
        """Write what a site may choose."""
        if self.choices:
            return " or ".join(self.choices)
        return f"{self.in_words(self.lowest)} to {self.in_words(self.highest)}"

    def in_words(self, value: Value) -> str:
        """Write a value with its unit, as a site may write it."""
        if isinstance(value, str):
            return value
        if self.unit != HOURS:
            return f"{value:.10g} {self.unit}"
        minutes = value / MINUTE_MS
        return f"{minutes:g} min" if minutes < HOUR_MS / MINUTE_MS else f"{value / HOUR_MS:.10g} h"

    def _number(self, written: object) -> float | int:
        like = f'write it like "{self.in_words(self.default)}"'
        found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise ValueError(f"{_quoted(written)} is no number with a unit; {like}")
        number, unit = float(found[1]), found[2]
        if self.unit == HOURS and unit in MS_BY_UNIT:
            return round(number * MS_BY_UNIT[unit])
        if unit != self.unit:
            said = f"the unit {unit} does not fit" if unit else f"{_quoted(written)} has no unit"
            raise ValueError(f"{said}; {like}")
        if self.unit in WHOLE:
            if not number.is_integer():
                raise ValueError(f"{_quoted(written)} is no whole number; {like}")
            return int(number)
        return number


def number(  # noqa: PLR0913, each is part of what a clinician signs
    default: float, unit: str, lowest: float, highest: float, *, source: str, wrong: str
) -> Any:  # noqa: ANN401, what dataclasses.field gives
    """Declare a threshold that is a number; one of doses or days is a whole one."""
    return _declared(Threshold(unit, default, lowest, highest, source, wrong))


def hours(default: float, lowest: float, highest: float, *, source: str, wrong: str) -> Any:  # noqa: ANN401
    """Declare a threshold that is a length of time; in the engine it is in ms."""
    least, usual, most = (round(each * HOUR_MS) for each in (lowest, default, highest))
    return _declared(Threshold(HOURS, usual, least, most, source, wrong))


def choice(default: str, choices: tuple[str, ...], *, source: str, wrong: str) -> Any:  # noqa: ANN401
    """Declare a threshold that is one of several."""
    return _declared(Threshold(NO_UNIT, default, default, default, source, wrong, choices))


def thresholds_of(declaring: type[Any]) -> tuple[Threshold, ...]:
    """Give the thresholds that a dataclass declares, in their order."""
    return tuple(
        Threshold(**{**_content(each.metadata[THRESHOLD]), "attribute": each.name})
        for each in fields(declaring)
        if each.default is not MISSING
    )


def _declared(threshold: Threshold) -> Any:  # noqa: ANN401
    return field(default=threshold.default, metadata={THRESHOLD: threshold})


def _content(threshold: Threshold) -> dict[str, Any]:
    return {each.name: getattr(threshold, each.name) for each in fields(threshold)}


def _quoted(written: object) -> str:
    return f'"{written}"' if isinstance(written, str) else str(written)
