"""The registry: what the topics are, so that a patient's records always meet."""

import re

from topics import registry
from topics.registry import BY_NAME, CHANGELOGS, INPUTS, OUTPUTS, TOPICS, Cleanup, Key, Role

DAY_MS = 24 * 60 * 60 * 1000


def test_the_inputs_stand_in_the_order_of_their_rank() -> None:
    assert [(topic.name, topic.rank) for topic in INPUTS] == [
        ("stormwatch.patients.v1", 0),
        ("stormwatch.medications.v1", 1),
        ("stormwatch.assessments.v1", 2),
        ("stormwatch.labs.v1", 3),
        ("stormwatch.vitals.v1", 4),
        ("stormwatch.ticks.v1", 5),
    ]


def test_a_patient_has_the_same_partition_number_in_all_topics() -> None:
    assert {topic.partitions for topic in TOPICS} == {12}


def test_patients_stay_longer_than_a_stay_and_other_inputs_45_days() -> None:
    kept = {topic.name: topic.retention_ms for topic in (*INPUTS, registry.ANSWERS)}

    assert kept.pop(registry.PATIENTS) == 400 * DAY_MS
    assert set(kept.values()) == {45 * DAY_MS}


def test_what_we_write_stays_as_long_as_it_may_be_asked_about() -> None:
    kept = {topic.name: (topic.retention_ms, topic.cleanup) for topic in OUTPUTS}

    assert kept == {
        registry.STATUS: (None, Cleanup.COMPACT),
        registry.ALERTS: (400 * DAY_MS, Cleanup.DELETE),
        registry.PAGES: (400 * DAY_MS, Cleanup.DELETE),
        registry.AUDIT: (None, Cleanup.DELETE),
        registry.DEAD_LETTERS: (45 * DAY_MS, Cleanup.DELETE),
    }


def test_changelogs_are_compacted_and_their_bytes_are_for_their_writer_alone() -> None:
    assert {(spec.cleanup, spec.retention_ms, spec.models) for spec in CHANGELOGS} == {
        (Cleanup.COMPACT, None, ())
    }


def test_the_pager_reads_alerts_answers_its_own_pages_and_time() -> None:
    names = [topic.name for topic in registry.PAGER_INPUTS]

    assert names == [registry.ALERTS, registry.ACKS, registry.PAGES, registry.TICKS]


def test_every_topic_but_the_changelogs_has_a_versioned_name() -> None:
    for topic in TOPICS:
        is_versioned = re.fullmatch(r"stormwatch\.[a-z-]+\.v[0-9]+", topic.name) is not None
        assert is_versioned is (topic.role is not Role.CHANGELOG)


def test_names_are_told_once() -> None:
    assert len(BY_NAME) == len(TOPICS) == 14
    assert BY_NAME[registry.TICKS].key is Key.PARTITION


def test_kinds_are_told_apart_where_there_are_several() -> None:
    assert not BY_NAME[registry.VITALS].has_kinds
    assert BY_NAME[registry.LABS].has_kinds
    assert BY_NAME[registry.ALERTS].tag == "type"
