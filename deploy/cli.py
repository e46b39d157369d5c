"""The command `stormwatch`: each subcommand is loaded only when it is asked for."""

from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

COMMANDS: Final = MappingProxyType(
    {
        "ack": "deploy.ack:ack",
        "broker": "deploy.broker.commands:broker",
        "demo": "deploy.demo:demo",
        "load": "deploy.load:load",
        "page": "deploy.page:page",
        "replay": "deploy.replay:replay",
        "schema": "deploy.schema:schema",
        "topics": "deploy.topics_job:topics",
        "validate": "deploy.validate:validate",
        "watch": "deploy.watch:watch",
    }
)


class LazyGroup(click.Group):
    """Imports a subcommand when it is named: a replay need not load Faust, a worker no Java."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, the signature is click's
        """Name every subcommand, without importing one."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the subcommand that is asked for."""
        if (target := COMMANDS.get(cmd_name)) is None:
            return None
        module, name = target.split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup)
@click.version_option(package_name="stormwatch")
def main() -> None:
    """Watch patients after CAR-T infusion and page the rapid-response team."""


if __name__ == "__main__":
    main()
