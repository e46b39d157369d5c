"""The smallest engine that still does what any has to: it counts, and keeps what came last.

Every contender calls it for every record, so that a race is about what lies around an engine. It
imports nothing of the project: a contender may live in an environment of its own.
"""

import time
from typing import Any, Final

EVERY: Final = 10  # a patient's every tenth record is told

State = dict[str, Any]


def new_state() -> State:
    """Know nothing of a patient yet."""
    return {"n": 0, "applied": {}, "last": {}}


def take(  # noqa: PLR0913, PLR0917, a record has these parts
    state: State, patient_id: str, topic: str, offset: int, timestamp_ms: int, event: Any
) -> dict[str, Any] | None:
    """Take a decoded record into a state, unless it holds it already; return an alert or None.

    Patients are p0, p1, and so on.

    The alert says when its record was made, when the broker had it and when it was taken, all in
    epoch seconds.
    """
    if offset <= state["applied"].get(topic, -1):
        return None
    state["n"] += 1
    state["applied"][topic] = offset
    state["last"][topic.rpartition(".")[2]] = {
        name: value for name, value in event.items() if name != "made_at"
    }
    if (state["n"] + int(patient_id[1:])) % EVERY:  # not of all patients at once
        return None
    return {
        "id": f"{patient_id}-{state['n']}",
        "made_at": event["made_at"],
        "appended_at": timestamp_ms / 1000,
        "taken_at": time.time(),
    }
