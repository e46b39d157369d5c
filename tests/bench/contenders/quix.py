"""Quix Streams as its guide teaches it: topics put together, a function with a state."""

import tempfile
from typing import Any

from bench import trivial
from bench.task import Meter, Task
from quixstreams import Application, State, message_context


def run(task: Task) -> None:
    """Run the application that the task describes, until its process ends."""
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.name,
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="bench-quix-"),
    )
    meter = Meter(task.records)
    alerts = app.topic(task.alerts, value_serializer="json")
    frames = [app.dataframe(app.topic(name, value_deserializer="json")) for name in task.inputs]
    frame = frames[0]
    for other in frames[1:]:
        frame = frame.concat(other)

    def count(event: Any, key: Any, timestamp_ms: int, _headers: Any, state: State) -> Any:
        meter.begin()
        context = message_context()
        held = state.get("patient") or trivial.new_state()
        alert = trivial.take(held, key.decode(), context.topic, context.offset, timestamp_ms, event)
        state.set("patient", held)
        return alert

    frame = frame.apply(count, stateful=True, metadata=True)
    told = frame[frame.apply(lambda alert: alert is not None)]
    told.to_topic(alerts)
    frame.update(lambda _: meter.done(1))
    app.run()


if __name__ == "__main__":
    run(Task.of_this_process())
