"""Characters looked at per chunk: the same at the 10,000th chunk of a stream as at the 10th.

Counted, not timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figure import Figure
from benchmarks.texts import corpus
from guardrails import Session, default_plan
from tests.looks import counted_looks

CHUNKS = 10_000
# Enough chunks for a mean.
WINDOW = 1_000


def looks_per_chunk(chunks: Sequence[str]) -> list[int]:
    """Return how many characters each push looked at, each time one was."""
    session = Session("bench", default_plan())
    counts, before = [], 0
    with counted_looks() as looks:
        for chunk in chunks:
            session.push(chunk)
            counts.append(looks.count - before)
            before = looks.count
    return counts


def long_key(chars: int) -> list[str]:
    """Return a private key that goes on and on, in pieces of four characters."""
    begin = "-----BEGIN PRIVATE " + "KEY-----\n"
    body = ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * (chars // 32 + 1))[:chars]
    text = begin + body
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the figures; they are the same in a quick run."""
    del quick
    tokens = [token for answer in corpus().answers for token in answer]
    stream = (tokens * (CHUNKS // len(tokens) + 1))[:CHUNKS]
    counts = looks_per_chunk(stream)
    early = sum(counts[10 : 10 + WINDOW]) / WINDOW
    late = sum(counts[-WINDOW:]) / WINDOW
    # Different chunks lie in the two windows: what is looked at follows what they hold.
    size = len("".join(stream[10 : 10 + WINDOW])) / len("".join(stream[-WINDOW:]))
    yield Figure(
        measure="cost",
        name="characters looked at per character, chunks 9,001-10,000 against 11-1,010",
        value=late / early * size,
        unit="x",
        at_most=1.25,
        note=f"{early:.1f} and {late:.1f} characters a chunk",
    )
    yield Figure(
        measure="cost",
        name="most characters looked at by one push",
        value=max(counts),
        unit="characters",
    )
    held = 2_000
    yield Figure(
        measure="cost",
        name="characters looked at per character of a 2,000-character hold",
        value=sum(looks_per_chunk(long_key(held))) / held,
        unit="x",
        at_most=2,
        note=f"looked at at every chunk it would be {held / 8:.0f}",
    )
