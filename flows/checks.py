"""The checks flow: what the guard asks about is run, and its results go back.

tidegate checks --recovery-dir /var/lib/tidegate/checks
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from connectors.checks.checkers import find_missing
from connectors.checks.runner import Runner
from connectors.checks.settings import ChecksSettings
from connectors.checks.sink import Launch
from connectors.metrics.checks import ChecksMetrics
from guardrails.errors import ConnectorError
from guardrails.events import CheckResult
from guardrails.job import Job
from guardrails.plans import Plans
from guardrails.records import Clock, Output, Record
from operators.assemble import assemble


def build(
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Job | Output]],
    plans: Plans,
    topic: Callable[[str], str] = str,
) -> Dataflow:
    """Wire the flow. topic: full name of a topic."""
    flow = Dataflow("tidegate_checks")
    connect(flow, source, sink, plans, topic)
    return flow


def launcher(environ: Mapping[str, str], metrics: ChecksMetrics | None = None) -> Launch:
    """Return what starts a runner. environ: secrets, and the bounds TIDEGATE_RUNNER_*."""
    limits = ChecksSettings.from_env(environ)

    def launch(results: Callable[[Job, CheckResult], None]) -> Runner:
        runner = Runner(results, environ, limits)
        if metrics is not None:
            metrics.add(runner)
        return runner

    return launch


def require_checks(plans: Plans, environ: Mapping[str, str]) -> None:
    """Raise ConnectorError naming what the checks of the policies need and is not there."""
    missing = list(find_missing(plans.check_settings, environ))
    if missing:
        raise ConnectorError("checks cannot run: " + "; ".join(dict.fromkeys(missing)))


def connect(
    flow: Dataflow,
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Job | Output]],
    plans: Plans,
    topic: Callable[[str], str] = str,
) -> None:
    """Wire the steps into a flow that has others, too."""
    made = assemble("assemble", op.input("checks", flow, source), plans, topic)
    op.output("run", op.merge("runs", made.jobs, made.answers), sink)
