"""Logs to stderr, one line an event; a line names a record by topic, partition, offset, event id.

Our own lines are those of structlog and of standard loggers named `stormwatch.…`:

    structlog.get_logger("stormwatch.transport").warning("offset_jump", topic=…, partition=…)

Lines of libraries pass through the same handler, thinned: while a broker is down aiokafka says so
ten times a second.
"""

import contextlib
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from stream.discretion import OURS, describe_in_full, discreet
from stream.settings import Settings

FIELDS: Final = frozenset({"topic", "partition", "offset", "event_id"})
OF_STRUCTLOG: Final = frozenset({"event", "exc_info", "text", "repeated", "level", "logger", "at"})
LONGEST_FIELD: Final = 200

WINDOW_S: Final = 10.0
LINES_OF_OURS: Final = 50  # from one place in the code, in a window
LINES_OF_LIBRARIES: Final = 3

LIBRARIES: Final = ("faust", "mode", "aiokafka", "kafka", "aiohttp", "asyncio")

_OUR_EVENT = re.compile(r"([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:[:,]? +(.*))?", re.DOTALL)


def configure(settings: Settings) -> None:
    """Send every log line of this process to stderr, in the format and from the level set."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    handler = Handler(settings.log_format)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Faust builds three lines an event once it is at debug, and they hold records.
    root.setLevel(max(level, logging.INFO))
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


class Handler(logging.StreamHandler):  # type: ignore[type-arg]  # generic for mypy alone
    """Writes to stderr what is discreet, and not too often."""

    def __init__(self, log_format: str) -> None:
        super().__init__(sys.stderr)
        self.addFilter(_no_debug_of_libraries)
        self.addFilter(Thinning())
        self.setFormatter(_Formatter(_renderer(log_format)))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the name is the base's
        """Say that a line could not be written; the base would print its arguments."""
        with contextlib.suppress(OSError, ValueError):  # nobody reads stderr any more
            self.stream.write(f'{{"event": "log_line_failed", "logger": "{record.name}"}}\n')


class Thinning(logging.Filter):
    """Lets through the first lines from each place in the code, and counts the rest.

    The next line that passes says how many were left out. What is critical always passes.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._places: dict[tuple[str, int], list[float]] = {}  # began, lines, left out
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide about a line; a place in the code is its file and line."""
        if record.levelno >= logging.CRITICAL:
            return True
        limit = LINES_OF_OURS if _is_ours(record) else LINES_OF_LIBRARIES
        with self._lock:
            now_s = self._now()
            place = self._places.setdefault((record.pathname, record.lineno), [now_s, 0, 0])
            if now_s - place[0] >= WINDOW_S:
                place[0], place[1] = now_s, 0
            place[1] += 1
            if place[1] > limit:
                place[2] += 1
                return False
            record.repeated, place[2] = int(place[2]), 0
        return True


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def __init__(self, renderer: Processor) -> None:
        super().__init__(
            foreign_pre_chain=[_name_event],
            processors=[
                _keep_known_fields,
                _add_origin,
                _describe_exception,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        return super().format(discreet(record))


def _renderer(log_format: str) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=True)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="at")


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] == OURS


def _no_debug_of_libraries(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.INFO or _is_ours(record)


def _name_event(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Find the event in a line of a standard logger; what a library says is its text."""
    text, record = str(line["event"]), line["_record"]
    match = _OUR_EVENT.fullmatch(text) if _is_ours(record) else None
    if match is None:
        line["event"], line["text"] = "message" if _is_ours(record) else "library_message", text
        return line
    line["event"] = match[1]
    if match[2]:
        line["text"] = match[2]
    return line


def _keep_known_fields(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Drop every field that might hold a value, and name what was dropped."""
    withheld = []
    for name in list(line):
        if name.startswith("_") or name in OF_STRUCTLOG:
            continue
        if name not in FIELDS or type(line[name]) not in {str, int}:
            del line[name]
            withheld.append(name)
        elif isinstance(line[name], str):
            line[name] = line[name][:LONGEST_FIELD]
    if withheld:
        line["withheld"] = sorted(withheld)
    return line


def _add_origin(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    record = line["_record"]
    line["at"] = structlog.processors.TimeStamper("iso", utc=True)(None, "", {})["timestamp"]
    line["level"], line["logger"] = record.levelname.lower(), record.name
    if getattr(record, "repeated", 0):
        line["repeated"] = record.repeated
    return line


def _describe_exception(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    exc_info = line.pop("exc_info", None)
    if isinstance(exc_info, BaseException):
        line["error"] = describe_in_full((type(exc_info), exc_info, exc_info.__traceback__))
    elif isinstance(exc_info, tuple) and exc_info[1] is not None:
        line["error"] = describe_in_full(exc_info)
    elif exc_info is True and (error := sys.exc_info()[1]) is not None:
        line["error"] = describe_in_full((type(error), error, error.__traceback__))
    return line


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger(OURS).critical("uncaught_error", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        _log_uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
