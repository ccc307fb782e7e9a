"""`tidegate run`: guard streams until told to stop."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  tidegate run --recovery-dir ./recovery                     Kafka to Kafka
  KAFKA_BOOTSTRAP_SERVERS=kafka:9092 tidegate run --policy mine.yaml --workers 4 \\
      --recovery-dir /var/lib/tidegate/recovery
  tidegate run --input chunks.jsonl --output out.jsonl       files, no broker
  producer | tidegate run --input - --output - | reader      pipes, no broker

\b
SIGTERM and Ctrl-C stop cleanly: a last snapshot is written, and the next run goes on from it.
Input lines are events of the topic `chunks`; output lines are {"topic": ..., "value": ...}."""


def run(
    *,
    policy: Annotated[
        str | None,
        typer.Option(
            envvar="TIDEGATE_POLICY",
            metavar="POLICY,...",
            help="'default' or a policy file; further ones for streams that name them.",
        ),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", metavar="FILE|-", help="Read chunk events here, not from Kafka."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="FILE|-", help="Write verdicts, audit and dead letters."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Threads that guard streams.")] = 1,
    recovery_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="TIDEGATE_RECOVERY_DIR",
            file_okay=False,
            help="Where snapshots are kept; without it a restart loses what is held.",
        ),
    ] = None,
    epoch_s: Annotated[
        float, typer.Option(min=0.01, max=3600, help="Seconds between snapshots.")
    ] = 10.0,
) -> None:
    """Guard streams: chunks in; verdicts, audit records and dead letters out."""
    from connectors.settings import GuardSettings, split_policies
    from flows.exits import UsageError
    from flows.kafka import load_plans
    from flows.runtime import run as run_flow

    if (input_ is None) != (output is None):
        missing = "--output" if output is None else "--input"
        raise UsageError(f"--input and --output belong together; add {missing} FILE, or '-'")
    settings = GuardSettings.from_env(os.environ)
    plans = load_plans(settings._replace(policies=split_policies(policy)) if policy else settings)
    stop = threading.Event()
    recovery = recovery_dir is not None
    if input_ is not None and output is not None:
        from connectors.replay import LineSink, LineSource
        from flows.guard import build

        source, sink = LineSource(input_, stop=stop), LineSink(output)
        flow = build(source, sink, plans, recovery=recovery)
    else:
        from connectors.kafka.settings import KafkaSettings
        from flows.kafka import build_kafka

        kafka = KafkaSettings.from_env(os.environ)
        flow = build_kafka(kafka, plans, stop=stop, workers=workers, recovery=recovery)
    run_flow(flow, stop, workers=workers, recovery_dir=recovery_dir, epoch_s=epoch_s)
