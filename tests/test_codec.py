"""The codec: what is taken, what is dropped, what is refused, and what is said about it."""

import hashlib
import json

import pytest
from builders import (
    NOON,
    PATIENT_ID,
    decoded,
    encoded,
    event,
    tick,
    vitals,
)
from judging import judged, refused

from topics import codec, examples, registry
from topics.alerts import Alert, Present
from topics.base import EventStatus
from topics.codec import Decoded, Reason, Rejected
from topics.pages import PageLine
from topics.ticks import Tick
from topics.vitals import Vitals

VITALS = vitals()


# A record that is in order


def test_a_record_in_order_becomes_its_event() -> None:
    found = decoded(vitals(temperature_c=39.1))

    assert isinstance(found.event, Vitals)
    assert found.event.temperature_c == 39.1
    assert found.event.mean_arterial_mmhg is None
    assert found.dropped == ()


def test_the_digest_is_that_of_the_bytes_as_they_came() -> None:
    value = encoded(vitals()) + b" "
    found = codec.decode(registry.VITALS, b"P01", value)

    assert isinstance(found, Decoded)
    assert found.digest == hashlib.sha256(value).hexdigest()


def test_a_whole_number_is_taken_for_a_float() -> None:
    found = event(vitals(temperature_c=38))

    assert isinstance(found, Vitals)
    assert isinstance(found.temperature_c, float)


def test_an_unknown_field_is_ignored() -> None:
    assert decoded(vitals(topic="x", shoe_size={"left": 43}, oxygen={"brand": 1})).dropped == ()


def test_what_is_absent_has_its_default() -> None:
    found = event({name: VITALS[name] for name in VITALS if name != "source"})

    assert isinstance(found, Vitals)
    assert found.recorded_at == found.effective_at == NOON
    assert (found.source, found.status, found.demo) == ("unknown", EventStatus.FINAL, False)


@pytest.mark.parametrize("name", ["recorded_at", "source", "status", "demo", "temperature_c"])
def test_a_null_is_read_as_absent(name: str) -> None:
    without = {each: VITALS[each] for each in VITALS if each != name}

    assert event(VITALS | {name: None}) == event(without)


def test_every_time_comes_out_in_utc() -> None:
    found = event(vitals(effective_at="2026-03-04T13:00:00+01:00"))

    assert isinstance(found, Vitals)
    assert found.effective_at == NOON
    assert str(found.effective_at) == "2026-03-04 12:00:00+00:00"


def test_the_last_of_two_equal_names_counts_in_both_ways_of_reading() -> None:
    twice = encoded(vitals())[:-1] + b',"temperature_c":99,"temperature_c":39.5}'
    spoiled = encoded(vitals())[:-1] + b',"temperature_c":39.5,"temperature_c":99}'

    plain = codec.decode(registry.VITALS, b"P01", twice)
    mended = codec.decode(registry.VITALS, b"P01", spoiled)

    assert isinstance(plain, Decoded)
    assert plain.event.temperature_c == 39.5  # type: ignore[union-attr]
    assert isinstance(mended, Decoded)
    assert mended.event.temperature_c is None  # type: ignore[union-attr]


# Whose record it is


@pytest.mark.parametrize("key", [None, b"", b"P02", b"P01 ", b"\xff"])
def test_a_key_that_is_not_the_patients_id_is_refused_without_naming_a_patient(
    key: bytes | None,
) -> None:
    found = codec.decode(registry.VITALS, key, encoded(vitals()))

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (Reason.KEY_MISMATCH, "$.patient_id")
    assert found.patient_id is None
    assert found.event_id == vitals()["event_id"]


def test_a_replay_file_has_no_keys() -> None:
    found = codec.decode(registry.VITALS, None, encoded(vitals()), check_key=False)

    assert isinstance(found, Decoded)


def test_a_key_is_utf_8() -> None:
    assert isinstance(judged(vitals(patient_id="Zoë-1")), Decoded)


def test_a_refused_record_under_another_key_names_no_patient() -> None:
    found = codec.decode(registry.VITALS, b"P02", encoded(vitals(spo2_percent="97")))

    assert isinstance(found, Rejected)
    assert (found.reason, found.patient_id) == (Reason.KEY_MISMATCH, None)


