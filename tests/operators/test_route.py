"""Encoding events for their topics."""

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

from guardrails.events import Audit, DeadLetter, Verdict
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.session import Session
from operators.route import route


def run_route(events, letters):
    flow = Dataflow("route")
    out = []
    routed = route(
        "route",
        op.input("events", flow, TestingSource(events)),
        op.input("letters", flow, TestingSource(letters)),
        "tidegate.{}".format,
    )
    op.output("out", routed.outputs, TestingSink(out))
    run_main(flow)
    return [output for _, output in out]


def letter(key: bytes | None) -> DeadLetter:
    return DeadLetter("chunks", 3, 9, 1, "not-json", "detail", key, b"\x00\xff", 2)


def test_each_event_goes_to_its_topic_under_its_stream():
    session = Session("s", Plan(Policy(guardrails={"email": {}})))
    verdict = session.push("hello ", final=True)
    outputs = run_route([("0/1", verdict), ("0/1", session.audit())], [letter(b"k")])
    by_topic = {output.topic: output for output in outputs}
    assert set(by_topic) == {"tidegate.verdicts", "tidegate.audit", "tidegate.dead-letters"}
    decoded = msgspec.json.decode(by_topic["tidegate.verdicts"].value, type=Verdict)
    assert decoded == verdict
    audit = msgspec.json.decode(by_topic["tidegate.audit"].value, type=Audit)
    assert audit == session.audit()
    assert by_topic["tidegate.verdicts"].key == by_topic["tidegate.audit"].key == b"s"


def test_a_dead_letter_keeps_key_and_bytes_it_was_read_with():
    (output,) = run_route([], [letter(b"k")])
    assert output.key == b"k"
    assert msgspec.json.decode(output.value, type=DeadLetter).value == b"\x00\xff"


def test_a_dead_letter_without_key_is_routed_too():
    (output,) = run_route([], [letter(None)])
    assert output.key == b""
    assert msgspec.json.decode(output.value, type=DeadLetter).key is None
