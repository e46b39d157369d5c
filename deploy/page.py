"""`stormwatch page`: alert lines in, pages out."""

from collections.abc import Mapping

import click

from alerts.policy import Policy
from alerts.routing import through
from alerts.sinks import Sink
from alerts.sinks.console import ConsoleSink
from alerts.sinks.webhook import WebhookSink
from stream.ending import end_process
from stream.paging import Paging
from stream.settings import Settings, SettingsError, load_settings
from stream.worker import CannotStartError, run_worker


@click.command()
def page() -> None:
    """Page people about alerts, on this console and by signed webhook.

    Settings come from the environment, STORMWATCH_KAFKA=host:port,... first of all; the webhook is
    STORMWATCH_WEBHOOK_URL with STORMWATCH_WEBHOOK_SECRET. `stormwatch ack` answers.
    """
    try:
        settings = load_settings("page")
        sinks = sinks_of(settings)
        policy = Policy(through(*sinks))
        run_worker(
            settings,
            lambda produce: Paging(policy, sinks, produce=produce, end_process=end_process),
        )
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error


def sinks_of(settings: Settings) -> Mapping[str, Sink]:
    """Return the gateways that are configured, by name; the console always is."""
    sinks: list[Sink] = [ConsoleSink()]
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        secret = settings.webhook_secret.get_secret_value()
        timeout_s = settings.webhook_timeout_s
        sinks.append(WebhookSink(settings.webhook_url, secret, timeout_s=timeout_s))
    return {sink.name: sink for sink in sinks}
