"""What load writes and when: every line, and ticks that say the time of the file."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from deploy.timetable import Planned, partition_of, shifted, with_ticks, without_ticks
from topics import registry
from topics.codec import decode
from topics.feeds.replay import Line

PARTITIONS = 3
HOUR_MS = 3_600_000


def line(at_ms: int, patient: str = "A", topic: str = registry.VITALS, number: int = 1) -> Line:
    """Make a line that says nothing but whose it is."""
    return Line(number, topic, at_ms, patient.encode(), b"{}")


def told(plans: list[Iterator[Planned]]) -> list[list[tuple[str, int]]]:
    """Say of each partition what is planned: the noun of its topic, and the time."""
    return [[(p.topic.split(".")[1], p.at_ms) for p in plan] for plan in plans]


def own(patient: str, plans: list[Iterator[Planned]]) -> list[tuple[str, int]]:
    """Say what is planned for the partition of one patient."""
    return told(plans)[partition_of(patient.encode(), PARTITIONS)]


def test_a_tick_stands_a_millisecond_before_each_line_and_two_behind_the_last() -> None:
    plans = with_ticks([line(10_000), line(20_000)], PARTITIONS)

    assert own("A", plans) == [
        ("ticks", 9_999),
        ("vitals", 10_000),
        ("ticks", 19_999),
        ("vitals", 20_000),
        ("ticks", 20_000),
    ]


def test_lines_of_one_moment_need_one_tick_and_keep_their_order() -> None:
    lines = [line(10_000, topic=registry.PATIENTS), line(10_000, topic=registry.LABS)]

    plans = with_ticks(lines, PARTITIONS)

    assert [noun for noun, _ in own("A", plans)] == ["ticks", "patients", "labs", "ticks"]


def test_a_line_behind_the_clock_needs_no_tick() -> None:
    plans = with_ticks([line(20_000), line(10_000, number=2)], PARTITIONS)

    assert (
        own("A", plans)
        == [
            ("ticks", 9_999),
            ("ticks", 19_999),
            ("vitals", 20_000),
            ("vitals", 10_000),
            ("ticks", 20_000),
        ][1:]
    )


def test_time_ends_alike_in_partitions_without_a_line() -> None:
    plans = told(with_ticks([line(10_000), line(20_000)], PARTITIONS))

    idle = [plan for plan in plans if ("vitals", 10_000) not in plan]
    assert idle == [[("ticks", 19_999), ("ticks", 20_000)]] * (PARTITIONS - 1)


def test_with_a_step_time_goes_on_where_no_line_comes() -> None:
    plans = with_ticks([line(10_000), line(22_000)], PARTITIONS, step_ms=5_000)

    assert own("A", plans) == [
        ("ticks", 9_999),
        ("vitals", 10_000),
        ("ticks", 15_000),
        ("ticks", 20_000),
        ("ticks", 21_999),
        ("vitals", 22_000),
        ("ticks", 22_000),
    ]


def test_a_step_that_ends_at_a_line_comes_behind_it() -> None:
    plans = with_ticks([line(10_000), line(15_000), line(30_000)], PARTITIONS, step_ms=5_000)

    times = own("A", plans)
    assert times[times.index(("vitals", 15_000)) + 1] == ("ticks", 15_000)


def test_a_tick_of_the_file_goes_to_every_partition() -> None:
    tick = Line(2, registry.TICKS, 50_000, b"0", b'{"at":"1970-01-01T00:00:50Z"}')

    plans = told(with_ticks([line(10_000), tick, line(90_000)], PARTITIONS))

    assert all(("ticks", 50_000) in plan for plan in plans)


def test_no_tick_lies_before_1970() -> None:
    assert own("A", with_ticks([line(0)], PARTITIONS)) == [("vitals", 0), ("ticks", 0)]


def test_a_planned_tick_is_one_to_the_codec() -> None:
    tick = next(with_ticks([line(10_000)], 1)[0])

    found = decode(tick.topic, tick.key, tick.value)

    assert found.event.at == datetime(1970, 1, 1, 0, 0, 9, 999_000, tzinfo=UTC)  # type: ignore[union-attr]


def test_nothing_is_planned_for_no_lines() -> None:
    assert with_ticks([], PARTITIONS) == []


def test_without_ticks_the_lines_alone_are_planned() -> None:
    tick = Line(2, registry.TICKS, 50_000, b"0", b"{}")

    assert own("A", without_ticks([line(10_000), tick, line(90_000)], PARTITIONS)) == [
        ("vitals", 10_000),
        ("vitals", 90_000),
    ]


@pytest.mark.parametrize("plan", [with_ticks, without_ticks])
def test_every_line_goes_to_the_partition_of_its_patient(
    plan: Callable[[list[Line], int], list[Iterator[Planned]]],
) -> None:
    patients = [f"patient-{number}" for number in range(20)]

    plans = plan([line(10_000 + 1_000 * at, each) for at, each in enumerate(patients)], PARTITIONS)

    for partition, planned in enumerate(plans):
        for each in planned:
            assert each.partition == partition
            assert each.topic == registry.TICKS or partition_of(each.key, PARTITIONS) == partition


@given(key=st.binary(min_size=1, max_size=64), partitions=st.integers(1, 100))
def test_a_patient_lies_where_every_client_puts_it(key: bytes, partitions: int) -> None:
    every = list(range(partitions))

    assert partition_of(key, partitions) == DefaultPartitioner()(key, every, every)


@given(
    moments=st.lists(
        st.tuples(st.integers(1, 10 * HOUR_MS), st.sampled_from("ABCDE")), min_size=1, max_size=30
    ),
    step_ms=st.one_of(st.none(), st.integers(60_000, HOUR_MS)),
)
def test_ticks_never_go_back_and_always_stand_just_before_a_line(
    moments: list[tuple[int, str]], step_ms: int | None
) -> None:
    lines = [line(at_ms, patient) for at_ms, patient in sorted(moments)]

    plans = told(with_ticks(lines, PARTITIONS, step_ms))

    planned = sorted(at for plan in plans for noun, at in plan if noun == "vitals")
    assert planned == [at_ms for at_ms, _ in sorted(moments)]
    for plan in plans:
        clock = -1
        for noun, at_ms in plan:
            if noun == "ticks":
                assert at_ms > clock
                clock = at_ms
            else:
                assert at_ms - 1 <= clock <= at_ms
        assert plan[-1] == ("ticks", lines[-1].timestamp_ms)


def test_every_time_of_a_line_is_shifted_and_nothing_else() -> None:
    sent = {
        "effective_at": "2026-03-01T00:00:00Z",
        "recorded_at": "2026-03-01T01:30:00.250+01:00",
        "infused_at": "2026-02-27t00:00:00z",
        "scheduled_at": 7,
        "note": "2026-03-01T00:00:00Z",
        "value": 38.5,
    }
    before = Line(1, registry.PATIENTS, 1000, b"A", json.dumps(sent).encode())

    (after,) = shifted([before], timedelta(days=1, milliseconds=5))

    assert after.timestamp_ms == 1000 + 24 * HOUR_MS + 5
    assert json.loads(after.value) == sent | {
        "effective_at": "2026-03-02T00:00:00.005Z",
        "recorded_at": "2026-03-02T00:30:00.255Z",
        "infused_at": "2026-02-28T00:00:00.005Z",
    }


@pytest.mark.parametrize("text", ["soon", "9999-12-31T23:59:59Z", ""])
def test_what_cannot_be_shifted_is_left_for_the_codec_to_judge(text: str) -> None:
    before = Line(1, registry.PATIENTS, 0, b"A", json.dumps({"infused_at": text}).encode())

    (after,) = shifted([before], timedelta(days=1))

    assert json.loads(after.value) == {"infused_at": text}


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    before = Line(
        1, registry.VITALS, 0, b"A", '{"note":"\ud800é"}'.encode("utf-8", "surrogatepass")
    )

    (after,) = shifted([before], timedelta(days=1))

    assert after.value == before.value
