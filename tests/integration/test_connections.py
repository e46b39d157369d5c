"""A connection that breaks at any moment is an error that aiokafka lives through."""

import asyncio

import pytest
import uvloop
from aiokafka import conn
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from chaos.proxy import Proxy

from deploy.broker.cluster import Cluster
from deploy.broker.layout import HOST
from stream import connections

TURNS = 40  # of the event loop after a cut: by then everybody knows of it
ANSWER_LIMIT_S = 10


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open connections as the worker does, in this test only."""
    monkeypatch.setattr(conn, "AIOKafkaConnection", conn.AIOKafkaConnection)
    connections.use()


def test_what_is_sent_on_a_connection_that_was_reset_is_an_error_of_kafka(kafka: Cluster) -> None:
    outcomes = uvloop.run(sent_while_it_breaks(kafka))

    assert all(isinstance(each, KafkaConnectionError) for each in outcomes), outcomes
    assert len(outcomes) == TURNS


def test_a_client_asks_for_metadata_for_as_long_as_it_lives(kafka: Cluster) -> None:
    uvloop.run(asked_while_they_break(kafka))


async def sent_while_it_breaks(kafka: Cluster) -> list[BaseException | None]:
    proxy = Proxy(0, port_of(kafka))
    await proxy.start()
    connection = await conn.create_conn(HOST, proxy.port)
    sent = []

    assert proxy.cut() == 1
    for _ in range(TURNS):
        sent.append(asyncio.ensure_future(send(connection)))
        await asyncio.sleep(0)

    await proxy.stop()
    return await asyncio.gather(*sent)


async def send(connection: conn.AIOKafkaConnection) -> BaseException | None:
    try:
        await connection.send(MetadataRequest([]))
    except Exception as error:  # noqa: BLE001, which one it is is what is asked
        return error
    return None


async def asked_while_they_break(kafka: Cluster) -> None:
    proxy = Proxy(0, port_of(kafka))
    await proxy.start()
    client = AIOKafkaClient(bootstrap_servers=kafka.bootstrap)
    await client.bootstrap()
    node = client.get_random_node()
    place = (node, ConnectionGroup.DEFAULT)

    for turns in range(TURNS):
        assert await client.ready(node)
        await client._conns[place].close()
        client._conns[place] = await conn.create_conn(HOST, proxy.port)
        assert proxy.cut() == 1
        for _ in range(turns):
            await asyncio.sleep(0)
        while not await asyncio.wait_for(client.force_metadata_update(), ANSWER_LIMIT_S):
            pass  # it has met the broken connection

    await client.close()
    await proxy.stop()


def port_of(kafka: Cluster) -> int:
    return int(kafka.bootstrap.rpartition(":")[2])
