"""Environment to Settings, or refuse: a wrong setting stops a worker at start, naming the variable.

Every setting is a variable `STORMWATCH_<NAME>`; docs/operators.md lists them, and a test keeps the
list true. No message of this module repeats a value: a secret may have been put into the wrong one.
"""

import os
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, FilePath, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream import addresses
from stream.clinical.policies.register import MANAGEMENT, POLICY_NAMES
from stream.strange_variables import PREFIX, mistakes, strange

DEFAULT_METRICS_PORTS: Final = {"watch": 9461, "page": 9462, "answer": 9464}
HEARTBEATS_A_SESSION: Final = 3  # two may be lost before the group thinks a worker dead

Role = Literal["watch", "page", "answer"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]
MemberId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Seconds = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]


class SettingsError(Exception):
    """The environment is wrong; the text has a line for each variable to mend."""


class Settings(BaseSettings):
    """What a worker is told from outside, checked. It never changes while the worker runs."""

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
        description="its port, if unset 9461 for watch, 9462 page, 9464 answer; 0 takes a free one",
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
        20, ge=1, le=5_000, description="how long the broker may hold a fetch that finds nothing"
    )
    align_wait_s: Seconds = Field(
        2.0, description="how long records wait for earlier ones of other topics"
    )
    pause_ms: int = Field(
        4, ge=0, le=1_000, description="how long few records are left to gather before a fetch"
    )
    pending_records: int = Field(
        20_000, ge=1, le=1_000_000, description="most records taken and not yet durable"
    )
    run_records: int = Field(
        2_000, ge=1, le=100_000, description="most records handed over in one step"
    )
    compaction_lag_h: float = Field(
        24.0,
        gt=0,
        le=720,
        allow_inf_nan=False,
        description="as the topics job set it on the changelogs; states are rewritten twice in it",
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

    routes: FilePath | None = Field(
        None, description="a TOML file that says who is told; without it what is built in holds"
    )
    sinks: FilePath | None = Field(
        None, description="a TOML file of the gateways that pages go through"
    )
    webhook_url: str | None = Field(
        None, repr=False, description="where pages are posted to; https, or http on this machine"
    )
    webhook_secret: SecretStr | None = Field(
        None, validate_default=True, description="what pages are signed with: whsec_ and base64"
    )
    webhook_timeout_s: Seconds = Field(5.0, description="how long the gateway may take to answer")

    answer_url: str | None = Field(
        None, description="under which people reach `stormwatch answer`; pages then have links"
    )
    answer_keys: SecretStr | None = Field(
        None,
        validate_default=True,
        description="what links are signed with: whsec_ and base64; the first of several signs",
    )
    answer_link_h: Annotated[int, Field(ge=1, le=72)] = Field(
        12, description="how many hours a link works"
    )
    answer_host: str = Field("127.0.0.1", description="the address that answers are served on")
    answer_port: Port = Field(9463, description="its port; 0 takes a free one")
    answer_pagerduty: SecretStr | None = Field(
        None, description="the secret of PagerDuty's webhook v3, which is served where it is set"
    )
    answer_goalert: SecretStr | None = Field(
        None, description="the end of the address of GoAlert's webhook, 24 characters or more"
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

    @field_validator("metrics_host", "answer_host")
    @classmethod
    def _host(cls, host: str) -> str:
        if not addresses.is_host(host):
            raise ValueError("must be an IPv4 address or a host name, without a port")
        return host

    @field_validator("heartbeat_s")
    @classmethod
    def _beats_often_enough(cls, heartbeat_s: float, info: ValidationInfo) -> float:
        session_s = info.data.get("session_timeout_s")
        if session_s is not None and heartbeat_s * HEARTBEATS_A_SESSION > session_s:
            raise ValueError("must be at most a third of STORMWATCH_SESSION_TIMEOUT_S")
        return heartbeat_s

    @field_validator("webhook_url", "answer_url")
    @classmethod
    def _safe_url(cls, url: str | None) -> str | None:
        if url is not None:
            addresses.check_url(url)
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _fitting_secret(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "webhook_url" in info.data and (secret is None) != (info.data["webhook_url"] is None):
            raise ValueError("goes with STORMWATCH_WEBHOOK_URL: set both, or neither")
        if secret is not None:
            addresses.check_secret(secret.get_secret_value())
        return secret

    @field_validator("answer_keys")
    @classmethod
    def _fitting_keys(cls, keys: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "answer_url" in info.data and (keys is None) != (info.data["answer_url"] is None):
            raise ValueError("goes with STORMWATCH_ANSWER_URL: set both, or neither")
        for each in () if keys is None else keys.get_secret_value().split(","):
            addresses.check_secret(each)
        return keys

    @field_validator("answer_pagerduty")
    @classmethod
    def _one_word(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and " " in secret.get_secret_value():
            raise ValueError("must be one word, as PagerDuty shows it once")
        return secret

    @field_validator("answer_goalert")
    @classmethod
    def _hard_to_guess(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not addresses.is_path(secret.get_secret_value()):
            raise ValueError("must be 24 or more letters, digits, - or _")
        return secret

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

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Name every variable, with what it means."""
        return {
            PREFIX + name.upper(): field.description or ""
            for name, field in cls.model_fields.items()
            if name != "role"
        }

    @classmethod
    def load(cls, role: Role) -> Self:
        """Read the environment; raise SettingsError where it is wrong."""
        problems = strange(cls.variables(), os.environ)
        try:
            settings = cls(role=role)
        except ValidationError as error:
            problems += mistakes(error, cls.variables())
        else:
            if not problems:
                return settings
        raise SettingsError("\n".join(problems)) from None


def load_settings(role: Role) -> Settings:
    """Read the environment of a worker; raise SettingsError naming each variable that is wrong."""
    return Settings.load(role)
