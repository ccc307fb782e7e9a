"""The checks flow: what the guard asks about is run, and its results go back.

tidegate checks --recovery-dir /var/lib/tidegate/checks
"""

from __future__ import annotations

from collections.abc import Callable

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

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
