"""What every worker is told from outside, and how it is checked: the first part of `Settings`."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, FilePath, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream import addresses
from stream.clinical.policies.register import MANAGEMENT, POLICY_NAMES
from stream.strange_variables import PREFIX
from topics.registry import COMPACTION_LAG_H

DEFAULT_METRICS_PORTS: Final = {"watch": 9461, "page": 9462, "answer": 9464, "probe": 9465}
HEARTBEATS_A_SESSION: Final = 3  # two may be lost before the group thinks a worker dead

Role = Literal["watch", "page", "answer", "probe"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]
MemberId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Seconds = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]


class WorkerSettings(BaseSettings):
    """What every worker is told: its role, its brokers, its times."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    role: Role = Field(description="which worker this is; not a variable")

    kafka: str = Field(description="the brokers to begin with: host:port,host:port")
    replica: Slug | Literal[""] = Field(
        "", description="names a second, independent group of watchers; empty for the first"
    )
    instance: MemberId | None = Field(
        None, description="a name for this worker that outlives it: a quick restart moves nothing"
    )
    ticks: Literal["write", "topic"] = Field(
        "write",
        description="write: time is this machine's; topic: it is that of a file that is loaded",
    )
    management: str = Field(
        "manikath-2025", description=f"whose advice is given: {', '.join(MANAGEMENT)}"
    )
    paging_policy: str = Field(
        "manikath-2025", description=f"whose grade sets the priority: {', '.join(POLICY_NAMES)}"
    )
    journal: Path | None = Field(
        None, description="a folder for all that is taken, in its order, to be replayed"
    )
    journal_mb: int = Field(
        1_024, ge=1, le=1_000_000, description="most MB of journals in it; then no more is written"
    )

    policy: FilePath | None = Field(
        None, description="a signed TOML file of the thresholds that this site has set"
    )
    metrics_host: str = Field(
        "127.0.0.1", description="the address that metrics and health are served on"
    )
    metrics_port: Port | None = Field(
        None,
        description="its port, by default 9461 watch, 9462 page, 9464 answer, 9465 probe; 0: any",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="the least urgent lines to log: debug (ours alone), info, warning, error",
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="json: one object a line; console: lines for people"
    )

    session_timeout_s: Seconds = Field(
        6.0, description="a worker not heard of for so long loses its partitions"
    )
    heartbeat_s: Seconds = Field(
        2.0, description="how often a worker is heard of; at most a third of the session"
    )
    commit_interval_s: Seconds = Field(
        1.0, description="how often offsets of what is durable are committed"
    )
    fetch_wait_ms: int = Field(
        20,
        ge=1,
        le=5_000,
        description="how long the broker may hold a fetch that finds nothing,"
        " longer while there is work",
    )
    align_wait_s: Seconds = Field(
        2.0, description="how long records wait for earlier ones of a topic of which nothing comes"
    )
    gather_ms: int = Field(
        10,
        ge=1,
        le=1_000,
        description="how long the broker may gather records while some come,"
        " longer while there is work",
    )
    pending_records: int = Field(
        20_000, ge=1, le=1_000_000, description="most records taken and not yet durable"
    )
    run_records: int = Field(
        2_000, ge=1, le=100_000, description="most records handed over in one step"
    )
    compaction_lag_h: float = Field(
        COMPACTION_LAG_H,
        gt=0,
        allow_inf_nan=False,
        description="states are rewritten twice in it; at most what the changelogs have, 24",
    )
    tick_s: Annotated[Seconds, Field(le=60)] = Field(
        5.0, description="how often time is written to each partition"
    )
    unaccounted_s: Seconds = Field(
        10.0, description="records not accounted for during so long end the worker"
    )
    stall_s: Seconds = Field(
        30.0, description="work waiting and none done for so long is called unhealthy"
    )
    recovery_limit_s: Seconds = Field(
        120.0, description="a worker that is not ready after so long is called unhealthy"
    )

    @field_validator("kafka")
    @classmethod
    def _brokers(cls, text: str) -> str:
        return addresses.normalise_brokers(text)

    @field_validator("replica")
    @classmethod
    def _one_pager(cls, replica: str, info: ValidationInfo) -> str:
        if replica and info.data.get("role") == "page":
            raise ValueError("is for watch alone; a second group of pagers would page twice")
        return replica

    @field_validator("journal")
    @classmethod
    def _of_the_watcher(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        if folder is not None and info.data.get("role") == "page":
            raise ValueError("is for watch alone; the pager's night is on its topics")
        if folder is not None and not folder.is_absolute():
            raise ValueError("must be an absolute path")
        return folder

    @field_validator("management", "paging_policy")
    @classmethod
    def _known_policy(cls, name: str, info: ValidationInfo) -> str:
        names = MANAGEMENT if info.field_name == "management" else POLICY_NAMES
        if name not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return name

    @field_validator("metrics_host")
    @classmethod
    def _host(cls, host: str) -> str:
        return checked_host(host)

    @field_validator("heartbeat_s")
    @classmethod
    def _beats_often_enough(cls, heartbeat_s: float, info: ValidationInfo) -> float:
        session_s = info.data.get("session_timeout_s")
        if session_s is not None and heartbeat_s * HEARTBEATS_A_SESSION > session_s:
            raise ValueError("must be at most a third of STORMWATCH_SESSION_TIMEOUT_S")
        return heartbeat_s

    @field_validator("compaction_lag_h")
    @classmethod
    def _before_compaction(cls, lag_h: float) -> float:
        if lag_h > COMPACTION_LAG_H:
            raise ValueError(
                f"must be at most {COMPACTION_LAG_H}: so long compaction is held off "
                "(min.compaction.lag.ms), and states must be rewritten twice in it"
            )
        return lag_h

    @property
    def app_id(self) -> str:
        """The consumer group, and the beginning of the changelog's name."""
        return f"stormwatch-{self.role}" + (f"-{self.replica}" if self.replica else "")

    @property
    def brokers(self) -> tuple[str, ...]:
        """The brokers one by one, as `host:port`."""
        return tuple(self.kafka.split(","))

    @property
    def bound_port(self) -> int:
        """The port to serve metrics on; 0 asks for a free one."""
        if self.metrics_port is None:
            return DEFAULT_METRICS_PORTS[self.role]
        return self.metrics_port


def checked_host(host: str) -> str:
    """Return a host; raise ValueError where it is none."""
    if not addresses.is_host(host):
        raise ValueError("must be an IPv4 address or a host name, without a port")
    return host
