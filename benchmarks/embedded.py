"""The guard flow over in-process topics against a flow of the same shape that does nothing.

Both with recovery on, in a fresh directory, with the default epoch.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from benchmarks import passthrough
from benchmarks.figure import Figure
from benchmarks.texts import corpus
from benchmarks.timing import interleave, ratio
from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows import guard
from flows.runtime import DEFAULT_EPOCH_S, open_recovery
from guardrails import default_plan
from guardrails.events import Chunk, encode
from guardrails.plans import Plans
from guardrails.records import Record


def interleaved_events(
    streams: int, chunks_each: int, prefix: str
) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, event) of streams that run side by side, chunk by chunk; the last ends each."""
    answers = corpus().answers
    for seq in range(chunks_each):
        for number in range(streams):
            answer = answers[number % len(answers)]
            # Streams of one answer begin at different places of it.
            text = answer[(seq + number // len(answers)) % len(answer)]
            stream_id, final = f"{prefix}-{number}", seq == chunks_each - 1
            yield stream_id.encode(), encode(Chunk(stream_id, seq, text, final=final))


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures, first with few streams live, then with many."""
    yield from _measure_streams(100, 400, 3 if quick else 7, at_least=0.4)
    if quick:
        yield from _measure_streams(10_000, 10, 1, at_least=None)
    else:
        yield from _measure_streams(10_000, 20, 3, at_least=None)


def _measure_streams(
    streams: int, chunks_each: int, rounds: int, at_least: float | None
) -> Iterator[Figure]:
    records = _records(streams, chunks_each)
    plans = Plans(default_plan())

    def run_guard(_round: int) -> float:
        return _rate(records, lambda source, sink: guard.build(source, sink, plans))

    def run_passthrough(_round: int) -> float:
        return _rate(records, passthrough.build)

    cases = (run_guard, run_passthrough)
    # Once unmeasured: the guard's automata are built as texts ask for them.
    run_guard(0)
    guarded, passed = interleave(rounds, cases)
    live = f"{streams:,} streams live"
    yield Figure(
        measure="embedded",
        name=f"guard flow against pass-through, {live}",
        value=ratio(guarded, passed),
        unit="x",
        at_least=at_least,
        note=f"{len(records):,} chunks, polled by 1,000; recovery on, epoch {DEFAULT_EPOCH_S:g} s",
    )
    for name, rates in (("guard flow", guarded), ("pass-through", passed)):
        yield Figure(
            measure="embedded", name=f"{name}, {live}", value=median(rates), unit="chunks/s"
        )


def _records(streams: int, chunks_each: int) -> list[Record]:
    topics = MemoryTopics()
    for key, event in interleaved_events(streams, chunks_each, "bench"):
        topics.append("chunks", key, event)
    return topics.records("chunks")


def _rate(records: list[Record], build: Callable[[MemorySource, MemorySink], Dataflow]) -> float:
    """Run a flow over the records; return chunks per second, without what starting costs."""
    topics = MemoryTopics()
    topics.log("chunks", 0).records.extend(records)
    topics.close("chunks")
    flow = build(MemorySource(topics, ["chunks"]), MemorySink(topics))
    with tempfile.TemporaryDirectory() as directory:
        recovery = open_recovery(Path(directory))
        started = time.perf_counter()
        epoch = timedelta(seconds=DEFAULT_EPOCH_S)
        run_main(flow, epoch_interval=epoch, recovery_config=recovery)
        seconds = time.perf_counter() - started
    count = len(topics.records("verdicts"))
    assert count == len(records), f"expected {len(records)} verdicts, got {count}"
    return count / seconds
