"""`stormwatch watch`: grades on every event."""

import click

from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.journal import Journal, Journaled, head_of
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
        engine = Engine(management=settings.management, paging_policy=settings.paging_policy)
        run_worker(settings, lambda _: _work(engine, settings))
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error


def _work(engine: Engine, settings: Settings) -> Work:
    """Grade, and write a journal of it if one is asked for."""
    grading = Grading(engine)
    if settings.journal is None:
        return grading
    head = head_of(settings.management, settings.paging_policy)
    limit_bytes = settings.journal_mb * 1_000_000
    return Journaled(grading, Journal(settings.journal, limit_bytes=limit_bytes, head=head))
