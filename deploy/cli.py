"""The command `stormwatch`: each subcommand is loaded only when it is asked for."""

from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

COMMANDS: Final = MappingProxyType(
    {  # the function of each, and what it does in a line
        "ack": ("deploy.ack:ack", "Say that somebody has an alert."),
        "answer": ("deploy.answer.command:answer", "Serve the links by which people answer pages."),
        "alerts": ("deploy.status.alerts:alerts", "List what is open, and who has it."),
        "broker": ("deploy.broker.commands:broker", "Run Apache Kafka from Python packages alone."),
        "demo": ("deploy.demo:demo", "Stream published cases through a real Kafka, and page."),
        "explain": ("deploy.explain:explain", "Say how an alert came about, line by line."),
        "load": ("deploy.load:load", "Play replay files onto the topics."),
        "page": ("deploy.page:page", "Page: alert lines in, pages out."),
        "policy": ("deploy.policy_command:policy", "Read, check and compare a site's thresholds."),
        "probe": ("deploy.probe.command:probe", "Find out whether pages arrive and feeds come."),
        "replay": ("deploy.replay:replay", "Run the engine over replay files, with no broker."),
        "route": ("deploy.route:route", "Say who is told of what, and when."),
        "schema": ("deploy.schema:schema", "Export the schemas of all topics."),
        "simulate": ("deploy.simulate.command:simulate", "Write a replay file of a made-up ward."),
        "sinks": ("deploy.sinks_command:sinks", "Check and try the gateways that page."),
        "status": ("deploy.status.command:status", "Show what is known now, sickest first."),
        "topics": ("deploy.topics_job:topics", "Make and check the topics."),
        "validate": ("deploy.validate:validate", "Check replay files line by line."),
        "watch": ("deploy.watch:watch", "Watch: events in, alerts and status out."),
    }
)


class LazyGroup(click.Group):
    """Imports a subcommand when it is named: a replay need not load Faust, a worker no Java."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, click's signature
        """Name every subcommand, without importing one."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the subcommand that is asked for."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Say what each subcommand does, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup)
@click.version_option(package_name="stormwatch")
def main() -> None:
    """Watch patients after CAR-T infusion and page the rapid-response team."""


if __name__ == "__main__":
    main()
