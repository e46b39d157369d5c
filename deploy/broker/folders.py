"""Where this system keeps what can be fetched again, and what must stay."""

import os
import sys
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "STORMWATCH_CACHE"


def cache_folder() -> Path:
    """STORMWATCH_CACHE, or a folder of ours where this system keeps what can be fetched again."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser().absolute()
    return _usual("XDG_CACHE_HOME", macos="Library/Caches", other=".cache") / "stormwatch"


def broker_folder() -> Path:
    """Name the folder of `stormwatch broker` where none is given: its records stay."""
    usual = _usual("XDG_STATE_HOME", macos="Library/Application Support", other=".local/state")
    return usual / "stormwatch" / "broker"


def _usual(variable: str, *, macos: str, other: str) -> Path:
    if (chosen := os.environ.get(variable)) and Path(chosen).is_absolute():  # XDG: ignore others
        return Path(chosen)
    return Path.home() / (macos if sys.platform == "darwin" else other)
