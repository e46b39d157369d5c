"""How often a site's data come: a TOML file to an `Expected`, or refuse, naming the place.

    [signals]                  of each patient; never longer than a reading counts as fresh
    spo2_percent = "30min"

What the file says nothing of stays as it is built in. docs/integrators.md describes it.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from stream.clinical.expected import EVERY_MS, Expected
from stream.spans import span_of
from stream.toml_file import read_toml
from topics.base import MILLISECOND

SHORTEST: Final = timedelta(minutes=1)  # ticks come every few seconds


class ExpectedError(Exception):
    """The file is wrong; the text has a line for each place."""


def _span(value: Any) -> Any:  # noqa: ANN401, whatever stands in the file
    return span_of(value) if isinstance(value, str) else value


Every = Annotated[timedelta, BeforeValidator(_span), Field(ge=SHORTEST, le=timedelta(days=7))]


class ExpectedFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals: dict[str, Every] = {}

    @field_validator("signals")
    @classmethod
    def _only_sooner(cls, signals: dict[str, timedelta]) -> dict[str, timedelta]:
        for name, every in signals.items():
            if name not in EVERY_MS:
                raise ValueError(f"there is no {name}; there are {', '.join(sorted(EVERY_MS))}")
            if every // MILLISECOND > EVERY_MS[name]:
                most = EVERY_MS[name] // 3_600_000
                raise ValueError(f"{name} is at most {most}h: older readings count as stale")
        return signals

    @property
    def value(self) -> Expected:
        """Return it as the engine has it."""
        return Expected({**EVERY_MS, **_ms(self.signals)})


def read_expected(path: Path) -> ExpectedFile:
    """Read a file; raise ExpectedError where it is none or is wrong."""
    return read_toml(path, ExpectedFile.model_validate, ExpectedError)


def _ms(spans: Mapping[str, timedelta]) -> dict[str, int]:
    return {name: every // MILLISECOND for name, every in spans.items()}
