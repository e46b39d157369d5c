"""Metric names follow the conventions, and no label can hold a patient or a value."""

from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric

from stream import metrics

OURS = "stormwatch_"
SAFE_LABELS = {
    "feed",  # by its name in the feeds file
    "outcome",
    "partition",
    "priority",
    "reason",
    "replica",
    "role",
    "rule",
    "schedule",  # an on-call calendar, by its name in the routes
    "sink",
    "state",
    "topic",
    "verdict",
    "version",
}
UNITS = ("_seconds", "_records", "_partitions")
STATES = {
    "stormwatch_feed_silent",
    "stormwatch_ready",
    "stormwatch_healthy",
    "stormwatch_recovering",
    "stormwatch_journal_open",
    "stormwatch_info",
    "stormwatch_sink_state",
}
COUNTED_THINGS = {
    "stormwatch_pages_held",
    "stormwatch_pages_pending",
    "stormwatch_patients",
    "stormwatch_tasks",
}


def families() -> list[Metric]:
    return [family for family in metrics.REGISTRY.collect() if family.name.startswith(OURS)]


def value(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(name, labels)


@pytest.fixture
def no_partitions() -> Iterator[None]:
    """Begin and end without a series of a partition."""
    metrics.keep_partitions(())
    yield
    metrics.keep_partitions(())


def test_every_metric_is_ours_or_of_the_process() -> None:
    names = {family.name for family in metrics.REGISTRY.collect()}

    assert all(name.startswith((OURS, "process_", "python_")) for name in names)
    assert "process_cpu_seconds" in names


def test_a_counter_ends_in_total_and_nothing_else_does() -> None:
    written = generate_latest(metrics.REGISTRY).decode()
    types = dict(
        line.split()[2:] for line in written.splitlines() if line.startswith(f"# TYPE {OURS}")
    )

    assert {name for name, kind in types.items() if kind == "counter"} == {
        name for name in types if name.endswith("_total")
    }


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_a_name_ends_in_its_unit_and_help_is_a_sentence(family: Metric) -> None:
    of_a_unit = family.name.endswith(UNITS) or family.name in STATES | COUNTED_THINGS

    assert of_a_unit or family.type == "counter"
    assert family.documentation.endswith(".")


def test_no_label_names_a_patient() -> None:
    collectors = [each for each in vars(metrics).values() if hasattr(each, "_labelnames")]
    labels = {label for each in collectors for label in each._labelnames}

    assert len(collectors) == len(families())
    assert labels <= SAFE_LABELS


def test_counts_begin_at_zero() -> None:
    metrics.OFFSET_JUMPS.clear()  # other tests have jumps
    metrics.announce(
        version="1.2.3", role="watch", replica="b", topics=["t.v1"], reasons=["never_yet"]
    )

    assert value("stormwatch_info", version="1.2.3", role="watch", replica="b") == 1
    assert value("stormwatch_records_total", topic="t.v1") == 0
    assert value("stormwatch_duplicate_records_total", topic="t.v1") == 0
    assert value("stormwatch_dead_letters_total", reason="never_yet") == 0
    assert value("stormwatch_offset_jumps_total", verdict="believed") == 0


def test_tries_to_page_begin_at_zero() -> None:
    metrics.announce_sinks(["never_yet"], ["sent", "refused"])

    assert value("stormwatch_page_tries_total", sink="never_yet", outcome="refused") == 0


@pytest.mark.usefixtures("no_partitions")
def test_a_partition_that_went_to_another_leaves_no_series() -> None:
    for partition in (0, 1, 11):
        metrics.PARTITION_LAG_RECORDS.labels("t.v1", partition).set(5)
        metrics.PARTITION_LAG_RECORDS.labels("u.v1", partition).set(5)
        metrics.PARTITION_HELD_RECORDS.labels(partition).set(1)
        metrics.PARTITION_UNACCOUNTED_RECORDS.labels(partition).set(1)
        metrics.PARTITION_UNTOLD_SECONDS.labels("t.v1", partition).set(1)
        metrics.PARTITION_CLOCK_TIMESTAMP_SECONDS.labels(partition).set(1)
        metrics.PARTITION_PROGRESS_TIMESTAMP_SECONDS.labels(partition).set(2)

    metrics.keep_partitions({1})

    left = [
        sample.labels["partition"]
        for family in families()
        for sample in family.samples
        if "partition" in sample.labels
    ]
    assert set(left) == {"1"}
    assert len(left) == 2 + len(metrics.OF_A_PARTITION) - 1
    assert value("stormwatch_partition_clock_timestamp_seconds", partition="1") == 1.0
