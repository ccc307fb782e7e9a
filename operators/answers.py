"""Bytes to the answers of checks, keyed for the guard."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import bytewax.operators as op
from bytewax.dataflow import Stream, operator

from guardrails.codec import decode_result
from guardrails.errors import MalformedEvent
from guardrails.events import DeadLetter
from guardrails.records import Clock, Record
from guardrails.shard import SHARDS, dead_letter
from operators.items import Answer, AnswersClock, DecodeOut, Item, is_keyed, shard_keys


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

    def decode_batch(batch: list[Record | Clock]) -> Iterable[tuple[str, Item] | DeadLetter]:
        out: list[tuple[str, Item] | DeadLetter] = []
        for item in batch:
            shards = shard_keys(item.partition)
            if isinstance(item, Clock):
                out.extend((key, AnswersClock(item.timestamp_ms)) for key in shards)
                continue
            try:
                result = decode_result(item.value)
            except MalformedEvent as error:
                out.append(dead_letter(item, error.reason, error.detail))
                continue
            key = shards[crc32(result.stream_id.encode()) % SHARDS]
            out.append((key, Answer(result, item.timestamp_ms)))
        return out

    decoded = op.flat_map_batch("decode", up, decode_batch)
    branches = op.branch("valid", decoded, is_keyed)
    return DecodeOut(branches.trues, branches.falses)  # type: ignore[arg-type]
