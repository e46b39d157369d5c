"""A worker that runs, and what it says over HTTP: readiness, health, metrics."""

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from commands import Stormwatch
from prometheus_client.parser import text_string_to_metric_families

READY_WITHIN_S = 60.0
SO_WITHIN_S = 30.0
LOOK_AGAIN_S = 0.1

Samples = dict[tuple[str, ...], float]


class Served:
    """A subcommand with a metrics port of its own."""

    def __init__(self, commands: Stormwatch, command: str, **variables: str) -> None:
        self._commands = commands
        free = {"STORMWATCH_METRICS_PORT": "0"}
        self.process = commands.start(command, **free | variables)

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._commands.log_of(self.process)

    def ask(self, path: str) -> tuple[int, str]:
        """Ask for a path; 0 where nobody answers yet."""
        port = re.search(r"metrics_and_health_served.*?port=(\d+)", self.log)
        if port is None:
            return 0, ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port[1]}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait_until_ready(self) -> None:
        """Wait until it says that it is."""
        deadline_s = time.monotonic() + READY_WITHIN_S
        while self.ask("/readyz")[0] != 200:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline_s, "not ready in time"
            time.sleep(LOOK_AGAIN_S)

    def wait_until(
        self, is_so: Callable[[Samples], bool], within_s: float = SO_WITHIN_S
    ) -> Samples:
        """Wait until the metrics are as asked; return them."""
        deadline_s = time.monotonic() + within_s
        while not is_so(samples := self.samples()):
            assert time.monotonic() < deadline_s, samples
            time.sleep(LOOK_AGAIN_S)
        return samples

    def samples(self) -> Samples:
        """Return the value of each sample by its name and the values of its labels."""
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.ask("/metrics")[1])
            for sample in family.samples
        }
