"""The jars of Apache Kafka: fetched once into a cache, compared with the lock at every start."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.broker.failure import BrokerError
from deploy.broker.folders import cache_folder

LOCK: Final = Path(__file__).with_name("kafka.lock")  # as sha256sum writes it; the path is Maven's
VERSION: Final = "4.1.1"
KAFKA: Final = f"Apache Kafka {VERSION}"
SIZE: Final = "44 MB"  # of all jars
READERS: Final = 8


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    sha256: str
    name: str  # org/slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar

    @property
    def coordinates(self) -> tuple[str, str, str]:
        """Group, artifact and version, which follow from Maven's path."""
        *group, artifact, version, _ = self.name.split("/")
        return ".".join(group), artifact, version

    def is_right(self, path: Path) -> bool:
        """Whether this file is what the lock says."""
        return sha256(path) == self.sha256


def class_path() -> str:
    """Every jar, fetched if it is missing, each compared with its sum; offline once all are here.

    Raises `BrokerError` if one cannot be had or is not what the lock says.
    """
    cache, jars = cache_folder(), locked()
    if missing := [jar for jar in jars if not (cache / jar.name).exists()]:
        from deploy.broker.maven import fetch  # noqa: PLC0415, its packages are needed only here

        fetch(missing, cache)
    with ThreadPoolExecutor(READERS) as pool:
        right = list(pool.map(lambda jar: jar.is_right(cache / jar.name), jars))
    if wrong := [jar.name for jar, is_right in zip(jars, right, strict=True) if not is_right]:
        for name in wrong:
            (cache / name).unlink(missing_ok=True)
        raise BrokerError(
            f"{', '.join(wrong)}: not what the lock says, hence removed from {cache}; "
            "start again to fetch what is right"
        )
    return os.pathsep.join(str(cache / jar.name) for jar in jars)


def locked() -> list[Jar]:
    """Every jar of the lock."""
    return [Jar(*line.split()) for line in LOCK.read_text().splitlines()]


def sha256(path: Path) -> str:
    """Return the sum of a file as the lock has it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
