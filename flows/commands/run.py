"""`tidegate run`: guard streams until told to stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import EpochS, MetricsPort, Partitions

if TYPE_CHECKING:
    from flows.runtime import Member

EPILOG = """\b
Examples:
  tidegate run --recovery-dir ./recovery                     Kafka to Kafka
  KAFKA_BOOTSTRAP_SERVERS=kafka:9092 tidegate run --policy mine.yaml --workers 4 \\
      --recovery-dir /var/lib/tidegate/recovery
  tidegate run --partitions 0-3 --recovery-dir ./recovery-0  one of several processes
  tidegate run --input chunks.jsonl --output out.jsonl       files, no broker
  producer | tidegate run --input - --output - | reader      pipes, no broker

\b
SIGTERM and Ctrl-C stop cleanly: a last snapshot is written, and the next run goes on from it.
More than one process: see docs/scaling.md and `tidegate supervise`.
Input lines are events of the topic `chunks`; output lines are {"topic": ..., "value": ...}."""


def run(
    *,
    policy: Annotated[
        str | None,
        typer.Option(
            envvar="TIDEGATE_POLICY",
            metavar="POLICY,...",
            help="A shipped policy or a file; further ones for streams that name them.",
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
    epoch_s: EpochS = 10.0,
    partitions: Partitions = None,
    metrics_port: MetricsPort = None,
    process: Annotated[
        int | None,
        typer.Option(
            envvar="TIDEGATE_PROCESS",
            min=0,
            help="Which of --addresses is this process; the first is 0.",
        ),
    ] = None,
    addresses: Annotated[
        str | None,
        typer.Option(
            envvar="TIDEGATE_ADDRESSES",
            metavar="HOST:PORT,...",
            help="All processes of one Bytewax cluster, the same list for each.",
        ),
    ] = None,
) -> None:
    """Guard streams: chunks in; verdicts, audit records and dead letters out."""
    from connectors.stopping import Stop, stop_on_leash, stop_on_signals

    stop = Stop()
    with stop_on_signals(stop):
        stop_on_leash(stop, os.environ)
        # Imports and policies take seconds, and a stop need not wait for them.
        from connectors.metrics.endpoint import LOOPBACK, serve_metrics
        from connectors.metrics.guard import GuardMetrics
        from connectors.settings import GuardSettings, split_policies
        from flows.kafka import load_plans
        from flows.policies import follow_policies
        from flows.runtime import run as run_flow

        member = _member(process, addresses)
        settings = GuardSettings.from_env(os.environ)
        if policy:
            settings = settings._replace(policies=split_policies(policy))
        recovery = recovery_dir is not None
        metrics = GuardMetrics() if metrics_port is not None else None
        kafka, writers = None, 1
        if _reads_lines(input_, output, partitions, member):
            from connectors.recovery import Owner
            from connectors.replay import LineSink, LineSource
            from flows.embedded import compose

            plans = load_plans(settings)
            source, sink = LineSource(str(input_), stop=stop), LineSink(str(output))
            flow = compose(
                *(source, sink, plans),
                environ=os.environ,
                stop=stop,
                recovery=recovery,
                observer=metrics,
                topics_dir=None if recovery_dir is None else recovery_dir / "topics",
            )
            owner = Owner(flow.flow_id, "lines")
        else:
            from connectors.recovery import most_writers
            from flows.kafka import GUARD_INPUTS, build_kafka, kafka_settings, owner_of

            kafka = kafka_settings(os.environ, partitions)
            plans = load_plans(settings)
            total = workers * (len(member.addresses) if member else 1)
            writers = most_writers(recovery_dir, total)
            flow = build_kafka(
                *(kafka, plans), stop=stop, writers=writers, recovery=recovery, observer=metrics
            )
            owner = owner_of(flow, kafka, GUARD_INPUTS)
        with serve_metrics(metrics_port, os.environ.get("TIDEGATE_METRICS_HOST") or LOOPBACK):
            run_flow(
                *(flow, stop),
                workers=workers,
                recovery_dir=recovery_dir,
                epoch_s=epoch_s,
                owner=owner,
                writers=writers,
                member=member,
                beside=follow_policies(
                    plans, settings.policies, kafka=kafka, recovery_dir=recovery_dir
                ),
            )


def _member(process: int | None, addresses: str | None) -> Member | None:
    from flows.exits import UsageError
    from flows.runtime import Member

    if process is None and addresses is None:
        return None
    listed = tuple(address.strip() for address in (addresses or "").split(",") if address.strip())
    if process is None or process >= len(listed):
        got = "nothing" if process is None else str(process)
        raise UsageError(
            f"--process: expected which of the {len(listed)} --addresses is this process, counted"
            f" from 0, got {got}; give both, or neither"
        )
    return Member(process, listed)


def _reads_lines(
    input_: str | None, output: str | None, partitions: str | None, member: Member | None
) -> bool:
    """Whether the input is a file or a pipe. Raises UsageError for options that do not go along."""
    from flows.exits import UsageError

    if (input_ is None) != (output is None):
        missing = "--output" if output is None else "--input"
        raise UsageError(f"--input and --output belong together; add {missing} FILE, or '-'")
    if input_ is not None and (partitions is not None or member is not None):
        raise UsageError(
            "--partitions, --process and --addresses are for Kafka; leave them out with --input"
        )
    return input_ is not None
