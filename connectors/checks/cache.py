"""Answers that are kept for a while, so that equal text is not asked about twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TLRUCache

from connectors.checks.answer import Answer


class Key(NamedTuple):
    """What an answer depends on: how it was asked, under which policy, and a digest of the text."""

    guardrail: str
    options: bytes
    policy_version: str
    text: bytes


def digest(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class _Kept(NamedTuple):
    answer: Answer
    for_s: float


class AnswerCache:
    """The answers of last time, the least recently used forgotten first. Holds no text."""

    def __init__(self, max_entries: int, now_s: Callable[[], float]) -> None:
        """max_entries: 0 keeps nothing. now_s: a clock that does not go back."""
        self._kept: TLRUCache[Key, _Kept] = TLRUCache(
            max_entries, ttu=lambda _key, kept, now: now + kept.for_s, timer=now_s
        )

    def get(self, key: Key) -> Answer | None:
        """Return an answer that still holds."""
        kept = self._kept.get(key)
        return None if kept is None else kept.answer

    def keep(self, key: Key, answer: Answer, for_s: float) -> None:
        """Keep an answer; it costs nothing the next time, so its tokens are not counted again."""
        if for_s > 0 and self._kept.maxsize:
            self._kept[key] = _Kept(Answer(answer.seen), for_s)
