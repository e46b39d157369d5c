"""stormwatch.audit.v1: who did what when, kept for ever."""

from topics.alerts import OMITTED
from topics.base import PatientId, Strict, Timestamp


class AuditLine(Strict):
    """One thing that a person did, or that was done in a person's name."""

    at: Timestamp
    by: str
    action: str
    patient_id: PatientId | None = OMITTED
    alert_id: str | None = OMITTED
    note: str | None = OMITTED
