"""Who deals out partitions knows all of them, or ends."""

from typing import Any

import pytest
from aiokafka.cluster import ClusterMetadata
from pipelinebench import Nothing

from stream import assignor
from stream.app import build
from stream.health import Health
from stream.pipeline import Pipeline
from stream.settings import Settings
from topics import registry

TOPICS = [topic.name for topic in registry.INPUTS]
CHANGELOG = "changelog"


class Ended(Exception):  # noqa: N818, it is what became of the process
    """The process would have ended."""


def cluster(partitions: dict[str, int]) -> ClusterMetadata:
    """Give what a worker knows of a cluster of one broker."""
    known = ClusterMetadata()
    for topic, count in partitions.items():
        known._partitions[topic] = dict.fromkeys(range(count))
    return known


@pytest.fixture
def reasons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    def end(reason: str) -> None:
        told.append(reason)
        raise Ended

    monkeypatch.setattr(assignor, "end_process", end)
    return told


@pytest.fixture
def found() -> Any:
    """Give the assignor of an app."""
    settings = Settings(role="watch", kafka="127.0.0.1:1", ticks="topic")
    return build(Pipeline(Nothing(), settings, Health(), fills_ticks=False)).assignor


def members(found: Any) -> dict[str, Any]:
    """Give two workers that read all of it."""
    return {name: found.metadata({*TOPICS, CHANGELOG}) for name in ("a", "b")}


@pytest.mark.parametrize(
    "known",
    [
        {},  # it joined as the network went away
        dict.fromkeys(TOPICS, registry.PARTITIONS),  # a broker that is back has forgotten a topic
        dict.fromkeys([*TOPICS, CHANGELOG], registry.PARTITIONS) | {TOPICS[1]: 3},
    ],
)
def test_who_does_not_know_a_topic_whole_assigns_nothing(
    found: Any, known: dict[str, int], reasons: list[str]
) -> None:
    """Faust would assign what is left, or nothing to anybody, and all would look well."""
    assert type(found) is assignor.Assignor

    with pytest.raises(Ended):
        found.assign(cluster(known), members(found))
    assert "these are not known" in reasons[0]


def test_who_knows_them_all_assigns_them(found: Any, reasons: list[str]) -> None:
    known = cluster(dict.fromkeys([*TOPICS, CHANGELOG], registry.PARTITIONS))

    dealt = found.assign(known, members(found))

    partitions = sorted(
        partition
        for each in dealt.values()
        for topic, own in each.assignment
        if topic == TOPICS[0]
        for partition in own
    )
    assert partitions == list(range(registry.PARTITIONS))
    assert reasons == []
