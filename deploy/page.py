"""`stormwatch page`: alert lines in, pages out."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import click

from alerts.built_in import through
from alerts.links import Links
from alerts.policy import Policy
from alerts.routing import LOOP_BACK
from alerts.sinks import Sink
from alerts.sinks.console import ConsoleSink
from alerts.sinks.linked import LinkedSink
from alerts.sinks.loop_back import LoopBackSink
from alerts.sinks.webhook import WebhookSink
from deploy.sinks_file import SinksError, read_sinks
from stream.addresses import keys_of
from stream.ending import end_process
from stream.paging import Paging, utc_now
from stream.rotas import Calendars
from stream.routes_file import RoutesError, read_routes
from stream.settings import Settings, SettingsError, load_settings
from stream.worker import CannotStartError, run_worker


@click.command()
def page() -> None:
    """Page people about alerts: on this console, and through the gateways of the site.

    Settings come from the environment, STORMWATCH_KAFKA=host:port,... first of all; the webhook is
    STORMWATCH_WEBHOOK_URL with STORMWATCH_WEBHOOK_SECRET, STORMWATCH_SINKS lists other gateways and
    STORMWATCH_ROUTES says who is told. `stormwatch ack` answers.
    """
    try:
        settings = load_settings("page")
        sinks = sinks_of(settings)
        policy, calendars = routed(settings, sinks)
        run_worker(
            settings,
            lambda produce: Paging(
                policy,
                {**sinks, LOOP_BACK: LoopBackSink()},
                produce=produce,
                end_process=end_process,
                calendars=calendars,
            ),
        )
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error
    except SinksError as error:
        raise click.ClickException(f"STORMWATCH_SINKS:\n{error}") from error
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
    """Return the gateways that are configured, by name; the console always is. Raise SinksError."""
    sinks: list[Sink] = [ConsoleSink()]
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        secret = settings.webhook_secret.get_secret_value()
        timeout_s = settings.webhook_timeout_s
        sinks.append(WebhookSink(settings.webhook_url, secret, timeout_s=timeout_s))
    of_file = {} if settings.sinks is None else read_sinks(settings.sinks)
    every = {sink.name: sink for sink in (*sinks, *of_file.values())}
    if (links := links_of(settings)) is None:
        return every
    lasts = timedelta(hours=settings.answer_link_h)
    return {name: LinkedSink(sink, links, lasts) for name, sink in every.items()}


def links_of(settings: Settings) -> Links | None:
    """Return what signs and reads the links of the site; None where it has none."""
    if settings.answer_url is None or settings.answer_keys is None:
        return None
    return Links(settings.answer_url, keys_of(settings.answer_keys.get_secret_value()))
