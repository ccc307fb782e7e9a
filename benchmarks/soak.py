"""Two hundred thousand streams through the embedded flow: does anything stay behind?

Every stream is opened, judged and ended; log time runs a hundred times as fast as the clock, so
that tombstones are forgotten as they would be over hours. One stream in 20 tells its events, 250 of
them under the default policy.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import datetime
from statistics import linear_regression, mean

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from benchmarks.figure import Figure
from benchmarks.memory import resident_bytes
from benchmarks.texts import corpus
from flows.guard import build
from guardrails import default_policy
from guardrails.events import Chunk, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.records import END_OF_TIME, Clock, Output, Record

STREAMS = 200_000
CHUNKS_EACH = 6
AT_ONCE = 2_000
TOLD_EVERY = 20
# One wave of streams takes so long of log time; a tombstone is kept for ten minutes.
WAVE_MS = 60_000
SAMPLES = 40


class _Waves(FixedPartitionedSource[Record | Clock, int]):
    def __init__(self, streams: int, samples: list[tuple[int, int, int]]) -> None:
        self._streams, self._samples = streams, samples

    def list_parts(self) -> list[str]:
        return ["waves"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Wave:
        return _Wave(self._streams, self._samples)


class _Wave(StatefulSourcePartition[Record | Clock, int]):
    def __init__(self, streams: int, samples: list[tuple[int, int, int]]) -> None:
        self._streams, self._samples = streams, samples
        self._answers = corpus().answers
        self._batches = self._make()

    def _make(self) -> Iterator[list[Record | Clock]]:
        every = max(AT_ONCE, self._streams // SAMPLES)
        for first in range(0, self._streams, AT_ONCE):
            now_ms = 1_000_000 + first // AT_ONCE * WAVE_MS
            for seq in range(CHUNKS_EACH):
                batch: list[Record | Clock] = []
                for number in range(first, min(first + AT_ONCE, self._streams)):
                    answer = self._answers[number % len(self._answers)]
                    text, final = answer[seq % len(answer)], seq == CHUNKS_EACH - 1
                    policy = "told" if number % TOLD_EVERY == 0 else None
                    chunk = Chunk(f"soak-{number}", seq, text, final=final, policy=policy)
                    value = encode(chunk)
                    batch.append(Record("chunks", 0, number, now_ms + seq, None, value))
                yield batch
            yield [Clock(0, now_ms + WAVE_MS - 1)]
            if first % every == 0:
                gc.collect()
                self._samples.append((first, resident_bytes(), len(gc.get_objects())))
        yield [Clock(0, END_OF_TIME)]

    def next_batch(self) -> list[Record | Clock]:
        batch = next(self._batches, None)
        if batch is None:
            raise StopIteration
        return batch

    def next_awake(self) -> datetime | None:
        return None

    def snapshot(self) -> int:
        return 0


class _Nowhere(DynamicSink[tuple[str, Output]]):
    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Drop:
        return _Drop()


class _Drop(StatelessSinkPartition[tuple[str, Output]]):
    def write_batch(self, items: list[tuple[str, Output]]) -> None:
        pass


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the slopes over the second half: bytes and objects per thousand streams."""
    streams = 40_000 if quick else STREAMS
    policy = default_policy()
    told = policy.model_copy(update={"events": True, "name": "told"})
    samples: list[tuple[int, int, int]] = []
    run_main(build(_Waves(streams, samples), _Nowhere(), Plans(Plan(policy), {"told": Plan(told)})))
    half = samples[len(samples) // 2 :]
    at = [number / 1_000 for number, _, _ in half]
    for name, unit, column, most in (
        ("resident memory", "kB", 1, 20.0),
        ("objects of Python", "", 2, 20.0),
    ):
        values = [float(sample[column]) for sample in half]
        slope = linear_regression(at, values).slope / (1_000 if column == 1 else 1)
        shown = mean(values) / (1e6 if column == 1 else 1e3)
        yield Figure(
            measure="soak",
            name=f"{name} per 1,000 streams that are over, second half of {streams:,}",
            value=slope,
            unit=unit,
            at_most=most,
            note=f"mean {shown:,.0f} {'MB' if column == 1 else 'thousand'}, {len(half)} samples",
        )
