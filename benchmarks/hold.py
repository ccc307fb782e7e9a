"""How much text the default policy holds back on ordinary answers."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.texts import corpus
from guardrails import Session, default_plan


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the mean over all chunks of what is held behind them, and the maximum."""
    answers = corpus().share(0, 60 if quick else len(corpus().answers))
    held = []
    for answer in answers:
        session = Session("bench", default_plan())
        held += [session.push(chunk).held for chunk in answer]
    yield Figure(
        measure="hold",
        name="mean hold of the default policy",
        value=sum(held) / len(held),
        unit="characters",
        at_most=8,
        note=f"behind each of {len(held):,} chunks",
    )
    yield Figure(measure="hold", name="longest hold", value=max(held), unit="characters")
    nothing = sum(count == 0 for count in held) / len(held)
    yield Figure(
        measure="hold", name="chunks behind which nothing is held", value=100 * nothing, unit="%"
    )
