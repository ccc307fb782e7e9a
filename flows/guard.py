"""The guard flow: chunks in, verdicts, audit records and dead letters out.

python -m bytewax.run flows.guard                     # settings from the environment
tidegate run --recovery-dir /var/lib/tidegate/recovery
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from guardrails.plans import Plans
from guardrails.records import Clock, Output, Record
from operators.decode import decode
from operators.guard import guard
from operators.route import route


def build(
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Output]],
    plans: Plans,
    topic: Callable[[str], str] = str,
    *,
    recovery: bool = True,
) -> Dataflow:
    """Wire the flow. topic: full name of a topic. recovery: whether state will be saved."""
    flow = Dataflow("tidegate_guard")
    records = op.input("chunks", flow, source)
    decoded = decode("decode", records)
    events = guard("guard", decoded.oks, plans, recovery=recovery)
    routed = route("route", events, decoded.errs, topic)
    op.output("records", routed.outputs, sink)
    return flow


def __getattr__(name: str) -> Any:
    """Build `flow` from the environment when Bytewax asks this module for it."""
    if name != "flow":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import os

    from flows.kafka import build_from_environment

    return build_from_environment(os.environ)
