"""What makes vectors of texts: a service, or a model on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Protocol

import msgspec

from connectors.checks.answer import CallFailed

# The largest models of today have 4,096.
MAX_DIMENSIONS = 16_384
# A number that no square of overflows; models keep to -100 and 100.
_MAX_NUMBER = 1e100


class Embedded(msgspec.Struct, frozen=True):
    """One vector for each text, in their order, and the tokens they took."""

    vectors: list[list[float]]
    tokens: int = 0


class Embedder(Protocol):
    """Makes vectors. max_texts: of one call. concurrency, max_attempts: as a checker's."""

    max_texts: int
    concurrency: int
    max_attempts: int

    async def embed(self, texts: Sequence[str], timeout_s: float) -> Embedded:
        """Return a vector for each of at most `max_texts` texts. Raises CallFailed."""

    async def close(self) -> None:
        """Let go of connections and processes."""


def require_vectors(vectors: Sequence[Sequence[float]], count: int) -> None:
    """Raises CallFailed when there are not `count` vectors of finite numbers, all of one length."""
    if len(vectors) != count:
        raise CallFailed(
            f"there are vectors of {len(vectors)} texts, expected {count}", unwell=True
        )
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1 or not 0 < max(lengths, default=1) <= MAX_DIMENSIONS:
        raise CallFailed(
            f"expected vectors of one length from 1 to {MAX_DIMENSIONS:,} numbers, got "
            f"{min(lengths)} to {max(lengths)}",
            unwell=True,
        )
    for vector in vectors:
        if not all(isfinite(number) and abs(number) < _MAX_NUMBER for number in vector):
            raise CallFailed("the model's vectors hold what is no finite number", unwell=True)
