"""The one stateful step: a shard of streams, each in its session."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import bytewax.operators as op
from bytewax.dataflow import operator
from bytewax.operators import KeyedStream, StatefulBatchLogic

from guardrails.plans import Plans
from guardrails.shard import Event, Shard
from operators.items import Answer, AnswersClock, Arrival, Item


class Observer(Protocol):
    """Is told what leaves the guard: for metrics, and for those who wait for the end."""

    def observe(self, shard: Shard, events: Sequence[Event]) -> None:
        """Called after every batch of a shard, on the worker's thread."""


class _GuardLogic(StatefulBatchLogic[Item, Event, Any]):
    """A shard in Bytewax's dress."""

    def __init__(self, shard: Shard, observer: Observer | None) -> None:
        self._shard = shard
        self._observer = observer

    def on_batch(self, values: list[Item]) -> tuple[Iterable[Event], bool]:
        shard = self._shard
        events: list[Event] = []
        now_ms = time.time() * 1000
        for item in values:
            if isinstance(item, Arrival):
                events += shard.receive(item.chunk, item.record, now_ms)
            elif isinstance(item, Answer):
                events += shard.answer(item.result, item.timestamp_ms, now_ms)
            elif isinstance(item, AnswersClock):
                events += shard.tick_answers(item.timestamp_ms, now_ms)
            else:
                events += shard.tick(item.timestamp_ms, now_ms)
        if self._observer is not None:
            self._observer.observe(shard, events)
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
    observer: Observer | None = None,
) -> KeyedStream[Event]:
    """Judge each stream's chunks in order, with the answers of its checks as they come.

    In: (shard key, Item). Out: (shard key, Verdict, Audit, DeadLetter or CheckEvent), the verdicts
    of a stream in order, its audit record last. State: the shard's sessions. recovery: False saves
    the work of snapshots when the flow runs without a recovery store.
    """

    def build(saved: Any | None) -> _GuardLogic:
        return _GuardLogic(Shard.restore(saved, plans, keep_snapshots=recovery), observer)

    return op.stateful_batch("guard", up, build)
