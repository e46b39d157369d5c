"""Log lines are structured, thinned, and hold no key and no value of a record."""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import faust
import pytest
import structlog
from aiokafka.errors import KafkaConnectionError
from faust.types import TP
from pydantic import BaseModel

from stream import logs
from stream.discretion import WITHHELD
from stream.logs import LINES_OF_OURS, WINDOW_S, Thinning, configure
from stream.settings import Settings

SENTINEL = "S3ntinel-41.7"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def restored() -> Iterator[None]:
    """Give back the logging that pytest set up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger("stormwatch").setLevel(logging.NOTSET)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def written(**settings: Any) -> io.StringIO:
    """Configure logs, and return what they are written to."""
    configure(Settings(role="watch", kafka="a:1", **settings))
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logs.Handler)
    assert handler.stream is sys.stderr
    handler.setStream(stream := io.StringIO())
    return stream


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> Lines:
    """Configure JSON logs, and return what reads them."""
    request.getfixturevalue("restored")
    stream = written(log_level="debug", log_format="json")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


class Sealed(NamedTuple):
    """A record as a library might hold it."""

    key: bytes
    value: str


class Reading(BaseModel):
    """Refuses what is no number, and repeats it."""

    temperature_c: float


class TestOurLines:
    """Lines of the project."""

    def test_a_line_is_one_json_object(self, lines: Lines) -> None:
        structlog.get_logger("stormwatch.transport").warning(
            "offset_jump", topic="stormwatch.labs.v1", partition=3, offset=17, event_id="e-1"
        )

        (line,) = lines()
        assert line.pop("at").endswith("Z")
        assert line == {
            "event": "offset_jump",
            "level": "warning",
            "logger": "stormwatch.transport",
            "topic": "stormwatch.labs.v1",
            "partition": 3,
            "offset": 17,
            "event_id": "e-1",
        }

    def test_a_standard_line_has_its_event_and_its_text(self, lines: Lines) -> None:
        log = logging.getLogger("stormwatch.guard")
        log.critical("worker_ends: %s", "stood still for 7.1 s")
        log.warning("engine_failed %s-%s@%s", "stormwatch.labs.v1", 3, 17)
        log.warning("nothing_more")
        log.warning("A sentence.")

        said = [(line["event"], line.get("text")) for line in lines()]
        assert said == [
            ("worker_ends", "stood still for 7.1 s"),
            ("engine_failed", "stormwatch.labs.v1-3@17"),
            ("nothing_more", None),
            ("message", "A sentence."),
        ]

    def test_a_field_that_may_hold_a_value_is_left_out_and_named(self, lines: Lines) -> None:
        structlog.get_logger("stormwatch.x").info(
            "taken", patient_id=SENTINEL, temperature_c=41.7, offset={"raw": SENTINEL}, partition=1
        )

        (line,) = lines()
        assert line["withheld"] == ["offset", "patient_id", "temperature_c"]
        assert line["partition"] == 1
        assert SENTINEL not in json.dumps(line)

    def test_a_debug_line_is_ours_alone(self, lines: Lines) -> None:
        logging.getLogger("faust").setLevel(logging.DEBUG)
        logging.getLogger("faust").debug("message %s", SENTINEL)
        logging.getLogger("stormwatch.x").debug("looked_at")
        structlog.get_logger("stormwatch.x").debug("looked_again")

        assert [line["event"] for line in lines()] == ["looked_at", "looked_again"]

    @pytest.mark.usefixtures("lines")
    def test_the_root_logger_is_never_at_debug(self) -> None:
        assert logging.getLogger().level == logging.INFO

    @pytest.mark.usefixtures("restored")
    def test_lines_less_urgent_than_asked_for_are_left_out(self) -> None:
        stream = written(log_level="warning")
        structlog.get_logger("stormwatch.x").info("left_out")
        logging.getLogger("aiokafka").info("left out")
        structlog.get_logger("stormwatch.x").warning("told")

        assert len(stream.getvalue().splitlines()) == 1

    @pytest.mark.usefixtures("restored")
    def test_lines_for_people_are_no_json(self) -> None:
        stream = written(log_format="console")
        structlog.get_logger("stormwatch.x").info("ready_to_go", partition=1)

        assert "ready_to_go" in stream.getvalue()
        assert not stream.getvalue().startswith("{")


class TestExceptions:
    """An exception has its places; its text only where that can hold no value."""

    def test_the_text_of_an_exception_of_the_engine_is_withheld(self, lines: Lines) -> None:
        try:
            Reading.model_validate({"temperature_c": SENTINEL})
        except ValueError:
            logging.getLogger("stormwatch.guard").exception("engine_failed")

        (line,) = lines()
        assert line["error"].startswith(f"ValidationError {WITHHELD}\n  ")
        assert f"{__file__}:" in line["error"]
        assert SENTINEL not in json.dumps(line)

    def test_a_structured_line_describes_an_exception_too(self, lines: Lines) -> None:
        log = structlog.get_logger("stormwatch.guard")
        nothing: dict[str, str] = {}
        try:
            nothing[SENTINEL]
        except KeyError as error:
            log.exception("engine_failed")
            log.warning("engine_failed", exc_info=error)

        first, second = lines()
        assert first["error"] == second["error"]
        assert first["error"].startswith(f"KeyError {WITHHELD}")

    def test_what_an_exception_came_from_is_told(self, lines: Lines) -> None:
        error = KafkaConnectionError("no broker")
        error.__cause__ = OSError(111, "Connection refused")
        logging.getLogger("stormwatch.x").error("not_connected", exc_info=error)

        (line,) = lines()
        assert "KafkaConnectionError: no broker" in line["error"]
        assert "came from ConnectionRefusedError: [Errno 111]" in line["error"]

    def test_an_uncaught_exception_is_a_line_too(self, lines: Lines) -> None:
        error = RuntimeError(SENTINEL)
        sys.excepthook(RuntimeError, error, None)

        (line,) = lines()
        assert (line["event"], line["level"]) == ("uncaught_error", "critical")
        assert SENTINEL not in json.dumps(line)

    def test_an_exception_in_a_thread_is_a_line_too(self, lines: Lines) -> None:
        thread = threading.Thread(target=lambda: int(SENTINEL))
        thread.start()
        thread.join()

        (line,) = lines()
        assert line["event"] == "uncaught_error"
        assert line["error"].startswith(f"ValueError {WITHHELD}")


class TestLinesOfLibraries:
    """What faust, mode, aiokafka and asyncio say."""

    def test_plain_text_is_kept(self, lines: Lines) -> None:
        logging.getLogger("aiokafka.consumer.group_coordinator").info(
            "Joined group '%s' (generation %s) with %r", "stormwatch-watch", 7, TP("t.v1", 3)
        )

        (line,) = lines()
        assert line["event"] == "library_message"
        assert line["text"] == "Joined group 'stormwatch-watch' (generation 7) with t.v1-3"

    def test_an_object_is_named_by_its_type(self, lines: Lines) -> None:
        logging.getLogger("mode.x").error("Cannot handle %r: %r", Sealed(b"k", SENTINEL), b"12345")

        (line,) = lines()
        assert line["text"] == "Cannot handle <Sealed>: <5 bytes>"

    async def test_what_faust_says_of_a_failed_send_names_no_record(self, lines: Lines) -> None:
        app = faust.App("test-logs", store="memory://", web_enabled=False)
        topic: Any = app.topic("t.v1")
        message = topic.as_future_message(key=SENTINEL, value=SENTINEL)
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(ValueError(SENTINEL))

        topic._on_published(failed, message, app.producer, None)
        message.exception()

        assert SENTINEL not in json.dumps(lines())

    async def test_what_asyncio_says_of_a_lost_exception_names_no_value(self, lines: Lines) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "Task exception was never retrieved", "exception": ValueError(SENTINEL)}
        )

        (line,) = lines()
        assert line["text"] == "Task exception was never retrieved"
        assert SENTINEL not in json.dumps(line)

    def test_a_line_that_does_not_fit_its_arguments_is_told_without_them(
        self, lines: Lines
    ) -> None:
        record = logging.makeLogRecord({"name": "faust", "levelno": 30, "msg": "%d"})
        record.args = (SENTINEL,)
        logging.getLogger().handlers[0].handle(record)

        (line,) = lines()
        assert line["text"] == "(a line whose arguments do not fit its text)"

    def test_a_line_that_cannot_be_written_prints_no_argument(self, lines: Lines) -> None:
        handler = logging.getLogger().handlers[0]
        assert isinstance(handler, logs.Handler)
        handler.handleError(logging.makeLogRecord({"name": "faust", "msg": SENTINEL}))

        assert lines() == [{"event": "log_line_failed", "logger": "faust"}]


def test_a_line_says_how_many_were_left_out_before_it(lines: Lines) -> None:
    now = [100.0]
    thinning = Thinning(now=lambda: now[0])
    handler = logging.getLogger().handlers[0]
    handler.filters[:] = [thinning]
    for after_s in (0.0, 0.0, 0.0, 0.0, 0.0, WINDOW_S):
        now[0] += after_s
        logging.getLogger("aiokafka").error("Unable to connect to node with id 1")

    assert [line.get("repeated") for line in lines()] == [None, None, None, 2]


def test_our_structured_lines_are_told_apart_by_their_own_place(lines: Lines) -> None:
    log = structlog.get_logger("stormwatch.x")
    for _ in range(LINES_OF_OURS + 5):
        log.info("here_it_is")
    log.info("here_as_well")

    said = [line["event"] for line in lines()]
    assert said.count("here_it_is") == LINES_OF_OURS
    assert said.count("here_as_well") == 1
