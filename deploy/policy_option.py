"""The options that say by which policy files are replayed."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from stream.clinical.engine import Engine
from stream.clinical.policies.bounds import Value
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.policies.thresholds import PolicyError
from stream.journal_replay import Replayer
from stream.policy_file import SitePolicy, read_policy

DEFAULT_MANAGEMENT: Final = "manikath-2025"

management_option: Final[Callable[[Any], Any]] = click.option(
    "--management",
    type=click.Choice(sorted(MANAGEMENT)),
    help="The profile that decides what is advised: manikath-2025, or that of the journal.",
)
policy_option: Final[Callable[[Any], Any]] = click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Thresholds of a site: as built in, or those of the journal.",
)


def policy_of(file: Path | None, management: str | None) -> SitePolicy:
    """Read a site's thresholds, or give what is built in; a draft will do to replay by."""
    try:
        return read_policy(file, management or DEFAULT_MANAGEMENT)
    except PolicyError as error:
        raise click.ClickException(f"{file}:\n{error}") from error


def engine_of(file: Path | None, management: str | None) -> Engine:
    """Make the engine of a policy."""
    policy = policy_of(file, management)
    return Engine(management=policy.profile.name, overrides=policy.overrides)


def replayer_of(file: Path | None, management: str | None) -> Replayer:
    """Say by which policy journals are replayed; another than a journal's own is told."""
    site = None if file is None else partial(_overrides, file)
    return Replayer(partial(click.echo, err=True), management, site)


def _overrides(file: Path, management: str) -> Mapping[str, Value]:
    return policy_of(file, management).overrides
