"""Bytes to chunks, keyed for the guard: the first step of the flow."""

from __future__ import annotations

import bytewax.operators as op
from bytewax.dataflow import Stream, operator

from guardrails.codec import decode_chunk
from guardrails.records import Clock, Record
from operators.items import Arrival, DecodeOut, is_keyed
from operators.keyed import by_shard, itself


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

    decoded = op.flat_map_batch("decode", up, by_shard(decode_chunk, Arrival, itself))
    branches = op.branch("valid", decoded, is_keyed)
    return DecodeOut(branches.trues, branches.falses)  # type: ignore[arg-type]
