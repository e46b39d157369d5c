"""`stormwatch watch`: grades on every event."""

import click

from stream.clinical.engine import Engine
from stream.clinical.expected import Expected
from stream.expected_file import ExpectedError, ExpectedFile, read_expected
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
        expected = expected_of(settings).value
        run_worker(settings, lambda _: _work(expected, settings))
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error
    except ExpectedError as error:
        raise click.ClickException(f"STORMWATCH_EXPECTED:\n{error}") from error


def expected_of(settings: Settings) -> ExpectedFile:
    """Return how often data have to come here; raise ExpectedError."""
    return ExpectedFile() if settings.expected is None else read_expected(settings.expected)


def _work(expected: Expected, settings: Settings) -> Work:
    """Grade, and write a journal of it if one is asked for."""
    under = {"management": settings.management, "paging_policy": settings.paging_policy}
    grading = Grading(Engine(**under, expected=expected))
    if settings.journal is None:
        return grading
    head = head_of(**under, expected=expected)
    limit_bytes = settings.journal_mb * 1_000_000
    return Journaled(grading, Journal(settings.journal, limit_bytes=limit_bytes, head=head))
