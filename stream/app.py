"""The Faust apps: one for each role, the same transport under both."""

from typing import Any, Final

import faust
from faust.serializers import codecs

from stream.agents import take_runs
from stream.assignor import Assignor
from stream.ending import end_settled_soon, end_soon
from stream.membership import REBALANCE_TIMEOUT_S
from stream.pipeline import Pipeline
from stream.recovery import Tables
from stream.settings import Settings
from stream.transport import Transport
from topics import registry

PRODUCE_TIMEOUT_S: Final = 10.0  # less than a write may take: another leader may have taken over
REQUEST_TIMEOUT_S: Final = 20.0  # a broker that answers nothing; joining a group waits for others
BATCH_BYTES: Final = 512 * 1024
# Runs handed over and not yet taken. The scheduler limits their records: Faust would stop fetching
# single topics, and what they still hold would be overtaken by the others.
WAITING_RUNS: Final = 1 << 20
AS_IT_IS: Final = "stormwatch-run"


class AsItIs(codecs.Codec):
    """Hands a run to the agent as it is: our own codec reads the bytes in it."""

    def _loads(self, s: bytes) -> bytes:
        return s

    def _dumps(self, s: bytes) -> bytes:
        return s


class App(faust.App):
    """Ends in bounded time: Faust waits without limit for brokers and tasks."""

    worker: Pipeline

    async def on_first_start(self) -> None:
        """Beat before anything waits for the brokers."""
        self.worker.turn()
        await super().on_first_start()

    async def on_stop(self) -> None:
        """End as asked, or because a part crashed."""
        end_soon(self.worker.end_stuck)
        await self.worker.stop()
        end_settled_soon(crashed=self.crashed)
        await super().on_stop()


def build(pipeline: Pipeline) -> faust.App:
    """Build the app of a worker: its group, its table, its one agent."""
    codecs.register(AS_IT_IS, AsItIs())
    settings = pipeline.settings
    app = App(settings.app_id, **_faust_settings(settings))
    app.worker = pipeline
    app.transport = app.producer_transport = _transport(app, pipeline)
    app.tables.add(pipeline.attach(app))
    source = app.topic(*pipeline.work.inputs, key_serializer=AS_IT_IS, value_serializer=AS_IT_IS)
    app.agent(source)(take_runs(pipeline))
    return app


def _transport(app: faust.App, pipeline: Pipeline) -> Transport:
    transport = Transport(app.conf.broker_consumer, app)
    transport.pipeline = pipeline
    return transport


def _faust_settings(settings: Settings) -> dict[str, Any]:
    return {
        "broker": [f"kafka://{server}" for server in settings.brokers],
        "store": "memory://",
        "TableManager": Tables,
        "PartitionAssignor": Assignor,
        "topic_partitions": registry.PARTITIONS,
        "topic_allow_declare": False,  # the topics job makes them, and checks them
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.instance,
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": settings.heartbeat_s,
        "broker_commit_interval": settings.commit_interval_s,
        "broker_request_timeout": max(REQUEST_TIMEOUT_S, settings.session_timeout_s),
        "broker_rebalance_timeout": REBALANCE_TIMEOUT_S,
        "producer_request_timeout": PRODUCE_TIMEOUT_S,
        "producer_max_batch_size": BATCH_BYTES,
        "producer_linger": 0.0,  # it would delay every group, and groups are batches already
        "stream_buffer_maxsize": WAITING_RUNS,
        "stream_wait_empty": False,  # the pipeline settles what was taken
        "web_enabled": False,  # it would serve tables to anyone who asks
    }
