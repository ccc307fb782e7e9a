"""The one stateful step: a shard of streams, each in its session."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import operator
from bytewax.operators import KeyedStream, StatefulBatchLogic

from guardrails.plans import Plans
from guardrails.records import Clock
from guardrails.shard import Event, Shard
from operators.decode import Item


class _GuardLogic(StatefulBatchLogic[Item, Event, Any]):
    """A shard in Bytewax's dress."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard

    def on_batch(self, values: list[Item]) -> tuple[Iterable[Event], bool]:
        shard = self._shard
        events: list[Event] = []
        now_ms = time.time() * 1000
        for item in values:
            if isinstance(item, Clock):
                events += shard.tick(item.timestamp_ms)
            else:
                events += shard.receive(item.chunk, item.record, now_ms)
        return events, shard.empty

    def on_eof(self) -> tuple[Iterable[Event], bool]:
        # The end of an execution, not of a stream: a deploy must not drop what is live.
        return (), False

    def snapshot(self) -> Any:
        return self._shard.snapshot()


@operator
def guard(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: KeyedStream[Item],
    plans: Plans,
    *,
    recovery: bool = True,
) -> KeyedStream[Event]:
    """Judge each stream's chunks in order.

    In: (shard key, Arrival or Clock). Out: (shard key, Verdict, Audit or DeadLetter), the verdicts
    of a stream in order, its audit record last. State: the shard's sessions. recovery: False saves
    the work of snapshots when the flow runs without a recovery store.
    """

    def build(saved: Any | None) -> _GuardLogic:
        return _GuardLogic(Shard.restore(saved, plans, keep_snapshots=recovery))

    return op.stateful_batch("guard", up, build)
