"""What may be said in a log: never a key, never a value, whoever the line is from.

Libraries log objects, and some print their records. So an argument of a line is kept where its type
cannot hold a record, and else only its type is named. An exception keeps its text where what
raises it never sees a value; of the others the type and the places are kept.
"""

import logging
import re
import traceback
from collections.abc import Mapping
from enum import Enum
from types import TracebackType
from typing import Final

from aiokafka.errors import KafkaError

LONGEST_TEXT: Final = 2_000
FRAMES: Final = 20
DEEPEST: Final = 3
WITHHELD: Final = "(text withheld: it may hold a record)"
OURS: Final = "stormwatch"
PLACES: Final = frozenset({"TP", "TopicPartition"})  # a topic and a partition, no record
SPEAKING_PACKAGES: Final = ("stream.", "deploy.")  # whose exceptions name no value, by our rules
SILENT_PACKAGES: Final = ("stream.clinical.",)

# How records look once they are text: a key or a value by name, bytes, JSON.
_A_RECORD = re.compile(r"""\b(k|v|key|value)=|\bb['"]|\{["']|(Message|Event|Record)[:( ]""")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def discreet(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy of a log record whose text holds no key and no value of a Kafka record."""
    copy = logging.makeLogRecord(record.__dict__)
    if isinstance(copy.msg, Mapping):  # a structured line of our own; its fields are checked apart
        return copy
    if isinstance(copy.args, Mapping):
        copy.args = {name: safe_argument(value) for name, value in copy.args.items()}
    else:
        copy.args = tuple(safe_argument(value) for value in copy.args or ())
    copy.msg, copy.args = _safe_text(copy), ()
    return copy


def safe_argument(value: object) -> object:
    """Return what may be shown of an argument: itself where it can hold no record."""
    return _safe(value, DEEPEST)


def describe(error: BaseException) -> str:
    """Name an exception, with its text where that can hold no value."""
    name = type(error).__name__
    if not _speaks(type(error)):
        return f"{name} {WITHHELD}"
    text = str(error)
    return f"{name}: {_shortened(text)}" if text else name


def describe_in_full(exc_info: ExcInfo) -> str:
    """Describe an exception, what it came from, and the places it passed, without source lines."""
    _, error, _ = exc_info
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-FRAMES:]
        places = "".join(f"\n  {each.filename}:{each.lineno} in {each.name}" for each in frames)
        parts.append(describe(current) + places)
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "\ncame from ".join(parts)


def _safe(value: object, deep: int) -> object:
    kind = type(value)
    if value is None or kind in {bool, int, float, str} or isinstance(value, Enum):
        return value
    if deep and kind in {tuple, list, set, frozenset, dict}:
        return _safe_parts(value, deep - 1)
    if kind.__name__ in PLACES and isinstance(value, tuple):
        return _Shown(f"{value[0]}-{value[1]}")
    if isinstance(value, BaseException):
        return _Shown(describe(value))
    if isinstance(value, (bytes, bytearray)):
        return _Shown(f"<{len(value)} bytes>")
    return _Shown(value.__name__ if isinstance(value, type) else f"<{kind.__name__}>")


def _safe_parts(value: object, deep: int) -> object:
    if isinstance(value, dict):
        return {_safe(name, 0): _safe(part, deep) for name, part in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_safe(part, deep) for part in value]
    raise AssertionError(type(value))  # the caller names these five types


class _Shown(str):
    """Text that is shown as it is under %r too."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _speaks(kind: type[BaseException]) -> bool:
    module = f"{kind.__module__}."
    if module.startswith(SILENT_PACKAGES):
        return False
    return issubclass(kind, (OSError, KafkaError)) or module.startswith(SPEAKING_PACKAGES)


def _safe_text(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except (TypeError, ValueError, KeyError):
        return "(a line whose arguments do not fit its text)"
    if record.name.split(".")[0] == OURS:
        return _shortened(text)
    if record.name == "asyncio":  # below the first line are reprs of tasks, hence of exceptions
        text = text.partition("\n")[0]
    return WITHHELD if _A_RECORD.search(text) else _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " (cut)"
