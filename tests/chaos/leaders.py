"""Moves the leadership of every partition to another node, as a rolling restart does."""

from collections.abc import Iterable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import AlterPartitionReassignmentsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int8, Int16, Int32, Schema, String

PREFERRED: Final = 0
TIMEOUT_MS: Final = 10_000
NONE: Final = 0  # error codes of Kafka
PREFERRED_LEADER_NOT_AVAILABLE: Final = 80  # the node that would lead is down, on purpose
ELECTION_NOT_NEEDED: Final = 84  # it leads already, since another one went down


class _Elected(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 43
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "results",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(("partition", Int32), ("error", Int16), ("message", String("utf-8"))),
                ),
            ),
        ),
    )


class _ElectV1(RequestStruct):  # type: ignore[misc]
    API_KEY = 43
    API_VERSION = 1
    RESPONSE_TYPE = _Elected
    SCHEMA = Schema(
        ("election_type", Int8),
        ("topics", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))),
        ("timeout_ms", Int32),
    )


class _Elect(Request[_ElectV1]):  # type: ignore[misc]
    API_KEY = 43

    def __init__(self, topics: list[tuple[str, list[int]]]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_ElectV1]) -> _ElectV1:
        return request_struct_class(PREFERRED, self._topics, TIMEOUT_MS)


async def move_leaders(admin: AIOKafkaAdminClient) -> int:
    """Turn the order of every partition's copies by one; return how many have a new leader.

    Raises a `KafkaError` where the brokers refuse.
    """
    described = await admin.describe_topics()
    turned: list[tuple[str, list[tuple[int, list[int], Any]], Any]] = [
        (
            topic["topic"],
            [
                (p["partition"], [*p["replicas"][1:], p["replicas"][0]], {})
                for p in topic["partitions"]
            ],
            {},
        )
        for topic in described
    ]
    order = AlterPartitionReassignmentsRequest(TIMEOUT_MS, turned, {})
    answer = await admin._send_request(order)
    placed = [code for _, of, _ in answer.responses for _, code, *_ in of]
    _check([answer.error_code, *placed])
    names = [(name, [number for number, *_ in partitions]) for name, partitions, _ in turned]
    elected = await admin._send_request(_Elect(names))
    moved = [code for _, of in elected.results for _, code, _ in of]
    _check([elected.error_code])
    _check(set(moved) - {PREFERRED_LEADER_NOT_AVAILABLE, ELECTION_NOT_NEEDED})
    return moved.count(NONE)


def _check(codes: Iterable[int]) -> None:
    for code in codes:
        if code != NONE:
            raise for_code(code)
