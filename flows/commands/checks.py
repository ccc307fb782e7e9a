"""`tidegate checks`: run what the guard asks about until told to stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import EpochS, MetricsPort, Partitions

EPILOG = """\b
Examples:
  tidegate checks --recovery-dir ./checks-recovery
  tidegate checks --policy mine.yaml --workers 2 --recovery-dir /var/lib/tidegate/checks

\b
Runs beside `tidegate run`, with the same policies: that one publishes text and questions, this one
runs the checks (local models, LLM judges, HTTP guardrails) and answers. It may stand still without
disturbing the guard: what holds text back fails closed at its deadline, what watches fails open.
SIGTERM and Ctrl-C stop cleanly; what is in flight is run again by the next start."""


def checks(
    *,
    policy: Annotated[
        str | None,
        typer.Option(
            envvar="TIDEGATE_POLICY",
            metavar="POLICY,...",
            help="The policies the guard runs with: shipped ones or files.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Threads, with one runner.")] = 1,
    recovery_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="TIDEGATE_CHECKS_RECOVERY_DIR",
            file_okay=False,
            help="Where snapshots are kept; without it a restart loses what is in flight.",
        ),
    ] = None,
    epoch_s: EpochS = 10.0,
    partitions: Partitions = None,
    metrics_port: MetricsPort = None,
) -> None:
    """Run checks: questions in; answers out."""
    from connectors.stopping import Stop, stop_on_leash, stop_on_signals

    stop = Stop()
    with stop_on_signals(stop):
        stop_on_leash(stop, os.environ)
        # Imports and policies take seconds, and a stop need not wait for them.
        from connectors.metrics.checks import ChecksMetrics
        from connectors.metrics.endpoint import LOOPBACK, serve_metrics
        from connectors.settings import GuardSettings, split_policies
        from flows.kafka import CHECKS_INPUTS, build_checks, kafka_settings, load_plans, owner_of
        from flows.policies import follow_policies
        from flows.runtime import run as run_flow

        settings = GuardSettings.from_env(os.environ)
        kafka = kafka_settings(os.environ, partitions)
        if policy:
            settings = settings._replace(policies=split_policies(policy))
        plans = load_plans(settings)
        metrics = ChecksMetrics() if metrics_port is not None else None
        flow = build_checks(kafka, plans, environ=os.environ, stop=stop, metrics=metrics)
        with serve_metrics(metrics_port, os.environ.get("TIDEGATE_METRICS_HOST") or LOOPBACK):
            run_flow(
                *(flow, stop),
                workers=workers,
                recovery_dir=recovery_dir,
                epoch_s=epoch_s,
                owner=owner_of(flow, kafka, CHECKS_INPUTS),
                beside=follow_policies(
                    plans, settings.policies, kafka=kafka, recovery_dir=recovery_dir
                ),
            )
