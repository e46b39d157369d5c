"""Whether a worker watches its patients: told by the pipeline, asked over HTTP.

The server has a thread of its own: it answers, and says so, while the event loop hangs.

    ready     assigned and recovered. A worker that is assigned nothing is ready: it stands by
    healthy   the event loop turns, what waits is being done, and recovery does not take for ever
"""

import errno
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from stream import metrics
from stream.settings import SettingsError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

BEAT_LIMIT_S: Final = 5.0  # an event loop blocked for so long misses heartbeats and deadlines
UNWRITTEN_LIMIT_S: Final = 5.0  # alerts are graded and can't be told
STALL_S: Final = 30.0
RECOVERY_LIMIT_S: Final = 120.0
CLIENT_TIMEOUT_S: Final = 10.0
CONNECTIONS: Final = 32  # answered at once; more are closed unheard
CLOSING_POLL_S: Final = 0.1
STATUS: Final = {True: "200 OK", False: "503 Service Unavailable"}


class Health:
    """What is known of a worker. Every method is cheap and may be called from any thread."""

    def __init__(
        self,
        *,
        stall_s: float = STALL_S,
        recovery_limit_s: float = RECOVERY_LIMIT_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stall_s, self._recovery_limit_s, self._now = stall_s, recovery_limit_s, now
        self._lock = threading.Lock()
        self._assigned: int | None = None
        self._recovered = False
        self._unready_since_s: float | None = now()
        self._beat_s: float | None = None
        self._pending = 0
        self._unwritten_s = 0.0
        self._idle_since_s = now()  # when something was last done, or began to wait

    # Told by the pipeline

    def assigned(self, partitions: int) -> None:
        """Know how many partitions the worker owns, none included; their states come next."""
        with self._lock:
            self._assigned = partitions

    def recovered(self) -> None:
        """Know that every state is read and new records are taken."""
        with self._lock:
            self._recovered, self._unready_since_s = True, None
            self._idle_since_s = self._now()

    def revoked(self) -> None:
        """Know that the partitions may be another's: nothing is taken until the next assignment."""
        with self._lock:
            self._assigned, self._recovered, self._pending = None, False, 0
            if self._unready_since_s is None:
                self._unready_since_s = self._now()

    def drained(self) -> None:
        """Know that nothing is taken until reading starts anew."""
        with self._lock:
            self._recovered, self._pending = False, 0
            if self._unready_since_s is None:
                self._unready_since_s = self._now()

    def moved(self) -> None:
        """Know that something was done."""
        with self._lock:
            self._idle_since_s = self._now()

    def pending(self, records: int) -> None:
        """Know how many records are there and not done yet."""
        with self._lock:
            if self._pending == 0 and records > 0:
                self._idle_since_s = self._now()
            self._pending = records

    def unwritten(self, seconds: float) -> None:
        """Know for how long the brokers have not confirmed what is being written."""
        metrics.UNCONFIRMED_SECONDS.set(seconds)
        with self._lock:
            self._unwritten_s = seconds

    def beat(self) -> None:
        """Know that the event loop turns."""
        with self._lock:
            self._beat_s = self._now()

    # Asked

    @property
    def ready(self) -> bool:
        """Whether every patient of this worker is watched by it."""
        return not self.why_not_ready()

    @property
    def healthy(self) -> bool:
        """Whether the worker gets on; one that does not is started again."""
        return not self.why_not_healthy()

    @property
    def recovering(self) -> bool:
        """Whether partitions are assigned and their states are still being read."""
        with self._lock:
            return self._assigned is not None and not self._recovered

    def unready_s(self) -> float:
        """Return for how long the worker has not been ready."""
        with self._lock:
            since_s = self._unready_since_s
            return 0.0 if since_s is None else self._now() - since_s

    def why_not_ready(self) -> list[str]:
        """Say what is missing; nothing, when the worker is ready."""
        with self._lock:
            if self._unwritten_s > UNWRITTEN_LIMIT_S:  # the cause of what else may be missing
                unwritten = f"{self._unwritten_s:.0f} s"
                why = "too few are up, or a disk is full"
                return [f"brokers have not confirmed for {unwritten} what is written: {why}"]
            if self._assigned is None:
                return ["no partitions are assigned yet"]
            if not self._recovered:
                return ["states are being read from the changelog, or reading starts anew"]
            return []

    def why_not_healthy(self) -> list[str]:
        """Say what is wrong; nothing, when the worker is healthy."""
        with self._lock:
            now_s, reasons = self._now(), []
            # Before the first beat the loop has not been started; the limit below covers that.
            if self._beat_s is not None and now_s - self._beat_s > BEAT_LIMIT_S:
                reasons.append(f"the event loop has not turned for {now_s - self._beat_s:.0f} s")
            idle_s = now_s - self._idle_since_s
            if self._pending > 0 and idle_s > self._stall_s:
                reasons.append(f"{self._pending} records wait, none was done for {idle_s:.0f} s")
            since_s = self._unready_since_s
            if since_s is not None and now_s - since_s > self._recovery_limit_s:
                reasons.append(f"not ready for {now_s - since_s:.0f} s")
            return reasons


def serve(host: str, port: int, health: Health) -> int:
    """Serve /metrics, /healthz and /readyz until the process ends; return the port.

    Port 0 takes a free one. Raises SettingsError where the address cannot be had.
    """
    return Endpoint(host, port, health).start()


class Endpoint:
    """The server that `serve` starts."""

    def __init__(self, host: str, port: int, health: Health) -> None:
        self._health = health
        self._metrics: WSGIApplication = make_wsgi_app(metrics.REGISTRY)
        try:
            self._server = _Server((host, port), _Handler)
        except OSError as error:
            raise SettingsError(_why_not_bound(error, host, port)) from error
        self._server.set_app(self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": CLOSING_POLL_S},
            name="stormwatch-metrics",
            daemon=True,
        )

    def start(self) -> int:
        """Answer from now on; return the port."""
        metrics.READY.set_function(lambda: float(self._health.ready))
        metrics.HEALTHY.set_function(lambda: float(self._health.healthy))
        metrics.RECOVERING.set_function(lambda: float(self._health.recovering))
        self._thread.start()
        return self._server.server_port

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
            case "GET", "/metrics":
                return self._metrics(environ, start_response)
            case "GET", "/healthz":
                reasons = self._health.why_not_healthy()
                return _verdict(start_response, "healthy", reasons)
            case "GET", "/readyz":
                return _verdict(start_response, "ready", self._health.why_not_ready())
            case _:
                return _reply(start_response, "404 Not Found", {"error": "not found"})


def _verdict(start_response: "StartResponse", name: str, reasons: Sequence[str]) -> Iterable[bytes]:
    return _reply(start_response, STATUS[not reasons], {name: not reasons, "reasons": reasons})


def _reply(start_response: "StartResponse", status: str, body: dict[str, Any]) -> Iterable[bytes]:
    content = json.dumps(body).encode() + b"\n"
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
    ]
    start_response(status, headers)
    return [content]


def _why_not_bound(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"STORMWATCH_METRICS_PORT: port {port} of {host} is taken by another process"
    if error.errno == errno.EACCES:
        return f"STORMWATCH_METRICS_PORT: this user may not listen on port {port}"
    return f"STORMWATCH_METRICS_HOST: {host} is no address of this machine"


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a connection, up to a limit."""

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(*args, **kwargs)

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, which may take seconds."""
        # A worker that starts again at once finds connections of the one before still closing.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, as in the base
        """Answer in a thread, or close what is more than we answer at once."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Let a client that went away go."""


class _Handler(WSGIRequestHandler):
    """Says nothing in the log, and waits for no slow client."""

    timeout = CLIENT_TIMEOUT_S

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is the base's
        """Keep scrapes out of the log."""
