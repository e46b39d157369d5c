"""What the topics must be: compared with what they are, every difference by name."""

from dataclasses import replace

import pytest

from stream.topic_check import Found, NoBrokerError, differences, missing_or_wrong
from stream.topic_check import wanted_settings as wanted
from topics import registry
from topics.registry import TopicSpec

VITALS = registry.BY_NAME[registry.VITALS]
STATUS = registry.BY_NAME[registry.STATUS]
CHANGELOG = registry.BY_NAME[registry.WATCH_CHANGELOG]
DAY_MS = 24 * 60 * 60 * 1000


def right(spec: TopicSpec, copies: int = 1) -> Found:
    """Find a topic as it must be."""
    settings = wanted(spec, keep=False, copies=copies)
    return Found(spec.partitions, copies, is_led=True, settings=settings)


@pytest.mark.parametrize("spec", registry.TOPICS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("copies", [1, 2, 3])
def test_a_topic_that_is_right_has_no_difference(spec: TopicSpec, copies: int) -> None:
    assert not list(differences(spec, right(spec, copies), keep=False, copies=copies))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cleanup.policy", "compact"),
        ("message.timestamp.type", "LogAppendTime"),
        ("message.timestamp.after.max.ms", "3600000"),
        ("retention.ms", str(7 * DAY_MS)),
        ("retention.bytes", "1000000"),
        ("min.insync.replicas", "2"),
        ("unclean.leader.election.enable", "true"),
    ],
)
def test_a_setting_that_is_wrong_is_named_with_both_values(setting: str, value: str) -> None:
    found = right(VITALS)
    found = replace(found, settings={**found.settings, setting: value})

    (difference,) = differences(VITALS, found, keep=False, copies=1)

    assert difference.setting == setting
    assert str(difference).startswith(f"{registry.VITALS}: {setting} is {value}, should be ")


def test_partitions_and_copies_are_compared() -> None:
    found = replace(right(VITALS), partitions=3)

    assert [str(each) for each in differences(VITALS, found, keep=False, copies=2)] == [
        f"{registry.VITALS}: partitions is 3, should be 12",
        f"{registry.VITALS}: replication is 1, should be 2",
    ]


def test_more_copies_than_asked_for_are_welcome_and_want_two_in_sync() -> None:
    assert not list(differences(VITALS, right(VITALS, 3), keep=False, copies=1))


def test_a_topic_that_is_not_there_is_missing() -> None:
    assert [str(each) for each in differences(VITALS, None, keep=False, copies=1)] == [
        f"{registry.VITALS} is missing"
    ]


def test_a_setting_that_the_broker_does_not_tell_is_unknown() -> None:
    found = replace(right(VITALS), settings={})

    told = list(differences(VITALS, found, keep=False, copies=1))

    assert {each.found for each in told} == {"unknown"}


def test_how_long_records_stay_is_no_concern_of_a_worker() -> None:
    found = right(VITALS)
    found = replace(found, settings={**found.settings, "retention.ms": "-1"})

    assert not list(differences(VITALS, found, keep=None, copies=None))
    assert list(differences(VITALS, found, keep=False, copies=None))
    assert not list(differences(VITALS, found, keep=True, copies=None))


def test_retention_is_the_contract_s_and_none_with_keep() -> None:
    vitals, status = (wanted(spec, keep=False, copies=1) for spec in (VITALS, STATUS))

    assert vitals["retention.ms"] == str(45 * DAY_MS)
    assert status["retention.ms"] == "-1"
    assert wanted(VITALS, keep=True, copies=1)["retention.ms"] == "-1"


def test_a_changelog_is_compacted_but_not_within_a_day() -> None:
    settings = wanted(CHANGELOG, keep=False, copies=3)

    assert settings["cleanup.policy"] == "compact"
    assert settings["min.compaction.lag.ms"] == str(DAY_MS)
    assert settings["min.insync.replicas"] == "2"
    assert "min.compaction.lag.ms" not in wanted(STATUS, keep=False, copies=3)


async def test_a_broker_that_is_not_there_is_said_in_one_line() -> None:
    with pytest.raises(NoBrokerError, match=r"^no Kafka broker answers at 127\.0\.0\.1:1$"):
        await missing_or_wrong("127.0.0.1:1")


async def test_an_address_that_is_none_is_said_in_one_line() -> None:
    with pytest.raises(NoBrokerError, match="number 1 has no valid port"):
        await missing_or_wrong("127.0.0.1:abc")
