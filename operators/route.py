"""Events to the records of their topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import get_args

import bytewax.operators as op
from bytewax.dataflow import Stream, operator
from bytewax.operators import KeyedStream

from guardrails.events import (
    Audit,
    CheckEvent,
    CheckResult,
    CheckText,
    DeadLetter,
    PipelineEvent,
    Verdict,
    encode,
)
from guardrails.parts import encode_parts
from guardrails.records import Output
from guardrails.shard import Event


@dataclass(frozen=True)
class RouteOut:
    """outputs: (key, Output), ready for a sink; the stream id keys verdicts and audit records."""

    outputs: KeyedStream[Output]


@operator
def route(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: KeyedStream[Event],
    errs: Stream[DeadLetter],
    topic: Callable[[str], str],
) -> RouteOut:
    """Encode each event for its topic: verdicts, audit, checks, results, events, dead-letters.

    In: the guard's events and the decoder's errors. topic: full name of a topic. Dead letters go
    under the key they were read with; what is asked of checks, or given up, goes to the partition
    its stream was read from.
    """
    topics: dict[type, str] = {
        Verdict: topic("verdicts"),
        Audit: topic("audit"),
        DeadLetter: topic("dead-letters"),
        PipelineEvent: topic("events"),
        CheckResult: topic("results"),
        **dict.fromkeys(get_args(CheckEvent), topic("checks")),
    }

    def encode_batch(batch: list[tuple[str, Event]]) -> Iterable[tuple[str, Output]]:
        out: list[tuple[str, Output]] = []
        for key, event in batch:
            topic_name = topics[type(event)]
            if isinstance(event, Verdict | CheckText):
                stream_id = event.stream_id.encode()
                # What is for the checks goes to the partition of the stream's chunks.
                at = int(key.partition("/")[0]) if isinstance(event, CheckText) else None
                records = encode_parts(event)
                out += [(key, Output(topic_name, stream_id, value, at)) for value in records]
            elif isinstance(event, Audit | DeadLetter | PipelineEvent):
                out.append((key, _output(topic_name, event)))
            else:
                partition = int(key.partition("/")[0])
                value = encode(event)
                out.append((key, Output(topic_name, event.stream_id.encode(), value, partition)))
        return out

    def encode_letters(batch: list[DeadLetter]) -> Iterable[tuple[str, Output]]:
        name = topics[DeadLetter]
        return [(str(letter.partition), _output(name, letter)) for letter in batch]

    letters = op.flat_map_batch("letters", errs, encode_letters)
    events = op.flat_map_batch("encode", up, encode_batch)
    return RouteOut(op.merge("outputs", events, letters))


def _output(topic: str, event: Audit | DeadLetter | PipelineEvent) -> Output:
    if isinstance(event, DeadLetter):
        return Output(topic, event.key or b"", encode(event))
    if isinstance(event, PipelineEvent):
        return Output(topic, event.execution.encode(), encode(event))
    return Output(topic, event.stream_id.encode(), encode(event))