def test_a_refused_record_names_patient_event_and_kind() -> None:
    found = refused(vitals(spo2_percent="97"))

    assert found.patient_id == PATIENT_ID
    assert found.event_id is not None
    assert found.kind == "vitals"


@pytest.mark.parametrize(("sent", "demo"), [(True, True), (False, False), ("true", False)])
def test_a_refused_record_says_whether_it_is_a_demo(sent: object, demo: bool) -> None:
    assert refused(vitals(spo2_percent="97", demo=sent)).demo is demo


@pytest.mark.parametrize("patient_id", [None, 7, "", "x" * 65])
def test_a_patient_who_cannot_be_read_is_not_named(patient_id: object) -> None:
    found = codec.decode(
        registry.VITALS, None, encoded(vitals() | {"patient_id": patient_id}), check_key=False
    )

    assert isinstance(found, Rejected)
    assert found.patient_id is None


@pytest.mark.parametrize("key", [None, b"7", b"P01"])
def test_a_tick_has_no_patient_and_any_key(key: bytes | None) -> None:
    found = codec.decode(registry.TICKS, key, encoded(tick()))

    assert isinstance(found, Decoded)
    assert found.event == Tick(at=NOON)


# What is no event


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"\xff\xfe",
        b'{"event_id":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 10_000,
        b"1" * 5000,
        b"temperature 39",
    ],
)
def test_what_is_no_json_is_refused(value: bytes | None) -> None:
    found = codec.decode(registry.VITALS, b"P01", value)

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (Reason.NOT_JSON, "$")


@pytest.mark.parametrize("value", [b"[]", b"7", b'"x"', b"null", b"true"])
@pytest.mark.parametrize("topic", [registry.VITALS, registry.LABS, registry.TICKS])
def test_what_is_no_object_has_the_wrong_type(topic: str, value: bytes | None) -> None:
    found = codec.decode(topic, b"P01", value)

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (Reason.WRONG_TYPE, "$")


def test_a_record_may_be_as_large_as_its_limit_and_no_larger() -> None:
    padding = codec.RECORD_MAX - len(encoded(vitals(note="")))
    largest = encoded(vitals(note="x" * padding))
    assert len(largest) == codec.RECORD_MAX

    taken = codec.decode(registry.VITALS, b"P01", largest)
    found = codec.decode(registry.VITALS, b"P01", largest + b" ")

    assert isinstance(taken, Decoded)
    assert isinstance(found, Rejected)
    assert found.reason is Reason.TOO_LARGE


# Our own topics


@pytest.mark.parametrize(
    ("name", "topic"),
    [("alert", registry.ALERTS), ("present", registry.ALERTS), ("page", registry.PAGES)],
)
def test_what_we_write_is_read_back_as_it_was(name: str, topic: str) -> None:
    value = json.dumps(examples.OUTPUTS[name], separators=(",", ":")).encode()
    line = codec.decode_line(topic, value)

    assert isinstance(line, Alert | Present | PageLine)
    assert codec.encode(line) == value


@pytest.mark.parametrize(
    ("value", "reason", "path"),
    [
        (None, Reason.NOT_JSON, "$"),
        (b"{", Reason.NOT_JSON, "$"),
        (b" " * (codec.RECORD_MAX + 1), Reason.TOO_LARGE, "$"),
        (b"{}", Reason.MISSING, "$.type"),
        (b'{"type":"absent"}', Reason.UNKNOWN_KIND, "$.type"),
        (b'{"type":"present","at":"2026-03-04T12:00:00Z"}', Reason.MISSING, "$.partition"),
    ],
)
def test_a_line_that_is_none_is_refused(value: bytes | None, reason: Reason, path: str) -> None:
    found = codec.decode_line(registry.ALERTS, value)

    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (reason, path)


def test_the_path_into_a_list_names_the_place() -> None:
    alert = dict(examples.OUTPUTS["alert"])
    alert["because"] = [alert["because"][0], alert["because"][0] | {"signal": 7}]
    found = codec.decode_line(registry.ALERTS, json.dumps(alert).encode())

    assert isinstance(found, Rejected)
    assert found.path == "$.because[1].signal"
