"""`stormwatch watch`: grades on every event."""

import click

from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.settings import SettingsError, load_settings
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
        run_worker(settings, lambda _: Grading(engine))
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error
