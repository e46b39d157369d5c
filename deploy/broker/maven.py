"""Fetching the jars from a Maven repository: exactly those of the lock, no POM, no graph."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.broker.failure import EXTRA_IS_MISSING, BrokerError
from deploy.broker.folders import CACHE_VARIABLE
from deploy.broker.jars import KAFKA, SIZE, Jar
from deploy.broker.progress import Progress, shown

try:
    import requests
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext
    from jgo.maven import PythonResolver as Resolver
except ImportError as missing:
    raise BrokerError(EXTRA_IS_MISSING) from missing

MAVEN_VARIABLE: Final = "STORMWATCH_MAVEN"  # a mirror, for networks that do not reach Maven Central
FETCHERS: Final = 8
FETCH_TIMEOUT_S: Final = 20


def fetch(jars: list[Jar], cache: Path) -> None:
    """Fetch these jars into the cache, showing how far it is. Raises `BrokerError`."""
    with _explained(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with shown(len(jars), cache) as progress, ThreadPoolExecutor(FETCHERS) as pool:
            fetches = [pool.submit(_fetch, jar, cache, progress) for jar in jars]
            try:
                wait(fetches, return_when=FIRST_EXCEPTION)
            finally:  # after a failure or Ctrl-C those that have not begun need not begin
                pool.shutdown(wait=False, cancel_futures=True)
        for done in fetches:
            if not done.cancelled():
                done.result()


@contextmanager
def _explained(cache: Path) -> Iterator[None]:
    """Turn what can go wrong outside this program into one line that says what would help."""
    try:
        yield
    except requests.RequestException as error:
        raise BrokerError(
            f"cannot fetch {KAFKA} from {repository()} ({type(error).__name__}): the first "
            f"start needs the network, or a mirror of Maven Central in {MAVEN_VARIABLE}"
        ) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else str(error.strerror or error)
        raise BrokerError(
            f"cannot keep {KAFKA} ({SIZE}) in {cache}: {what}; "
            f"{CACHE_VARIABLE} names another folder"
        ) from error


def repository() -> str:
    """STORMWATCH_MAVEN, or Maven Central."""
    return str(os.environ.get(MAVEN_VARIABLE) or MAVEN_CENTRAL_URL).rstrip("/")


def _fetch(jar: Jar, cache: Path, progress: Progress) -> None:
    """Fetch one jar beside its place, compare it and move it there whole.

    Hence half a file never counts as fetched, and two first starts at once do no harm.
    """
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as scratch:
        try:
            fetched = _resolve(jar, Path(scratch, "1"), progress)
        except requests.RequestException:  # one lost connection should not end a first start
            fetched = _resolve(jar, Path(scratch, "2"), progress)
        if not jar.is_right(fetched):
            raise BrokerError(f"{jar.name} from {repository()} is not what the lock says")
        path = cache / jar.name
        path.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(path)
    progress.jar_fetched()


def _resolve(jar: Jar, scratch: Path, progress: Progress) -> Path:
    @contextmanager
    def callback(_filename: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield progress.bytes_fetched

    context = MavenContext(
        resolver=Resolver(progress_callback=callback),
        repo_cache=scratch,
        remote_repos={"maven": repository()},
        timeout=FETCH_TIMEOUT_S,
    )
    group, artifact, version = jar.coordinates
    try:
        return context.project(group, artifact).at_version(version).artifact().resolve()
    except RuntimeError as error:  # what jgo raises for any answer but 200
        raise BrokerError(f"{jar.name} is not to be had from {repository()}") from error
