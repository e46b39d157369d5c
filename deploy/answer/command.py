"""`stormwatch answer`: serves the links in pages, and the webhooks of gateways."""

import asyncio
import logging
import signal

import click
from aiohttp import web
from pydantic import SecretStr

from alerts.policy import Policy
from deploy import answering
from deploy.answer.board import Board
from deploy.answer.service import Secrets, Service
from deploy.beating import beat
from deploy.page import links_of, routed, sinks_of
from deploy.sinks_file import SinksError
from stream import logs, metrics
from stream.health import Health
from stream.routes_file import RoutesError
from stream.settings import Settings, SettingsError, load_settings
from stream.worker import CannotStartError, check_topics, serve_metrics

log = logging.getLogger("stormwatch.answer")


@click.command()
def answer() -> None:
    """Serve the links by which people answer pages, and the webhooks of PagerDuty and GoAlert.

    Give it the settings of `stormwatch page`, of which STORMWATCH_ANSWER_URL and
    STORMWATCH_ANSWER_KEYS are needed. It listens without TLS, on this machine alone unless told
    otherwise: put a proxy with TLS before it. Any number of them may run.
    """
    try:
        settings = load_settings("answer")
        if links_of(settings) is None:
            raise click.ClickException("STORMWATCH_ANSWER_URL: is missing: links begin with it")
        policy, _ = routed(settings, sinks_of(settings))
        logs.configure(settings)
        check_topics(settings)
        health = Health()
        serve_metrics(settings, health)
        for outcome in ("written", "not_written"):
            metrics.ANSWERS.labels(outcome)
        asyncio.run(serve(settings, policy, health))
    except (SettingsError, CannotStartError, SinksError, RoutesError) as error:
        raise click.ClickException(str(error)) from error


async def serve(settings: Settings, policy: Policy, health: Health) -> None:
    """Serve until SIGTERM, or until what follows the topics fails."""
    board, ended = Board(), asyncio.Event()
    links = links_of(settings)
    if links is None:
        raise TypeError(settings.role)  # checked before
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, ended.set)
    secrets = Secrets(_secret(settings.answer_pagerduty), _secret(settings.answer_goalert))
    async with answering.writing(settings.kafka) as write:
        service = Service(board, links, policy, write, secrets)
        runner = web.AppRunner(service.app(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, settings.answer_host, settings.answer_port).start()
        log.info("answers_served port=%s", runner.addresses[0][1])
        beating = asyncio.create_task(beat(health, board.ready))
        follow = asyncio.create_task(board.follow(settings.kafka))
        follow.add_done_callback(lambda _: ended.set())
        await ended.wait()
        await runner.cleanup()
        if follow.done():
            follow.result()  # what failed ends the process, and a supervisor starts it again
        follow.cancel()
        beating.cancel()


def _secret(setting: SecretStr | None) -> str | None:
    return None if setting is None else setting.get_secret_value()
