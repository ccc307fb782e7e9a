"""The one stateful step: a shard of streams, each in its session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import bytewax.operators as op
from bytewax.dataflow import operator
from bytewax.operators import KeyedStream, StatefulBatchLogic

from guardrails.events import DeadLetter
from guardrails.plans import Plans
from guardrails.records import Answered, Batch
from guardrails.shard import Event, Shard
from operators.items import Answer, AnswersClock, Arrival, Item


def _wall_clock_ms() -> float:
    return time.time() * 1000


class Observer(Protocol):
    """Is told what leaves the guard: for metrics, and for those who wait for the end."""

    def observe(self, shard: Shard, events: Sequence[Event], batch: Batch) -> None:
        """Called after every batch of a shard, on the worker's thread."""

    def refuse(self, letter: DeadLetter) -> None:
        """Called for each event that is none and reached no shard."""

    def save(self, took_s: float) -> None:
        """Called after every snapshot of a shard."""


class _GuardLogic(StatefulBatchLogic[Item, Event, Any]):
    """A shard in Bytewax's dress."""

    def __init__(
        self, shard: Shard, observer: Observer | None, clock_ms: Callable[[], float]
    ) -> None:
        self._shard = shard
        self._clock_ms = clock_ms
        self._observer = observer

    def on_batch(self, values: list[Item]) -> tuple[Iterable[Event], bool]:
        shard = self._shard
        events: list[Event] = []
        began_s = time.perf_counter()
        now_ms = self._clock_ms()
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
            batch = _batch(values, time.perf_counter() - began_s)
            self._observer.observe(shard, events, batch)
        return events, shard.empty

    def on_eof(self) -> tuple[Iterable[Event], bool]:
        # The end of an execution, not of a stream: a deploy must not drop what is live.
        return (), False

    def snapshot(self) -> Any:
        began_s = time.perf_counter()
        saved = self._shard.snapshot()
        if self._observer is not None:
            self._observer.save(time.perf_counter() - began_s)
        return saved


def _batch(values: Sequence[Item], took_s: float) -> Batch:
    chunks, answers = 0, []
    for item in values:
        if type(item) is Arrival:
            chunks += 1
        elif type(item) is Answer:
            result = item.result
            lag_s = (item.timestamp_ms - result.requested_at_ms) / 1000
            answers.append(Answered(result.guardrail, result.status, lag_s))
    return Batch(chunks, took_s, answers)


@operator
def guard(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: KeyedStream[Item],
    plans: Plans,
    *,
    recovery: bool = True,
    observer: Observer | None = None,
    clock_ms: Callable[[], float] = _wall_clock_ms,
) -> KeyedStream[Event]:
    """Judge each stream's chunks in order, with the answers of its checks as they come.

    In: (shard key, Item). Out: (shard key, Event), the verdicts of a stream in order, its audit
    record last. State: the shard's sessions. recovery: False saves
    the work of snapshots when the flow runs without a recovery store. clock_ms: wall clock, for
    latencies and for questions to checks that nobody answers.
    """

    def build(saved: Any | None) -> _GuardLogic:
        shard = Shard.restore(saved, plans, keep_snapshots=recovery)
        return _GuardLogic(shard, observer, clock_ms)

    return op.stateful_batch("guard", up, build)
