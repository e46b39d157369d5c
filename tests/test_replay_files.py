"""Replay files: what travels, what is broken, and in which order."""

import json
from pathlib import Path

import pytest
from builders import Fields, ack, dose, lab, line, on_day, patient, tick, vitals

from topics import codec, registry
from topics.codec import Decoded, Reason, Rejected
from topics.feeds.replay import LINE_MAX, BrokenLine, Line, merge, read

NOON_MS = 1772625600000


def written(folder: Path, *lines: str | bytes) -> Path:
    file = folder / "events.ndjson"
    file.write_bytes(b"".join(each.encode() if isinstance(each, str) else each for each in lines))
    return file


def lines_of(folder: Path, *lines: str | bytes) -> list[Line]:
    found = list(read(written(folder, *lines)))
    assert all(isinstance(each, Line) for each in found), found
    return [each for each in found if isinstance(each, Line)]


def broken(folder: Path, raw: str | bytes) -> BrokenLine:
    (found,) = read(written(folder, raw))
    assert isinstance(found, BrokenLine), found
    return found


# What travels


def test_a_line_travels_under_its_topic_without_naming_it(tmp_path: Path) -> None:
    sent = vitals(temperature_c=38.5)
    (found,) = lines_of(tmp_path, line(sent))

    assert found[:4] == (1, registry.VITALS, NOON_MS, b"P01")
    assert json.loads(found.value) == sent


def test_what_travels_is_what_the_codec_takes(tmp_path: Path) -> None:
    (found,) = lines_of(tmp_path, line(vitals(patient_id="Zoë")))

    assert isinstance(codec.decode(found.topic, found.key, found.value), Decoded)


def test_the_record_time_is_when_it_was_known(tmp_path: Path) -> None:
    sent = lab("il6", 5200, recorded_at=on_day(3, "18:40"), at=on_day(3, "18:00"))
    (found,) = lines_of(tmp_path, line(sent))

    assert found.timestamp_ms == NOON_MS + (6 * 60 + 40) * 60_000


def test_a_null_record_time_is_that_of_the_event(tmp_path: Path) -> None:
    (found,) = lines_of(tmp_path, line(vitals() | {"recorded_at": None}))

    assert found.timestamp_ms == NOON_MS


def test_a_tick_needs_no_patient(tmp_path: Path) -> None:
    (found,) = lines_of(tmp_path, line(tick()))

    assert found[:3] == (1, registry.TICKS, NOON_MS)
    assert isinstance(codec.decode(found.topic, found.key, found.value), Decoded)


def test_empty_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    found = lines_of(tmp_path, "\n", line(vitals()), "  \n", line(dose()).rstrip("\n"))

    assert [each.number for each in found] == [2, 4]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    raw = line(vitals()).replace("\n", "\r\n").encode()
    found = lines_of(tmp_path, b"\xef\xbb\xbf" + raw, raw)

    assert [each.number for each in found] == [1, 2]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"temperature_c": "38.0"}, Reason.WRONG_TYPE),
        ({"kind": "vital_signs"}, Reason.UNKNOWN_KIND),
        ({"event_id": None}, Reason.MISSING),
        ({"source": "\ud800"}, Reason.NOT_JSON),
        ({"source": float("nan")}, Reason.WRONG_TYPE),
        ({"patient_id": "x" * 65}, Reason.WRONG_TYPE),
    ],
)
def test_what_can_be_placed_and_addressed_travels_and_the_codec_judges(
    tmp_path: Path, change: Fields, reason: Reason
) -> None:
    (sent,) = lines_of(tmp_path, line(vitals() | change))
    found = codec.decode(sent.topic, sent.key, sent.value)

    assert isinstance(found, Rejected)
    assert found.reason is reason


# What is broken


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("1" * 5000, "not JSON"),
        ("[]", "not a JSON object"),
        ("7", "not a JSON object"),
        (json.dumps(vitals()), "no input topic"),
        (json.dumps(vitals() | {"topic": 7}), "no input topic"),
        (json.dumps(vitals() | {"topic": "stormwatch.alerts.v1"}), "no input topic"),
        (line(vitals() | {"patient_id": None}), "no patient_id"),
        (line(vitals() | {"patient_id": 7}), "no patient_id"),
        (line(vitals() | {"patient_id": ""}), "no patient_id"),
        (line(vitals() | {"patient_id": "\ud800"}), "a patient_id that is no text"),
        (line(vitals() | {"effective_at": None}), "no effective_at or recorded_at"),
        (
            line(vitals() | {"effective_at": "noon"}),
            "effective_at is no RFC 3339 time with an offset",
        ),
        (
            line(vitals() | {"recorded_at": 1772625600}),
            "recorded_at is no RFC 3339 time with an offset",
        ),
        (
            line(vitals() | {"effective_at": "\ud800"}),
            "effective_at is no RFC 3339 time with an offset",
        ),
        (line(tick() | {"at": None}), "no at"),
    ],
)
def test_what_cannot_be_placed_or_addressed_is_broken(
    tmp_path: Path, raw: str | bytes, reason: str
) -> None:
    assert broken(tmp_path, raw) == BrokenLine(1, reason)


def test_a_line_too_long_is_broken_and_the_next_is_not(tmp_path: Path) -> None:
    long = b" " * LINE_MAX + b"x" * LINE_MAX + b"\n"
    found = list(read(written(tmp_path, long, line(vitals()), b"x" * LINE_MAX)))

    assert [type(each) for each in found] == [BrokenLine, Line, BrokenLine]
    assert [each.number for each in found] == [1, 2, 3]


# In which order


def test_lines_come_in_order_of_time_then_of_the_rank_of_their_topic(tmp_path: Path) -> None:
    sent = [
        tick(),
        vitals(),
        ack("a-1"),
        lab("crp", 5),
        dose(),
        patient(on_day(3)),
        vitals(on_day(3, "11:00")),
    ]
    topics = [each.topic for each in merge(lines_of(tmp_path, *map(line, sent[:-1])))]

    assert topics == [
        registry.PATIENTS,
        registry.MEDICATIONS,
        registry.LABS,
        registry.VITALS,
        registry.ACKS,
        registry.TICKS,
    ]


def test_an_earlier_line_of_another_topic_comes_first(tmp_path: Path) -> None:
    sent = [vitals(on_day(3)), dose(at=on_day(2))]
    found = merge(lines_of(tmp_path, *map(line, sent)))

    assert [each.number for each in found] == [2, 1]


def test_a_line_never_overtakes_one_above_it_in_its_topic(tmp_path: Path) -> None:
    late, early, between = vitals(on_day(5)), vitals(on_day(1)), dose(at=on_day(3))
    found = merge(lines_of(tmp_path, *map(line, (late, early, between))))

    assert [each.number for each in found] == [3, 1, 2]


def test_lines_of_one_time_and_topic_keep_their_order(tmp_path: Path) -> None:
    sent = [vitals(temperature_c=38 + n / 10) for n in range(5)]
    found = merge(lines_of(tmp_path, *map(line, sent)))

    assert [each.number for each in found] == [1, 2, 3, 4, 5]


def test_several_files_are_merged_by_time_the_first_one_first(tmp_path: Path) -> None:
    first = lines_of(tmp_path, line(vitals(on_day(1))), line(vitals(on_day(3))))
    second = lines_of(tmp_path, line(vitals(on_day(2))), line(vitals(on_day(3), spo2_percent=90)))
    found = list(merge(first, second))

    assert found == [first[0], second[0], first[1], second[1]]
