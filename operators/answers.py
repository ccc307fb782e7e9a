"""Bytes to the answers of checks, keyed for the guard."""

from __future__ import annotations

import bytewax.operators as op
from bytewax.dataflow import Stream, operator

from guardrails.codec import decode_result
from guardrails.events import CheckResult
from guardrails.records import Clock, Record
from operators.items import Answer, AnswersClock, DecodeOut, Item, is_keyed
from operators.keyed import by_shard


@operator
def decode_answers(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: Stream[Record | Clock],
) -> DecodeOut:
    """Decode the records of topic `results` and key them by shard.

    In: `Record` and `Clock` as a source emits them. Out: `oks`, each record as an `Answer` under
    the shard of its stream, in the partition it came from, each clock as an `AnswersClock` once
    for every shard of its partition; `errs`, a `DeadLetter` for each record that is no answer.
    """

    decoded = op.flat_map_batch("decode", up, by_shard(decode_result, _answer, _clock))
    branches = op.branch("valid", decoded, is_keyed)
    return DecodeOut(branches.trues, branches.falses)  # type: ignore[arg-type]


def _answer(result: CheckResult, record: Record) -> Item:
    return Answer(result, record.timestamp_ms)


def _clock(clock: Clock) -> Item:
    return AnswersClock(clock.timestamp_ms)
