"""Alertmanager and a mail server, real ones, each on a free port and in a folder of its own."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientConnectionError, ClientSession
from system.debian import PYTHON, program

STARTS_WITHIN_S: Final = 60

# Debian's Alertmanager reads its template from where it would be installed. A copy of it reads it
# from the folder it is started in: by a path of the same length in its place.
INSTALLED: Final = b"/usr/share/prometheus/alertmanager"
HERE: Final = b"./" * (len(INSTALLED) // 2)

ALERTMANAGER: Final = """
route: {{receiver: gateway, group_by: [alert_id], group_wait: 0s, group_interval: 1s}}
receivers:
- name: gateway
  webhook_configs: [{{url: '{url}', send_resolved: true}}]
"""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


async def until(condition: Callable[[], Awaitable[Any]], within_s: float = STARTS_WITHIN_S) -> Any:
    """Wait for something that is true in the end, and return it."""
    async with asyncio.timeout(within_s):
        while not (found := await condition()):
            await asyncio.sleep(0.1)
        return found


class Alertmanager:
    """What it says of its alerts."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def active(self) -> list[dict[str, Any]]:
        """Return the alerts that fire."""
        async with ClientSession() as session, session.get(f"{self.url}/api/v2/alerts") as reply:
            assert reply.status == 200
            alerts: list[dict[str, Any]] = await reply.json()
            return alerts

    async def is_there(self) -> bool:
        try:
            async with ClientSession() as session, session.get(f"{self.url}/-/ready") as reply:
                return reply.status == 200
        except ClientConnectionError:
            return False


@asynccontextmanager
async def alertmanager(folder: Path, tells: str) -> AsyncIterator[Alertmanager]:
    """Run Alertmanager, which tells a URL what it would tell people."""
    (folder / "alertmanager.yml").write_text(ALERTMANAGER.format(url=tells))
    port = free_port()
    command = [
        _alertmanager_in(folder),
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alerts",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with _running(command, folder / "alertmanager.log", cwd=folder):
        it = Alertmanager(f"http://127.0.0.1:{port}")
        await until(it.is_there)
        yield it


def _alertmanager_in(folder: Path) -> str:
    binary = Path(program("usr/bin/prometheus-alertmanager")).read_bytes()
    copy = folder / "alertmanager"
    copy.write_bytes(binary.replace(INSTALLED, HERE))
    copy.chmod(0o755)
    for name in ("default.tmpl", "email.tmpl"):
        template = Path(program(f"usr/share/prometheus/alertmanager/{name}"))
        (folder / name).write_bytes(template.read_bytes())
    return str(copy)


class Mailbox:
    """The messages that a mail server has taken."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self.port = folder, port

    async def messages(self) -> list[EmailMessage]:
        """Return them, the oldest first."""
        files = sorted(self._folder.glob("new/*"), key=lambda each: each.stat().st_mtime_ns)
        return [message_from_bytes(each.read_bytes(), policy=policy.default) for each in files]

    async def is_there(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def mail_server(folder: Path) -> AsyncIterator[Mailbox]:
    """Run Debian's aiosmtpd, which keeps what it takes in a Maildir."""
    port = free_port()
    (folder / "mail").mkdir()
    box = folder / "mail" / "box"
    server = ["-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    command = [sys.executable, *server, "-c", "aiosmtpd.handlers.Mailbox", str(box)]
    program("usr/lib/python3/dist-packages/aiosmtpd/smtp.py")
    with _running(command, folder / "mail.log", PYTHONPATH=str(PYTHON)):
        it = Mailbox(box, port)
        await until(it.is_there)
        yield it


class _running:  # noqa: N801, it reads as a verb
    def __init__(
        self, command: list[str], log: Path, *, cwd: Path | None = None, **variables: str
    ) -> None:
        self._command, self._log, self._variables = command, log, variables
        self._cwd = cwd

    def __enter__(self) -> None:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | self._variables,
            )

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
