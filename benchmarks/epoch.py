"""What closing an epoch costs the shards: only streams that changed are pickled anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from zlib import crc32

from benchmarks.figure import Figure
from benchmarks.memory import fill_shards
from benchmarks.timing import interleave, ratio
from guardrails.events import Chunk
from guardrails.records import Record
from guardrails.shard import SHARDS

STREAMS = 10_000
CHUNKS_BEFORE = 20
ROUNDS = 7


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield what `Shard.snapshot` of all shards takes after some and after all streams changed."""
    streams = STREAMS // 5 if quick else STREAMS
    shards = fill_shards(streams, CHUNKS_BEFORE)
    for shard in shards:
        shard.snapshot()
    seqs = dict.fromkeys(range(streams), CHUNKS_BEFORE)

    def change(numbers: range) -> float:
        """Push one chunk to each of these streams; return snapshots of all shards per second."""
        for number in numbers:
            stream_id, seq = f"stream-{number:032}", seqs[number]
            seqs[number] += 1
            record = Record("chunks", 0, seq, 1_000 + seq, None, b"")
            shard = shards[crc32(stream_id.encode()) % SHARDS]
            shard.receive(Chunk(stream_id, seq, " word"), record, 1_000.0 + seq)
        started = time.perf_counter()
        for shard in shards:
            shard.snapshot()
        return 1 / (time.perf_counter() - started)

    few, every = interleave(
        ROUNDS,
        [lambda _: change(range(0, streams, 20)), lambda _: change(range(streams))],
    )
    yield Figure(
        measure="epoch",
        name="snapshot with 5% of the streams changed against all changed",
        value=ratio(every, few),
        unit="x",
        at_most=0.25,
        note=f"{streams:,} live streams in {SHARDS} shards",
    )
    for name, rates in (("5% changed", few), ("all changed", every)):
        value = 1e6 / median(rates) / streams
        yield Figure(measure="epoch", name=f"{name}, per live stream", value=value, unit="µs")
        yield Figure(
            measure="epoch", name=f"{name}, all streams", value=1e3 / median(rates), unit="ms"
        )
