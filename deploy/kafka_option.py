"""The option that names the brokers, the same for every command that needs them."""

import click

kafka_option = click.option(
    "--kafka",
    envvar="STORMWATCH_KAFKA",
    show_envvar=True,
    required=True,
    help="Brokers: host:port,…",
)
