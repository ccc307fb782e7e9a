"""The guard flow: chunks in, verdicts, audit records and dead letters out.

python -m bytewax.run flows.guard                     # settings from the environment
tidegate run --recovery-dir /var/lib/tidegate/recovery
"""

from __future__ import annotations

from collections.abc import Callable, Set
from functools import partial
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from connectors.clock import steady_ms
from guardrails.events import DeadLetter
from guardrails.plans import Plans
from guardrails.records import Clock, Output, Record
from operators.answers import decode_answers
from operators.decode import decode
from operators.guard import Observer, guard
from operators.route import route


def build(
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Output]],
    plans: Plans,
    topic: Callable[[str], str] = str,
    *,
    answers: Source[Record | Clock] | None = None,
    questions: Sink[tuple[str, Output]] | None = None,
    recovery: bool = True,
    observer: Observer | None = None,
) -> Dataflow:
    """Wire the flow.

    topic: full name of a topic. answers: reads `results`; None where no policy has checks.
    questions: takes what is for `checks` and `results`, where that goes elsewhere than the rest.
    recovery: whether state will be saved. observer: is told what leaves the guard.
    """
    flow = Dataflow("tidegate_guard")
    decoded = decode("decode", op.input("chunks", flow, source))
    items, errs = decoded.oks, decoded.errs
    if answers is not None:
        answered = decode_answers("decode_answers", op.input("results", flow, answers))
        items = op.merge("items", items, answered.oks)
        errs = op.merge("errs", errs, answered.errs)
    if observer is not None:
        errs = op.inspect("refused", errs, partial(_refuse, observer))
    events = guard(
        *("guard", items, plans), recovery=recovery, observer=observer, clock_ms=steady_ms
    )
    routed = route("route", events, errs, topic)
    outputs = routed.outputs
    if questions is not None:
        names = {topic("checks"), topic("results")}
        asked = op.branch("asks", outputs, partial(_is_of, names))
        op.output("questions", asked.trues, questions)
        outputs = asked.falses
    op.output("records", outputs, sink)
    return flow


def _refuse(observer: Observer, _step_id: str, letter: DeadLetter) -> None:
    observer.refuse(letter)


def _is_of(topics: Set[str], item: tuple[str, Output]) -> bool:
    return item[1].topic in topics


def __getattr__(name: str) -> Any:
    """Build `flow` from the environment when Bytewax asks this module for it."""
    if name != "flow":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import os

    from flows.kafka import build_from_environment

    return build_from_environment(os.environ)
