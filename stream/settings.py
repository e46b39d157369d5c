"""Environment to Settings, or refuse: a wrong setting stops a worker at start, naming the variable.

Every setting is a variable `STORMWATCH_<NAME>`; docs/operators.md lists them, and a test keeps the
list true. No message of this module repeats a value: a secret may have been put into the wrong one.
"""

import os
from typing import Annotated, Self

from pydantic import Field, FilePath, SecretStr, ValidationError, ValidationInfo, field_validator

from stream import addresses
from stream.strange_variables import PREFIX, mistakes, strange
from stream.worker_settings import Port, Role, Seconds, WorkerSettings, checked_host


class SettingsError(Exception):
    """The environment is wrong; the text has a line for each variable to mend."""


class Settings(WorkerSettings):
    """What a worker is told from outside, checked. It never changes while the worker runs."""

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

    # Not sooner: a page waits seconds for others, and is not sent where its alert ends meanwhile.
    probe_s: Annotated[Seconds, Field(ge=5)] = Field(
        60.0, description="how often made-up alarms go through everything"
    )
    probe_lost_s: Annotated[Seconds, Field(le=300)] = Field(
        180.0, description="with none back for so long pages count as lost; two rounds or more"
    )
    feeds: FilePath | None = Field(
        None, description="a TOML file that says which feeds have to come, and how often"
    )
    ping_url: SecretStr | None = Field(
        None, description="asked for after each round that came back: a dead man's switch"
    )

    @field_validator("probe_lost_s")
    @classmethod
    def _after_two_rounds(cls, lost_s: float, info: ValidationInfo) -> float:
        if lost_s < 2 * info.data.get("probe_s", 0.0):
            raise ValueError("must be two of STORMWATCH_PROBE_S or more")
        return lost_s

    @field_validator("ping_url")
    @classmethod
    def _safe_secret_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            addresses.check_url(url.get_secret_value())
        return url

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

    @field_validator("answer_host")
    @classmethod
    def _answer_host(cls, host: str) -> str:
        return checked_host(host)

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
