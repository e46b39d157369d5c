"""docker-compose.yml and the Dockerfile are valid, and true to the code."""

import asyncio
import json
import re
import socket
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from packaging.requirements import Requirement
from programs import ROOT, run, tool

from deploy.broker.java import launch
from deploy.broker.nodes import software
from deploy.cli import COMMANDS
from deploy.topics_job import make_topics
from stream.settings import Settings
from stream.worker_settings import DEFAULT_METRICS_PORTS
from topics import registry


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Read the services of docker-compose.yml."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


@pytest.fixture(scope="module")
def workers(compose: dict[str, Any]) -> dict[str, Any]:
    """Read those of them that run Stormwatch."""
    return {name: each for name, each in compose.items() if "build" in each}


def environment(service: dict[str, Any], **outside: str) -> dict[str, str]:
    """Fill in the variables of a service as Compose does."""

    def filled(match: re.Match[str]) -> str:
        return outside.get(match[1]) or match[2]

    return {
        name: re.sub(r"\$\{(\w+):-(\w*)\}", filled, str(value))
        for name, value in service["environment"].items()
    }


class TestCompose:
    """`docker compose up` starts what there is, with settings that there are."""

    def test_compose_accepts_the_file(self) -> None:
        docker_compose = tool("docker-compose")

        known = yaml.safe_load(run(docker_compose, "--profile", "answer", "config"))["services"]

        workers = {"topics", "watch", "page", "page-2", "probe", "answer"}
        assert set(known) == {"broker", *workers, "prometheus"}

    def test_each_command_exists(self, workers: dict[str, Any]) -> None:
        assert {name: each["command"][0] for name, each in workers.items()} == {
            "topics": "topics",
            "watch": "watch",
            "page": "page",
            "page-2": "page",
            "probe": "probe",
            "answer": "answer",
        }
        assert {each["command"][0] for each in workers.values()} <= set(COMMANDS)

    def test_each_variable_is_a_setting(self, workers: dict[str, Any]) -> None:
        named = {name for each in workers.values() for name in each["environment"]}

        assert named <= set(Settings.variables())

    @pytest.mark.parametrize("role", ["watch", "page", "probe", "answer"])
    def test_the_settings_of_a_worker_are_valid(
        self, workers: dict[str, Any], role: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in Settings.variables():
            monkeypatch.delenv(name, raising=False)
        for name, value in environment(workers[role]).items():
            monkeypatch.setenv(name, value)

        settings = Settings.load(role)  # type: ignore[arg-type]  # as parametrised

        assert settings.brokers == ("broker:19092",)
        assert settings.bound_port == DEFAULT_METRICS_PORTS[settings.role]
        assert f":{settings.bound_port}/healthz" in str(workers[role]["healthcheck"])
        assert workers[role]["ports"][0] == f"127.0.0.1:{settings.bound_port}:{settings.bound_port}"

    def test_two_pagers_differ_by_their_names_alone(self, workers: dict[str, Any]) -> None:
        """While one is dead the other goes on with its part."""
        one, two = environment(workers["page"]), environment(workers["page-2"])

        assert one | {"STORMWATCH_INSTANCE": "page-2"} == two
        assert one["STORMWATCH_INSTANCE"] == "page-1"

    def test_a_secret_comes_from_outside(self, workers: dict[str, Any]) -> None:
        secret = "whsec_" + "A" * 32

        given = environment(workers["page"], STORMWATCH_WEBHOOK_SECRET=secret)

        assert given["STORMWATCH_WEBHOOK_SECRET"] == secret
        assert "whsec_" not in (ROOT / "docker-compose.yml").read_text()

    def test_everything_is_published_to_this_machine_alone(self, compose: dict[str, Any]) -> None:
        ports = [port for service in compose.values() for port in service.get("ports", [])]

        assert len(ports) == 8
        assert all(port.startswith("127.0.0.1:") for port in ports)

    def test_no_two_services_are_published_at_one_port(self, compose: dict[str, Any]) -> None:
        """The second of them would not start."""
        ports = [port for service in compose.values() for port in service.get("ports", [])]
        published = [port.rpartition(":")[0] for port in ports]

        assert sorted(published) == sorted(set(published))

    def test_nothing_gains_privileges_and_nothing_is_without_limits(
        self, compose: dict[str, Any], workers: dict[str, Any]
    ) -> None:
        for service in compose.values():
            assert "no-new-privileges:true" in service["security_opt"]
            assert {"mem_limit", "pids_limit", "logging"} <= set(service)
        for service in (*workers.values(), compose["prometheus"]):
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]

    def test_workers_wait_for_the_topics_and_these_for_the_broker(
        self, compose: dict[str, Any]
    ) -> None:
        assert compose["topics"]["depends_on"] == {"broker": {"condition": "service_healthy"}}
        for role in ("watch", "page", "page-2", "probe", "answer"):
            needed = compose[role]["depends_on"]["topics"]["condition"]
            assert needed == "service_completed_successfully"

    def test_the_image_has_the_version_of_the_project(self, workers: dict[str, Any]) -> None:
        version = metadata.version("stormwatch")

        assert {each["image"] for each in workers.values()} == {f"stormwatch:{version}"}

    def test_the_broker_is_the_one_that_is_tested(self, compose: dict[str, Any]) -> None:
        locked = (ROOT / "deploy/broker/kafka.lock").read_text()
        version = re.search(r"/kafka_2\.13/([\d.]+)/", locked)

        assert version is not None
        assert compose["broker"]["image"] == f"apache/kafka:{version[1]}"


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def properties(variables: dict[str, Any], ports: dict[str, str]) -> str:
    """Turn the image's variables into Kafka's settings, as the image does, on other ports."""
    lines = [
        f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}\n"
        for name, value in variables.items()
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"
    ]
    text = re.sub(r"(?<=:)\d{4,5}\b", lambda port: ports[port[0]], "".join(lines))
    return text.replace("/var/lib/kafka/data", "data")


