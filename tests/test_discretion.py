"""What may be shown of an argument or an exception: nothing that can hold a record."""

import json
import logging
import subprocess
import sys
from typing import Any, NamedTuple

import pytest
from faust.types import TP
from faust.types.tuples import PendingMessage

from stream.discretion import LONGEST_TEXT, WITHHELD, describe, discreet, safe_argument
from stream.settings import SettingsError

SENTINEL = "S3ntinel-41.7"


class Sealed(NamedTuple):
    """A record as a library might hold it."""

    key: bytes
    value: str


def pending_message() -> PendingMessage:
    """Return what faust sends, with a key and a value that must not be told."""
    fields: dict[str, Any] = dict.fromkeys(PendingMessage._fields, SENTINEL)
    return PendingMessage(**fields)


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        (None, "None"),
        (7, "7"),
        ("group", "'group'"),
        ([TP("t", 1), TP("t", 2)], "[t-1, t-2]"),
        ({TP("t", 1): 17}, "{t-1: 17}"),
        (int, "int"),
        (object(), "<object>"),
        (pending_message(), "<PendingMessage>"),
        ([[[[SENTINEL]]]], "[[[<list>]]]"),
        ({Sealed(b"", SENTINEL)}, "[<Sealed>]"),
        ({Sealed(b"", SENTINEL): 1}, "{<Sealed>: 1}"),
    ],
)
def test_an_argument_is_shown_where_it_can_hold_no_record(argument: object, shown: str) -> None:
    assert repr(safe_argument(argument)) == shown


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SettingsError("STORMWATCH_KAFKA: is missing"), "STORMWATCH_KAFKA: is missing"),
        (TimeoutError(), "TimeoutError"),
        (ValueError(SENTINEL), f"ValueError {WITHHELD}"),
    ],
)
def test_only_known_exceptions_speak(error: Exception, text: str) -> None:
    assert describe(error).endswith(text)


def line_of_faust(text: str) -> str:
    """Return what is told of a line of faust."""
    return discreet(logging.makeLogRecord({"name": "faust.topics", "msg": text})).getMessage()


@pytest.mark.parametrize(
    "text",
    [
        f"error message PendingMessage(channel=x, key={SENTINEL!r})",
        f"Event: <Event: k='{SENTINEL}' v=1>",
        f"sent {SENTINEL.encode()!r}",
        json.dumps({"patient_id": SENTINEL}),
    ],
)
def test_text_that_looks_like_a_record_is_withheld(text: str) -> None:
    assert line_of_faust(text) == WITHHELD


def test_a_long_text_is_cut() -> None:
    assert line_of_faust("x" * (LONGEST_TEXT + 1)) == "x" * LONGEST_TEXT + " (cut)"


def test_a_real_process_that_fails_prints_json_and_no_value() -> None:
    program = (
        "from stream import logs; from stream.settings import Settings\n"
        "logs.configure(Settings(role='watch', kafka='a:1'))\n"
        f"int('{SENTINEL}')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 1
    assert SENTINEL not in ended.stdout + ended.stderr
    assert json.loads(ended.stderr)["event"] == "uncaught_error"
