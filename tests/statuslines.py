"""Lines of the status and the alerts, as a worker writes them: for tests of what shows them."""

from typing import Any

from builders import NOON

from topics.alerts import Alert, AlertState, Grade, Priority
from topics.status import Status

REVIEW, CONSENSUS = "manikath-2025", "astct-2019"


def status(patient_id: str, review: str = "0", consensus: str = "0", **more: Any) -> Status:
    """Build a status line; a grade is written 2 or 2-4."""
    crs = {REVIEW: grade(review), CONSENSUS: grade(consensus)}
    fields: dict[str, Any] = {"at": NOON, "patient_id": patient_id, "crs": crs}
    return Status(**fields | more)


def grade(told: str) -> Grade:
    lowest, _, highest = told.partition("-")
    return Grade(lowest=int(lowest), highest=int(highest or lowest))


def alert(patient_id: str, rule: str, priority: str, **more: Any) -> Alert:
    fields: dict[str, Any] = {
        "at": NOON,
        "patient_id": patient_id,
        "alert_id": f"{patient_id}-{rule}",
        "rule": rule,
        "revision": 1,
        "priority": Priority(priority),
        "state": AlertState.RAISED,
        "priorities": {REVIEW: Priority(priority)},
        "management": REVIEW,
        "because": (),
        "advice": "See the patient.",
        "source": "review-2025 L1",
    }
    return Alert(**fields | more)
