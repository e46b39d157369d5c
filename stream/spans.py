"""Lengths of time as people write them: 30s, 5m, 45min, 2h."""

import re
from datetime import timedelta
from types import MappingProxyType
from typing import Final

_SPAN: Final = re.compile(r"([1-9][0-9]{0,3})(s|min|m|h)")
_SECONDS: Final = MappingProxyType({"s": 1, "m": 60, "min": 60, "h": 3600})


def span_of(text: str) -> timedelta:
    """Read a length of time; raise ValueError where it is none."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError("must be a length of time like 30s, 5m or 2h")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
