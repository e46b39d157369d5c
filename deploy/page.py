"""`stormwatch page`: alert lines in, pages out."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import click

from alerts.policy import Policy
from alerts.routing import through
from alerts.sinks import Sink
from alerts.sinks.console import ConsoleSink
from alerts.sinks.webhook import WebhookSink
from stream.ending import end_process
from stream.paging import Paging, utc_now
from stream.rotas import Calendars
from stream.routes_file import RoutesError, read_routes
from stream.settings import Settings, SettingsError, load_settings
from stream.worker import CannotStartError, run_worker


@click.command()
def page() -> None:
    """Page people about alerts, on this console and by signed webhook.

    Settings come from the environment, STORMWATCH_KAFKA=host:port,... first of all; the webhook is
    STORMWATCH_WEBHOOK_URL with STORMWATCH_WEBHOOK_SECRET, and STORMWATCH_ROUTES
    says who is told. `stormwatch ack` answers.
    """
    try:
        settings = load_settings("page")
        sinks = sinks_of(settings)
        policy, calendars = routed(settings, sinks)
        run_worker(
            settings,
            lambda produce: Paging(
                policy, sinks, produce=produce, end_process=end_process, calendars=calendars
            ),
        )
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error
    except RoutesError as error:
        raise click.ClickException(f"STORMWATCH_ROUTES:\n{error}") from error


def routed(settings: Settings, sinks: Collection[str]) -> tuple[Policy, Calendars | None]:
    """Return who is told, and the calendars that say who has duty; raise RoutesError."""
    if settings.routes is None:
        return Policy(through(*sinks)), None
    routes = read_routes(settings.routes)
    policy = routes.policy(sinks)
    calendars = Calendars(routes, utc_now)
    rotas = asyncio.run(calendars.read())
    return replace(policy, routing=replace(policy.routing, rotas=rotas)), calendars


def sinks_of(settings: Settings) -> Mapping[str, Sink]:
    """Return the gateways that are configured, by name; the console always is."""
    sinks: list[Sink] = [ConsoleSink()]
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        secret = settings.webhook_secret.get_secret_value()
        timeout_s = settings.webhook_timeout_s
        sinks.append(WebhookSink(settings.webhook_url, secret, timeout_s=timeout_s))
    return {sink.name: sink for sink in sinks}
