"""What a live stream weighs: its snapshot, its objects, and the process with 10,000 of them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure
from benchmarks.texts import corpus
from guardrails import Session, default_plan
from guardrails.dfa import State
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.records import Record
from guardrails.shard import SHARDS, Shard

STREAMS = 10_000
CHUNKS_EACH = 40


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures. Streams in the middle of an ordinary answer."""
    answers = corpus().share(0, 30 if quick else 150)
    sessions = [_half_way(f"stream-{number:032}", answer) for number, answer in enumerate(answers)]
    snapshots = [len(pickle.dumps(session.snapshot(), 5)) for session in sessions]
    # Names of states, empty texts, small numbers: what a second session shares is there once.
    shared: set[int] = set()
    deep_size(Session("other", default_plan()), shared)
    objects = [deep_size(session, set(shared)) for session in sessions]
    for name, sizes in (("snapshot, pickled", snapshots), ("live objects", objects)):
        yield Figure(
            measure="memory",
            name=f"state of a stream: {name}",
            value=sum(sizes) / len(sizes),
            unit="bytes",
            at_most=2_000,
            note=f"largest {max(sizes):,}; ids of 39 characters",
        )
    grown = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    yield Figure(
        measure="memory",
        name="resident memory per 1,000 live streams",
        value=float(grown.stdout) / STREAMS * 1_000 / 1e6,
        unit="MB",
        at_most=10,
        note=f"{STREAMS:,} streams in {SHARDS} shards, after a snapshot of all, own process",
    )


def _half_way(stream_id: str, answer: list[str]) -> Session:
    session = Session(stream_id, default_plan())
    for chunk in answer[: len(answer) // 2]:
        session.push(chunk)
    return session


def deep_size(value: Any, shared: set[int] | None = None) -> int:
    """Return the bytes of an object and of all it refers to.

    shared: ids of objects that do not count; gets the ids of all that did. What all streams
    share never counts.
    """
    seen = set() if shared is None else shared

    def size(item: Any) -> int:
        if id(item) in seen or isinstance(item, Plan | State | type) or item is None:
            return 0
        seen.add(id(item))
        own = sys.getsizeof(item)
        if isinstance(item, dict):
            return own + sum(size(key) + size(entry) for key, entry in item.items())
        if isinstance(item, list | tuple | set | frozenset):
            return own + sum(map(size, item))
        own += size(getattr(item, "__dict__", None))
        slots = [name for kind in type(item).__mro__ for name in getattr(kind, "__slots__", ())]
        fields = [*slots, *getattr(type(item), "__struct_fields__", ())]
        return own + sum(size(getattr(item, name, None)) for name in fields)

    return size(value)


def resident_bytes() -> int:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def fill_shards(streams: int, chunks_each: int) -> list[Shard]:
    """Return shards with live streams, all begun and none ended."""
    from zlib import crc32

    from guardrails.events import Chunk

    plans, answers = Plans(default_plan()), corpus().answers
    shards = [Shard(plans) for _ in range(SHARDS)]
    for number in range(streams):
        stream_id = f"stream-{number:032}"
        shard = shards[crc32(stream_id.encode()) % SHARDS]
        answer = answers[number % len(answers)]
        for seq in range(chunks_each):
            record = Record("chunks", 0, seq, 1_000 + seq, None, b"")
            shard.receive(Chunk(stream_id, seq, answer[seq % len(answer)]), record, 1_000.0 + seq)
    return shards


def main() -> None:
    """Print the growth of this process in bytes; run in a process of its own."""
    # The compiled policy, its automata and the answers are there once, however many streams are.
    fill_shards(len(corpus().answers), CHUNKS_EACH)
    before = resident_bytes()
    shards = fill_shards(STREAMS, CHUNKS_EACH)
    snapshots = [shard.snapshot() for shard in shards]
    print(resident_bytes() - before)
    del snapshots


if __name__ == "__main__":
    main()
