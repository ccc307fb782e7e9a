"""Audit records back from their topic: decoded, and each stream once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Stream, operator
from bytewax.operators import KeyedStream, StatefulBatchLogic

from guardrails.codec import decode_audit
from guardrails.errors import MalformedEvent
from guardrails.events import DeadLetter
from guardrails.records import Clock, Record
from guardrails.repeats import REMEMBERED_STREAMS, Reading, Repeats, Standing
from guardrails.shard import dead_letter
from operators.items import is_keyed

_Saved = tuple[int, bytes]


@dataclass(frozen=True)
class AuditOut:
    """readings: (partition, Reading), repeats left out. errs: what is no audit record."""

    readings: KeyedStream[Reading]
    errs: Stream[DeadLetter]


class _RepeatsLogic(StatefulBatchLogic[Reading, Reading, _Saved]):
    """What was read of one partition, in Bytewax's dress."""

    def __init__(self, repeats: Repeats) -> None:
        self._repeats = repeats

    def on_batch(self, values: list[Reading]) -> tuple[Iterable[Reading], bool]:
        out = []
        for reading in values:
            standing = self._repeats.note(reading.audit)
            if standing is Standing.FIRST:
                out.append(reading)
            elif standing is Standing.CONTRADICTION:
                out.append(msgspec.structs.replace(reading, contradicts=True))
        return out, False

    def on_eof(self) -> tuple[Iterable[Reading], bool]:
        # The end of an execution: the next one must still know what was read.
        return (), False

    def snapshot(self) -> _Saved:
        return self._repeats.snapshot()


@operator
def read_audit(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: Stream[Record | Clock],
    *,
    remembered: int = REMEMBERED_STREAMS,
) -> AuditOut:
    """Decode audit records and leave out those that come again.

    In: `Record` and `Clock` of the audit topic; clocks end here. Out: `readings`, under the number
    of their partition and in its order, the first record of each stream, and later ones that say
    something else, marked; `errs`, a `DeadLetter` for what is no audit record. State: the last
    `remembered` streams of each partition, see `Repeats`.
    """

    def decode_batch(batch: list[Record | Clock]) -> Iterable[tuple[str, Reading] | DeadLetter]:
        return [_decode(item) for item in batch if isinstance(item, Record)]

    def build(saved: _Saved | None) -> _RepeatsLogic:
        if saved is None:
            return _RepeatsLogic(Repeats(remembered))
        return _RepeatsLogic(Repeats.restore(saved, remembered))

    decoded = op.flat_map_batch("decode", up, decode_batch)
    branches = op.branch("valid", decoded, is_keyed)
    once: KeyedStream[Reading] = op.stateful_batch("once", branches.trues, build)  # type: ignore[arg-type]
    return AuditOut(once, branches.falses)  # type: ignore[arg-type]


def _decode(record: Record) -> tuple[str, Reading] | DeadLetter:
    if not record.value:
        return dead_letter(record, "no-value", "a tombstone: somebody deleted this stream's record")
    try:
        return str(record.partition), Reading(record, decode_audit(record.value))
    except MalformedEvent as error:
        return dead_letter(record, error.reason, error.detail)
