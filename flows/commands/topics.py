"""`tidegate topics`: put the topics in place."""

from __future__ import annotations

import os
from typing import Annotated

import typer

app = typer.Typer(
    help="Put the Kafka topics in place.", no_args_is_help=True, rich_markup_mode=None
)

EPILOG = """\b
Examples:
  tidegate topics create
  tidegate topics create --partitions 16 --replicas 3
  KAFKA_BOOTSTRAP_SERVERS=kafka:9092 TIDEGATE_TOPIC_PREFIX=dev. tidegate topics create"""


@app.callback()
def _topics() -> None:
    """Put the Kafka topics in place."""


@app.command(epilog=EPILOG)
def create(
    partitions: Annotated[
        int,
        typer.Option(
            min=1,
            max=10_000,
            help="Of every topic. Fixed for good: a stream's chunks stay in one partition.",
        ),
    ] = 8,
    replicas: Annotated[
        int, typer.Option(min=-1, max=100, help="Copies of each; -1 takes the broker's default.")
    ] = -1,
) -> None:
    """Create the topics that are missing. Safe to repeat: existing ones are left as they are."""
    from connectors.kafka.client import open_client
    from connectors.kafka.settings import KafkaSettings
    from connectors.kafka.topics import create_topics, topic_specs

    settings = KafkaSettings.from_env(os.environ)
    specs = topic_specs(settings, partitions, replicas)
    admin = open_client(settings).admin()
    try:
        created = create_topics(admin, specs)
    finally:
        admin.close()
    for spec in specs:
        state = "created" if spec.name in created else "exists"
        typer.echo(f"{state}  {spec.name}  {spec.partitions} partitions")
