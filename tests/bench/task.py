"""What a contender is asked to do, and what it reports. Imports nothing of the project."""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from typing import Final, Literal

VARIABLE: Final = "BENCH_TASK"

EngineName = Literal["trivial", "real"]


@dataclass(frozen=True)
class Task:
    """One run of one contender, in a process of its own."""

    bootstrap: str
    name: str  # of its group, and of the topics that it writes
    inputs: tuple[str, ...]
    alerts: str
    engine: EngineName
    records: int = 0  # it reports after so many; 0 reports the first and goes on
    batch: int = 5_000  # records that are made durable together, where that can be chosen
    instance: str = ""  # a static member's name

    def variables(self) -> dict[str, str]:
        """Return what tells a process of its task."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def of_this_process(cls) -> "Task":
        """Read what the process was told."""
        told = json.loads(os.environ[VARIABLE])
        return cls(**told | {"inputs": tuple(told["inputs"])})


@dataclass(frozen=True)
class Report:
    """How one run went: from the first record in the engine to the last one done."""

    records: int
    seconds: float
    cpu_s: float
    writes: int  # groups, batches or checkpoints; 0 where the contender does not choose them
    first_at: float  # epoch seconds

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


class Meter:
    """Counts inside a contender, and prints a report once its records are done."""

    def __init__(self, records: int) -> None:
        self._wanted, self._done, self._writes = records, 0, 0
        self._began_s: float | None = None
        self._cpu_s = self._first_at = 0.0

    def begin(self) -> None:
        """Know that a record is about to be taken; only the first counts."""
        if self._began_s is None:
            self._began_s, self._cpu_s = time.perf_counter(), time.process_time()
            self._first_at = time.time()
            if not self._wanted:
                self._report()

    def done(self, records: int, *, writes: int = 0) -> None:
        """Know that so many records more are done with."""
        before, self._done = self._done, self._done + records
        self._writes += writes
        if before < self._wanted <= self._done:
            self._report()

    def _report(self) -> None:
        assert self._began_s is not None
        seconds, cpu_s = time.perf_counter() - self._began_s, time.process_time() - self._cpu_s
        report = Report(self._done, seconds, cpu_s, self._writes, self._first_at)
        print(json.dumps(asdict(report)), file=sys.__stdout__, flush=True)  # Faust takes the other
