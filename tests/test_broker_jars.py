"""The jars: fetched once from a real local repository, compared, refused when they are wrong."""

import errno
import gc
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.broker import jars, maven
from deploy.broker.failure import BrokerError
from deploy.broker.folders import broker_folder, cache_folder
from deploy.broker.jars import class_path

NAMES = ("org/one/a/1.0/a-1.0.jar", "org/one/b/2.0/b-2.0.jar", "com/two/c/3/c-3.jar")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word on stderr."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """Serve a Maven repository on this machine for the test; the fixture is its folder."""
    folder = tmp_path / "repository"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(name.encode() * 1000)
        sha1 = hashlib.sha1((folder / name).read_bytes(), usedforsecurity=False).hexdigest()
        (folder / f"{name}.sha1").write_text(sha1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(maven.MAVEN_VARIABLE, f"http://127.0.0.1:{server.server_port}/")
        yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have an empty cache, and a lock of the three jars that the repository has."""
    lock = tmp_path / "test.lock"
    sums = {name: hashlib.sha256((repository / name).read_bytes()).hexdigest() for name in NAMES}
    lock.write_text("".join(f"{sums[name]}  {name}\n" for name in NAMES))
    monkeypatch.setattr(jars, "LOCK", lock)
    monkeypatch.setenv("STORMWATCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_missing_is_fetched_and_told(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = class_path()

    assert found.split(":") == [str(cache / name) for name in NAMES]
    assert (cache / NAMES[0]).read_bytes() == NAMES[0].encode() * 1000
    told = capsys.readouterr()
    assert "3 of 3 jars" in told.err
    assert told.out == ""


def test_once_all_are_here_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class_path()
    capsys.readouterr()
    monkeypatch.setenv(maven.MAVEN_VARIABLE, "http://127.0.0.1:1")

    class_path()

    assert capsys.readouterr().err == ""


def test_a_jar_that_was_changed_is_refused_and_removed(cache: Path) -> None:
    class_path()
    (cache / NAMES[1]).write_bytes(b"something else")

    with pytest.raises(BrokerError, match=r"b-2.0.jar: not what the lock says, hence removed"):
        class_path()

    assert not (cache / NAMES[1]).exists()
    assert (cache / NAMES[0]).exists()


def test_after_a_changed_jar_was_removed_it_is_fetched_again(cache: Path) -> None:
    class_path()
    (cache / NAMES[1]).write_bytes(b"something else")
    with pytest.raises(BrokerError):
        class_path()

    class_path()

    assert (cache / NAMES[1]).read_bytes() == NAMES[1].encode() * 1000


def test_a_wrong_jar_of_the_repository_never_reaches_the_cache(
    repository: Path, cache: Path
) -> None:
    (repository / NAMES[2]).write_bytes(b"something else")

    with pytest.raises(BrokerError, match=r"c-3.jar from http://127.0.0.1:\d+ is not what"):
        class_path()

    assert not (cache / NAMES[2]).exists()
    assert not list(cache.glob("fetching-*"))


@pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning"
)
def test_a_jar_that_the_repository_does_not_have_is_named(repository: Path) -> None:
    (repository / NAMES[0]).unlink()

    with pytest.raises(BrokerError, match=r"a-1.0.jar is not to be had from http://127.0.0.1"):
        class_path()
    gc.collect()  # jgo leaves the answer open, which would be told of a later test


def test_no_network_is_one_line_that_names_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(maven.MAVEN_VARIABLE, "http://127.0.0.1:1")

    with pytest.raises(BrokerError, match="cannot fetch") as caught:
        class_path()

    told = str(caught.value)
    assert "http://127.0.0.1:1" in told
    assert maven.MAVEN_VARIABLE in told
    assert "\n" not in told


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STORMWATCH_CACHE", str(tmp_path / "file" / "cache"))

    with pytest.raises(BrokerError, match="STORMWATCH_CACHE names another folder"):
        class_path()


def test_a_full_disk_is_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="the disk is full"), maven._explained(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_two_first_downloads_at_once_do_no_harm(cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(class_path) for _ in range(4)]

    assert len({each.result() for each in found}) == 1
    assert not list(cache.glob("fetching-*"))


def test_the_lock_of_the_project_names_each_jar_once() -> None:
    lines = Path(jars.__file__).with_name("kafka.lock").read_text().splitlines()
    names = [line.split("  ")[1] for line in lines]

    assert len(names) == len(set(names)) == 47
    assert all(len(line.split("  ")[0]) == 64 for line in lines)
    assert "org/apache/kafka/kafka_2.13/4.1.1/kafka_2.13-4.1.1.jar" in names


@pytest.mark.parametrize(
    ("variables", "platform", "expected"),
    [
        ({"STORMWATCH_CACHE": "/chosen"}, "linux", "/chosen"),
        ({"XDG_CACHE_HOME": "/xdg"}, "linux", "/xdg/stormwatch"),
        ({"XDG_CACHE_HOME": "relative"}, "linux", "/home/ann/.cache/stormwatch"),
        ({}, "linux", "/home/ann/.cache/stormwatch"),
        ({}, "darwin", "/home/ann/Library/Caches/stormwatch"),
    ],
)
def test_the_cache_lies_where_the_system_keeps_caches(
    variables: dict[str, str], platform: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STORMWATCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"HOME": "/home/ann"} | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)

    assert cache_folder() == Path(expected)


def test_records_lie_where_the_system_keeps_what_must_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")

    assert broker_folder() == Path("/state/stormwatch/broker")
