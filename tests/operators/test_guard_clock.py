"""A question that nobody answers: given up in the log of answers, and counted from there."""

from __future__ import annotations

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

from guardrails.check import GRACE_MS
from guardrails.events import CheckRequest, CheckResult, Chunk
from guardrails.plans import Plans
from guardrails.records import Output, Record
from operators.guard import guard
from operators.items import AnswersClock, Arrival
from operators.route import route
from tests.plans import Checked, plan_of

CHECK = Checked("toxic")


def run(*items: object, clock_ms: float) -> list[Output]:
    flow, seen = Dataflow("test"), []
    source = TestingSource([("3/0", item) for item in items])
    events = guard(
        *("guard", op.input("in", flow, source), Plans(plan_of(CHECK))), clock_ms=lambda: clock_ms
    )
    none = op.input("none", flow, TestingSource([]))
    routed = route("route", events, none, "t.{}".format)
    op.output("out", routed.outputs, TestingSink(seen))
    run_main(flow)
    return [output for _, output in seen]


def arrival() -> Arrival:
    record = Record("chunks", 3, 0, 77, b"s", b"raw")
    return Arrival(Chunk("s", 0, "One.", final=True), record)


def test_a_question_nobody_answers_is_given_up_in_the_log_of_answers_of_its_partition() -> None:
    due_ms = 1_000_000 + CHECK.deadline_ms + GRACE_MS
    outputs = run(arrival(), AnswersClock(due_ms), clock_ms=1_000_000)
    asked = [one for one in outputs if one.topic == "t.checks"]
    (given_up,) = [one for one in outputs if one.topic == "t.results"]
    result = msgspec.json.decode(given_up.value, type=CheckResult)
    request = msgspec.json.decode(asked[-1].value, type=CheckRequest)
    assert (result.id, result.status) == (request.id, "timed_out")
    assert (given_up.key, given_up.partition) == (b"s", 3)


def test_it_is_not_given_up_before_its_deadline_by_the_clock_it_was_asked_at() -> None:
    due_ms = 1_000_000 + CHECK.deadline_ms + GRACE_MS
    outputs = run(arrival(), AnswersClock(due_ms - 1), clock_ms=1_000_000)
    assert not [one for one in outputs if one.topic == "t.results"]