@pytest.fixture
def composed_broker(compose: dict[str, Any], tmp_path: Path) -> Iterator[str]:
    """Start Kafka with the settings of docker-compose.yml; say where it is."""
    variables, jars = compose["broker"]["environment"], software()
    ports = {port: free_port() for port in ("9092", "19092", "29093")}
    (tmp_path / "server.properties").write_text(properties(variables, ports))
    cluster = f"--cluster-id={variables['CLUSTER_ID']}"
    tool_of_kafka = ("kafka.tools.StorageTool", "format", "--config=server.properties", cluster)
    formatting = launch(tmp_path, "-Dstormwatch.test", jars, tool_of_kafka, heap_mb=96)
    assert formatting.wait(60) == 0, (tmp_path / "log").read_text()
    kafka = ("kafka.Kafka", "server.properties")
    process = launch(tmp_path, "-Dstormwatch.test", jars, kafka, heap_mb=256)
    try:
        yield f"127.0.0.1:{ports['9092']}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.broker
async def test_kafka_starts_with_the_settings_of_compose(composed_broker: str) -> None:
    deadline_s = time.monotonic() + 60
    host, port = composed_broker.split(":")
    while time.monotonic() < deadline_s:
        with socket.socket() as client:
            if client.connect_ex((host, int(port))) == 0:
                break
        await asyncio.sleep(0.1)

    made = await make_topics(composed_broker)

    assert made.is_good
    assert len(made.created) == len(registry.TOPICS)


DOCKERFILE: Final = (ROOT / "deploy" / "Dockerfile").read_text()


def requirement_blocks(path: Path) -> dict[str, str]:
    """Split a lock file into its requirements with their hashes, without the comments."""
    lines = [line for line in path.read_text().splitlines() if not line.strip().startswith("#")]
    blocks = re.split(r"^(?=\w)", "\n".join(lines) + "\n", flags=re.MULTILINE)
    return {block.split("==")[0]: block for block in blocks if "==" in block}


def needed_by(names: Sequence[str]) -> set[str]:
    """Name these distributions and all that they need here."""
    needed: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in needed:
            needed.add(name)
            wanted = map(Requirement, metadata.requires(name) or [])
            waiting += [w.name for w in wanted if w.marker is None or w.marker.evaluate()]
    return needed


class TestImage:
    """The image holds the project, locked, and nothing that could add to it."""

    def test_hadolint_finds_nothing(self) -> None:
        hadolint = tool("hadolint")

        assert json.loads(run(hadolint, "--format", "json", "deploy/Dockerfile")) == []

    def test_it_runs_as_nobody_in_particular(self) -> None:
        last_stage = DOCKERFILE.rpartition("\nFROM ")[2]

        assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["10001:10001"]
        assert 'ENTRYPOINT ["stormwatch"]' in last_stage
        assert "pip uninstall" in last_stage

    def test_every_package_is_checked_against_its_hash(self) -> None:
        installed = [line for line in DOCKERFILE.splitlines() if "install " in line]
        from_files = [line for line in installed if " -r " in line]

        assert len(from_files) == 2
        assert all("--require-hashes" in line for line in from_files)

    def test_it_is_the_python_that_was_locked(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

        assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:3.11-slim"}
        assert project["requires-python"] == ">=3.11,<3.12"

    def test_what_builds_it_is_locked_as_for_everyone(self) -> None:
        building = requirement_blocks(ROOT / "deploy" / "requirements-build.txt")
        everything = requirement_blocks(ROOT / "requirements-dev.txt")
        system = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]

        assert {name: everything[name] for name in building} == building
        assert set(building) == needed_by([Requirement(each).name for each in system])

    def test_the_wheel_holds_every_file_of_the_packages(self, tmp_path: Path) -> None:
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
        (wheel,) = tmp_path.glob("*.whl")
        inside = set(zipfile.ZipFile(wheel).namelist())
        packages = re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE)
        files = {
            path.relative_to(ROOT).as_posix()
            for package in packages
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

        assert sorted(packages) == ["alerts", "deploy", "stream", "topics"]
        assert files <= inside
        assert {"deploy/broker/kafka.lock", "deploy/prometheus/rules.yml"} <= inside
