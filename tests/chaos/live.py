"""The same ward in real time: the ticks are those that the workers write themselves.

At each step somebody comes of whom something is told that was measured long ago: soon after, it
falls due by time alone that antibiotics were not given, or that no reading came any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chaos.feed import Sent, Ward, partition_of, reading

from topics import registry

FELL_ILL: Final = timedelta(minutes=45)
FELL_SILENT: Final = timedelta(hours=4)
DUE_WITHIN_S: Final = (3.0, 40.0)
DUE: Final = "due"  # how the names of those begin of whom something falls due by time alone


@dataclass
class LiveWard(Ward):
    """Whose records are of the moment at which they are made; nothing is told twice a step."""

    vitals_a_step: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.begin = datetime.now(UTC)
        self._told: list[str] = []  # who came at the step before

    def phases(self, burst: str | None = None) -> Iterator[list[Sent]]:
        """Give the records of the next step, topic by topic, and no ticks."""
        for phase in super().phases(burst):
            if not phase or phase[0].topic != registry.TICKS:
                yield phase
        yield self._phase("vitals", [self._old(each) for each in self._told])
        self._told = [f"{DUE}{self.seed}-{self.step}-{number}" for number in range(2)]
        self.partition |= {each: partition_of(each) for each in self._told}
        now = self._moment(self.begin, 0)
        yield self._phase("patients", [(each, now, self._about(1)) for each in self._told])

    def _moment(self, start: datetime, after_s: float) -> datetime:  # noqa: ARG002, of the ward
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1_000 * 1_000)

    def _old(self, patient_id: str) -> tuple[str, datetime, dict[str, Any]]:
        now = self._moment(self.begin, 0)
        due = timedelta(seconds=self._chance.uniform(*DUE_WITHIN_S))
        is_ill = patient_id.endswith("0")
        said = reading(39.2, 84, 97, "room_air") if is_ill else reading(36.8, 120, 97, "room_air")
        measured = now - (FELL_ILL if is_ill else FELL_SILENT) + due
        return patient_id, now, said | {"effective_at": measured.isoformat()}


def is_due_by_time(patient_id: str) -> bool:
    """Tell whether all that is raised of a patient falls due by time alone."""
    return patient_id.startswith(DUE)
