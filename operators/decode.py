"""Bytes to chunks, keyed for the guard: the first step of the flow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Stream, operator
from bytewax.operators import KeyedStream

from guardrails.codec import decode_chunk
from guardrails.errors import MalformedEvent
from guardrails.events import Chunk, DeadLetter
from guardrails.records import Clock, Record
from guardrails.shard import SHARDS, dead_letter


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A decoded chunk and the record it came in."""

    chunk: Chunk
    record: Record


Item = Arrival | Clock


@dataclass(frozen=True)
class DecodeOut:
    """oks: (shard key, Arrival or Clock). errs: what could not be decoded."""

    oks: KeyedStream[Item]
    errs: Stream[DeadLetter]


def shard_key(partition: int, stream_id: str) -> str:
    """Return the key of a stream's shard: all its streams come from one partition."""
    return f"{partition}/{crc32(stream_id.encode()) % SHARDS}"


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
    keys: dict[int, tuple[str, ...]] = {}

    def decode_batch(batch: list[Record | Clock]) -> Iterable[tuple[str, Item] | DeadLetter]:
        out: list[tuple[str, Item] | DeadLetter] = []
        for item in batch:
            shards = keys.get(item.partition)
            if shards is None:
                names = tuple(f"{item.partition}/{shard}" for shard in range(SHARDS))
                shards = keys[item.partition] = names
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
    branches = op.branch("valid", decoded, _is_keyed)
    return DecodeOut(branches.trues, branches.falses)  # type: ignore[arg-type]


def _is_keyed(item: object) -> bool:
    return type(item) is tuple
