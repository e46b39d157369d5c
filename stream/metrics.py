"""Every Prometheus name of the project. A label never names a patient and never holds a value.

What can be counted starts at zero (`announce`): a series that appears with its first event has no
rate yet, and an alert on it would miss that event.
"""

from collections.abc import Collection, Iterable
from itertools import product
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

REGISTRY: Final = CollectorRegistry()
OFFSET_JUMP_VERDICTS: Final = ("reread", "believed", "made_anew")
ROTA_OUTCOMES: Final = ("read", "failed")

# A second series for each first one, which no rule of ours reads.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)


def _counter(name: str, text: str, labels: Iterable[str] = ()) -> Counter:
    return Counter(f"stormwatch_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, labels: Iterable[str] = ()) -> Gauge:
    return Gauge(f"stormwatch_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: Iterable[float]) -> Histogram:
    return Histogram(f"stormwatch_{name}", text, buckets=tuple(buckets), registry=REGISTRY)


# Counters

RECORDS: Final = _counter("records_total", "Records taken, repeated ones too.", ["topic"])
DUPLICATE_RECORDS: Final = _counter(
    "duplicate_records_total", "Records taken that the state held already.", ["topic"]
)
DEAD_LETTERS: Final = _counter(
    "dead_letters_total", "Records, or fields of one, refused and kept with the reason.", ["reason"]
)
ALERTS: Final = _counter("alerts_total", "Alert lines published.", ["rule", "priority", "state"])
GROUPS: Final = _counter("groups_total", "Groups of changes made durable.")
COMMITS: Final = _counter(
    "commits_total", "Times that the group took the offsets up to which all is durable."
)
FORCED_ALIGNMENTS: Final = _counter(
    "forced_alignments_total",
    "Runs handed over although this topic was behind the others.",
    ["topic"],
)
ALIGNMENT_WAITED_SECONDS: Final = _counter(
    "alignment_waited_seconds_total",
    "For how long partitions had records that waited for this topic, added up.",
    ["topic"],
)
OFFSET_JUMPS: Final = _counter(
    "offset_jumps_total",
    "Jumps in offsets: reread is read again, believed means records are gone from the topic, "
    "made_anew that it was deleted and made again.",
    ["verdict"],
)
TICKS_REFUSED: Final = _counter(
    "ticks_refused_total", "Ticks left out because they lie in the future: a clock is wrong."
)
TICKS_WRITTEN: Final = _counter("ticks_written_total", "Ticks written, one a partition.")
PAGE_TRIES: Final = _counter(
    "page_tries_total", "Tries to send a page, by how they ended.", ["sink", "outcome"]
)
ALERTS_UNREACHED: Final = _counter(
    "alerts_unreached_total", "Times that every tier of an alert was tried in vain."
)
ANSWERS: Final = _counter(
    "answers_total", "Answers by links and webhooks, by whether the broker has them.", ["outcome"]
)
PROBE_ROUNDS: Final = _counter("probe_rounds_total", "Rounds of made-up alarms begun.")
PINGS: Final = _counter(
    "pings_total", "Rounds that came back, by how the dead man's switch answered.", ["outcome"]
)
ROTA_READS: Final = _counter(
    "rota_reads_total", "Calendars read, or kept as they were.", ["schedule", "outcome"]
)
ENGINE_FAILURES: Final = _counter(
    "engine_failures_total",
    "Times that the engine failed on a record, or on what was due or saved of a patient.",
)
STATES_REWRITTEN: Final = _counter(
    "states_rewritten_total", "States written anew so that compaction keeps their owner's copy."
)
STATES_IGNORED: Final = _counter(
    "states_ignored_total",
    "States of owners that had lost their partition, passed over at recovery.",
)

# Histograms

GROUP_RECORDS: Final = _histogram(
    "group_records", "Records in a group.", [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000]
)
GROUP_WRITE_SECONDS: Final = _histogram(
    "group_write_seconds",
    "From a group closed to a group durable.",
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
)
RECORD_TO_ALERT_SECONDS: Final = _histogram(
    "record_to_alert_seconds",
    "From the timestamp of a record to the moment its alert is confirmed by the broker.",
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
)
ALIGNMENT_WAIT_SECONDS: Final = _histogram(
    "alignment_wait_seconds",
    "How long a run waited for topics that were behind.",
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
)
PAGE_SECONDS: Final = _histogram(
    "page_seconds",
    "From the timestamp of an alert line to its page accepted by a sink.",
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
)

PROBE_SECONDS: Final = _histogram(
    "probe_seconds",
    "From the beginning of a round to its page back from a partition.",
    [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300],
)

# Gauges of one partition; `keep_partitions` drops them with the partition

PARTITION_LAG_RECORDS: Final = _gauge(
    "partition_lag_records",
    "Records known to be in the topic and not yet taken.",
    ["topic", "partition"],
)
PARTITION_CLOCK_TIMESTAMP_SECONDS: Final = _gauge(
    "partition_clock_timestamp_seconds", "The clock of a partition: its newest tick.", ["partition"]
)
PARTITION_PROGRESS_TIMESTAMP_SECONDS: Final = _gauge(
    "partition_progress_timestamp_seconds",
    "When records of a partition were last made durable.",
    ["partition"],
)
PARTITION_HELD_RECORDS: Final = _gauge(
    "partition_held_records", "Records fetched that wait for earlier ones.", ["partition"]
)
PARTITION_UNTOLD_SECONDS: Final = _gauge(
    "partition_untold_seconds",
    "For how long no fetch has told anything of a topic, neither records nor its end.",
    ["topic", "partition"],
)
PARTITION_UNACCOUNTED_RECORDS: Final = _gauge(
    "partition_unaccounted_records",
    "Records fetched that were neither taken nor held nor read again, while nobody is at work.",
    ["partition"],
)
OF_A_PARTITION: Final = (
    PARTITION_LAG_RECORDS,
    PARTITION_CLOCK_TIMESTAMP_SECONDS,
    PARTITION_PROGRESS_TIMESTAMP_SECONDS,
    PARTITION_HELD_RECORDS,
    PARTITION_UNTOLD_SECONDS,
    PARTITION_UNACCOUNTED_RECORDS,
)

# Gauges of the worker; `health.serve` answers the first three at each scrape

READY: Final = _gauge("ready", "1 while the worker is assigned and recovered.")
HEALTHY: Final = _gauge("healthy", "1 while the worker makes progress or has nothing to do.")
RECOVERING: Final = _gauge("recovering", "1 while states are read from the changelog.")
RECOVERY_SECONDS: Final = _gauge("recovery_seconds", "How long the last recovery took.")
ASSIGNED_PARTITIONS: Final = _gauge("assigned_partitions", "Partitions this worker owns.")
JOURNAL_OPEN: Final = _gauge(
    "journal_open", "1 while a journal is written, 0 where none was asked for or it has ended."
)
PATIENTS: Final = _gauge("patients", "Patients whose state this worker holds.")
UNCONFIRMED_SECONDS: Final = _gauge(
    "unconfirmed_seconds",
    "For how long brokers have not confirmed what is being written: many mean that none takes it.",
)
TASKS: Final = _gauge("tasks", "Tasks of the event loop.")
GARBAGE_LOOK_SECONDS: Final = _gauge(
    "garbage_look_seconds",
    "How long the last full look for garbage took, as partitions were let go of.",
)
SINK_STATE: Final = _gauge(
    "sink_state",
    "0: pages are tried, 1: one finds out if it is back, 2: it is let alone.",
    ["sink"],
)
PAGES_PENDING: Final = _gauge("pages_pending", "Pages decided on and not yet accepted or given up.")
PAGES_HELD: Final = _gauge(
    "pages_held", "Pages about the past that wait until the watchers have caught up."
)
PROBE_WHOLE_TIMESTAMP_SECONDS: Final = _gauge(
    "probe_whole_timestamp_seconds",
    "When the newest round began that came back from every partition.",
)
PROBE_LOST_SECONDS: Final = _gauge(
    "probe_lost_seconds", "With none back for so long pages count as lost."
)
PROBE_LOST_PARTITIONS: Final = _gauge(
    "probe_lost_partitions", "Partitions from which no page came back in time."
)
FEED_SILENT: Final = _gauge("feed_silent", "1 while a feed is silent that has to come.", ["feed"])
INFO: Final = _gauge("info", "Always 1; its labels say what runs.", ["version", "role", "replica"])


def announce(
    *, version: str, role: str, replica: str, topics: Iterable[str], reasons: Iterable[str]
) -> None:
    """Say what runs, and begin every count that is known beforehand at zero."""
    INFO.labels(version, role, replica).set(1)
    for topic in topics:
        RECORDS.labels(topic)
        DUPLICATE_RECORDS.labels(topic)
        FORCED_ALIGNMENTS.labels(topic)
        ALIGNMENT_WAITED_SECONDS.labels(topic)
    for reason in reasons:
        DEAD_LETTERS.labels(reason)
    for verdict in OFFSET_JUMP_VERDICTS:
        OFFSET_JUMPS.labels(verdict)


def announce_sinks(sinks: Iterable[str], outcomes: Iterable[str]) -> None:
    """Begin the tries of a pager at zero: its first refused page must raise a rate."""
    for sink, outcome in product(sinks, outcomes):
        PAGE_TRIES.labels(sink, outcome)
        SINK_STATE.labels(sink)


def keep_partitions(assigned: Collection[int]) -> None:
    """Drop the series of partitions that others own now: a last value that stays is a lie."""
    ASSIGNED_PARTITIONS.set(len(assigned))
    kept = {str(partition) for partition in assigned}
    for gauge in OF_A_PARTITION:
        for family in gauge.collect():
            for sample in family.samples:
                if sample.labels["partition"] not in kept:
                    gauge.remove_by_labels(sample.labels)
