"""`stormwatch watch`: grades on every event."""

import click

from stream.clinical.engine import Engine
from stream.clinical.policies.thresholds import PolicyError
from stream.grading import Grading
from stream.journal import Journal, Journaled, head_of
from stream.policy_file import SitePolicy, read_signed_policy
from stream.runs import Work
from stream.settings import Settings, SettingsError, load_settings
from stream.worker import CannotStartError, run_worker


@click.command()
def watch() -> None:
    """Watch the patients: read events, keep their state, raise alerts.

    Settings come from the environment, STORMWATCH_KAFKA=host:port,... first of all; the rest is in
    docs/operators.md.
    """
    try:
        settings = load_settings("watch")
        policy = read_signed_policy(settings.policy, settings.management)
        run_worker(settings, lambda _: _work(policy, settings))
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error
    except PolicyError as error:
        raise click.ClickException(f"STORMWATCH_POLICY:\n{error}") from error


def _work(policy: SitePolicy, settings: Settings) -> Work:
    """Grade, and write a journal of it if one is asked for."""
    engine = Engine(
        management=settings.management,
        paging_policy=settings.paging_policy,
        overrides=policy.overrides,
    )
    grading = Grading(engine)
    if settings.journal is None:
        return grading
    head = head_of(engine)
    limit_bytes = settings.journal_mb * 1_000_000
    return Journaled(grading, Journal(settings.journal, limit_bytes=limit_bytes, head=head))
