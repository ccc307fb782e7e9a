"""The flow that does nothing: what Bytewax, the topics and JSON cost without a guard.

The same source, keys by the same shards, a stateful step that only forwards, the same sink; chunks
are decoded and encoded by msgspec as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from zlib import crc32

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import Sink

from guardrails.events import Chunk
from guardrails.records import Clock, Output, Record
from guardrails.shard import SHARDS


class _Forward(StatefulBatchLogic[Chunk, Chunk, Any]):
    """A shard that remembers nothing."""

    def on_batch(self, values: list[Chunk]) -> tuple[Iterable[Chunk], bool]:
        return values, False

    def snapshot(self) -> None:
        return None


def build(
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Output]],
    topic: Callable[[str], str] = str,
) -> Dataflow:
    """Wire the flow from `chunks` to `verdicts`."""
    decoder, encoder = msgspec.json.Decoder(Chunk), msgspec.json.Encoder()
    verdicts = topic("verdicts")

    def decode(batch: list[Record | Clock]) -> Iterable[tuple[str, Chunk]]:
        out = []
        for item in batch:
            if type(item) is Record:
                chunk = decoder.decode(item.value)
                shard = crc32(chunk.stream_id.encode()) % SHARDS
                out.append((f"{item.partition}/{shard}", chunk))
        return out

    def encode(batch: list[tuple[str, Chunk]]) -> Iterable[tuple[str, Output]]:
        return [
            (key, Output(verdicts, chunk.stream_id.encode(), encoder.encode(chunk)))
            for key, chunk in batch
        ]

    flow = Dataflow("passthrough")
    chunks = op.flat_map_batch("decode", op.input("chunks", flow, source), decode)
    same = op.stateful_batch("forward", chunks, lambda _saved: _Forward())
    op.output("records", op.flat_map_batch("encode", same, encode), sink)
    return flow
