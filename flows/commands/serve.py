"""`tidegate serve`: the gateway, with a guard in the same process or in front of Kafka."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  tidegate serve                                   a gateway and a guard on http://127.0.0.1:8080
  tidegate serve --data-dir ./gateway              streams survive a restart
  tidegate serve --policy mine.yaml,strict --port 9000
  KAFKA_BOOTSTRAP_SERVERS=kafka:9092 tidegate serve --kafka      beside `tidegate run`

\b
Without API keys or tokens it serves everybody, and only on this machine: docs/auth.md says how to
open it to others. docs/gateway.md describes the API; GET /openapi.json is the same for machines.
SIGTERM and Ctrl-C stop it cleanly: event streams end, and clients come back to the next one."""


def serve(
    *,
    policy: Annotated[
        str | None,
        typer.Option(
            envvar="TIDEGATE_POLICY",
            metavar="POLICY,...",
            help="A shipped policy or a file; further ones for streams that name them. With "
            "--kafka: those of the guards.",
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(envvar="TIDEGATE_GATEWAY_HOST", help="Address to listen on. [127.0.0.1]"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="TIDEGATE_GATEWAY_PORT", min=0, max=65_535, help="Port; 0: a free one. [8080]"
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="TIDEGATE_GATEWAY_DATA_DIR",
            file_okay=False,
            help="Where streams are kept, so that a restart goes on with them.",
        ),
    ] = None,
    events_file: Annotated[
        Path | None,
        typer.Option(
            envvar="TIDEGATE_GATEWAY_EVENTS_FILE",
            dir_okay=False,
            metavar="FILE",
            help="Write the events of all streams there, a line of JSON each.",
        ),
    ] = None,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="The guard runs elsewhere: talk to it over Kafka.")
    ] = False,
) -> None:
    """Guard streams over HTTP: REST, server-sent events, WebSocket."""
    from connectors.stopping import Stop, stop_on_leash, stop_on_signals

    stop = Stop()
    with stop_on_signals(stop):
        stop_on_leash(stop, os.environ)
        # Imports and policies take seconds, and a stop need not wait for them.
        from connectors.metrics.checks import ChecksMetrics
        from connectors.metrics.guard import GuardMetrics
        from connectors.settings import GuardSettings, split_policies
        from flows.gateway import Embedded, serve_kafka
        from flows.kafka import kafka_settings, load_plans

        environ = dict(os.environ)
        given = {"HOST": host, "PORT": port, "DATA_DIR": data_dir, "EVENTS_FILE": events_file}
        environ |= {f"TIDEGATE_GATEWAY_{k}": str(v) for k, v in given.items() if v is not None}
        settings = GuardSettings.from_env(environ)
        if policy:
            settings = settings._replace(policies=split_policies(policy))
        if kafka:
            plans = load_plans(settings)
            serve_kafka(kafka_settings(environ, None), plans, environ, stop, started=_say)
            return
        plans = load_plans(settings, events=True)
        with Embedded(
            *(plans, environ, stop),
            policies=settings.policies,
            metrics=GuardMetrics(),
            checks_metrics=ChecksMetrics(),
        ) as gateway:
            _say(gateway.url)
            gateway.run()


def _say(url: str) -> None:
    typer.echo(f"Tidegate listens on {url}", err=True)
