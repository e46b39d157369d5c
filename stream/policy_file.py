"""A site's thresholds: a TOML file, checked against the bounds of each, or refused line by line.

    [signed]
    by = "Dr A. Example, head of the CAR-T programme"
    on = 2026-11-27
    policy_hash = "0c5e1d2b7a90"            as `stormwatch policy show` says; it may be left out

    [thresholds]
    hlh_ferritin_look = "8000 ng/mL"

What the file says nothing of stays as it is built in. docs/policy.md describes it.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from stream.clinical.policies.bounds import Value
from stream.clinical.policies.effective import effective
from stream.clinical.policies.policy import ManagementProfile
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.policies.thresholds import PolicyError, read_overrides
from stream.toml_file import read_toml


class Signed(BaseModel):
    """Who has read the thresholds and stands for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Annotated[str, Field(min_length=1, max_length=200)]
    on: date
    policy_hash: str | None = None


class PolicyFile(BaseModel):
    """The whole file; one that is not signed is a draft."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signed: Signed | None = None
    thresholds: dict[str, Any] = {}


class SitePolicy(NamedTuple):
    """What holds at a site under a management profile."""

    profile: ManagementProfile
    overrides: Mapping[str, Value]  # by attribute
    signed: Signed | None

    @property
    def policy_hash(self) -> str:
        """Its hash, as every alert carries it."""
        return str(self.profile.policy_hash)


def read_policy(path: Path | None, management: str) -> SitePolicy:
    """Read a file, or what is built in; raise PolicyError with a line for each mistake."""
    if path is None:
        return SitePolicy(effective(management, {}), {}, None)
    file = read_toml(path, PolicyFile.model_validate, PolicyError)
    overrides = read_overrides(file.thresholds, MANAGEMENT[management].site)
    policy = SitePolicy(effective(management, overrides), overrides, file.signed)
    signed = None if file.signed is None else file.signed.policy_hash
    if signed not in (None, policy.policy_hash):
        raise PolicyError(
            f"signed.policy_hash: {signed} was signed, and under {management} this is "
            f"{policy.policy_hash}: read it again (`stormwatch policy show`), and sign it anew"
        )
    return policy


def read_signed_policy(path: Path | None, management: str) -> SitePolicy:
    """Read a file by which patients are watched: somebody has to stand for it."""
    policy = read_policy(path, management)
    if path is not None and policy.signed is None:
        raise PolicyError("signed: is missing: who has read it (by) and when (on)")
    return policy
