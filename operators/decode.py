"""Bytes to chunks, keyed for the guard: the first step of the flow."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import bytewax.operators as op
from bytewax.dataflow import Stream, operator

from guardrails.codec import decode_chunk
from guardrails.errors import MalformedEvent
from guardrails.events import DeadLetter
from guardrails.records import Clock, Record
from guardrails.shard import SHARDS, dead_letter
from operators.items import Arrival, DecodeOut, Item, is_keyed, shard_keys


@operator
def decode(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: Stream[Record | Clock],
) -> DecodeOut:
    """Decode records and key them by shard.

    In: `Record` and `Clock` as a source emits them. Out: `oks`, each record as an `Arrival` under
    its shard's key and each clock once for every shard of its partition; `errs`, a `DeadLetter`
    for each record that is no valid event. Order within a partition is kept.
    """

    def decode_batch(batch: list[Record | Clock]) -> Iterable[tuple[str, Item] | DeadLetter]:
        out: list[tuple[str, Item] | DeadLetter] = []
        for item in batch:
            shards = shard_keys(item.partition)
            if isinstance(item, Clock):
                out.extend((key, item) for key in shards)
                continue
            try:
                chunk = decode_chunk(item.value)
            except MalformedEvent as error:
                out.append(dead_letter(item, error.reason, error.detail))
                continue
            key = shards[crc32(chunk.stream_id.encode()) % SHARDS]
            out.append((key, Arrival(chunk, item)))
        return out

    decoded = op.flat_map_batch("decode", up, decode_batch)
    branches = op.branch("valid", decoded, is_keyed)
    return DecodeOut(branches.trues, branches.falses)  # type: ignore[arg-type]
