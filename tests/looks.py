"""Counts the characters that finding the frontier looks at, each time it looks at one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, SupportsIndex
from unittest.mock import patch

from guardrails.frontier import Frontier, Place


class Looks:
    """How often a character was looked at so far."""

    def __init__(self) -> None:
        self.count = 0


class _Text(str):
    """A text that counts what is taken out of it."""

    looks: Looks

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        part = super().__getitem__(key)
        self.looks.count += len(part)
        return part


@contextmanager
def counted_looks() -> Iterator[Looks]:
    """Count in every matcher while this is open. What is copied in windows counts as a whole."""
    looks, advance = Looks(), Frontier.advance

    def counting(self: Frontier, text: str, *place: Any, **ends: bool) -> Place:
        counted = _Text(text)
        counted.looks = looks
        return advance(self, counted, *place, **ends)

    with patch.object(Frontier, "advance", counting):
        yield looks
