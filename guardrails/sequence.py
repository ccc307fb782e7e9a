"""The order of a stream's chunks: duplicates, early and late ones, gaps, and rewritten texts.

A chunk of kind `text` is a delta, so each one counts: a missing one is a gap. A chunk of kind
`content` carries everything so far, so the highest one says all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import msgspec

from guardrails.errors import MalformedEvent
from guardrails.events import Chunk

# A chunk of an older gap that comes after all is counted as a duplicate, not as late. 64: more than
# any recorded stream has, and a state stays small.
MAX_REMEMBERED_GAPS = 64


class Lost(msgspec.Struct, frozen=True):
    """Chunks that did not come in time. first, last: their seq, inclusive."""

    first: int
    last: int


Step = Chunk | Lost


class Sequencer:
    """Puts one stream's delta chunks in order. Holds chunks only while one is missing."""

    __slots__ = (
        *("_lost", "_waiting", "duplicates", "early", "gaps", "late"),
        *("next_seq", "waiting_since_ms"),
    )

    def __init__(self) -> None:
        self.next_seq = 0
        self.duplicates = 0
        self.early = 0
        self.late = 0
        self.gaps = 0
        self.waiting_since_ms: int | None = None
        self._waiting: dict[int, Chunk] = {}
        self._lost: tuple[tuple[int, int], ...] = ()

    @property
    def waiting(self) -> bool:
        """Whether chunks wait for a missing one."""
        return bool(self._waiting)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Return how many chunks were duplicate, late and early, and how many gaps given up."""
        return (self.duplicates, self.late, self.early, self.gaps)

    def take(self, seq: int) -> bool:
        """Count a chunk that is next in order while none waits; False if that is not so."""
        if seq != self.next_seq or self._waiting:
            return False
        self.next_seq = seq + 1
        return True

    def accept(self, chunk: Chunk, now_ms: int, max_chunks: int, max_chars: int) -> list[Step]:
        """Return what can be judged now, in order: this chunk, those that waited for it, nothing.

        When more than `max_chunks` chunks or `max_chars` code points would wait, the missing ones
        are given up as lost.
        """
        seq = chunk.seq
        if seq < self.next_seq:
            if any(first <= seq <= last for first, last in self._lost):
                self.late += 1
            else:
                self.duplicates += 1
            return []
        if seq > self.next_seq:
            if seq in self._waiting:
                self.duplicates += 1
                return []
            self.early += 1
            self._waiting[seq] = chunk
            if self.waiting_since_ms is None:
                self.waiting_since_ms = now_ms
            chars = sum(len(early.text or "") for early in self._waiting.values())
            if len(self._waiting) > max_chunks or chars > max_chars:
                return self.give_up(now_ms)
            return []
        self.next_seq = seq + 1
        return [chunk, *self._follow(now_ms)] if self._waiting else [chunk]

    def _follow(self, now_ms: int) -> list[Step]:
        """Take the waiting chunks that are next in order."""
        steps: list[Step] = []
        while (chunk := self._waiting.pop(self.next_seq, None)) is not None:
            steps.append(chunk)
            self.next_seq += 1
        self.waiting_since_ms = now_ms if self._waiting else None
        return steps

    def give_up(self, now_ms: int) -> list[Step]:
        """Count the missing chunks before the next waiting one as lost and go on behind them."""
        if not self._waiting:
            return []
        first, following = self.next_seq, min(self._waiting)
        self.gaps += 1
        self._lost = (*self._lost, (first, following - 1))[-MAX_REMEMBERED_GAPS:]
        self.next_seq = following
        return [Lost(first, following - 1), *self._follow(now_ms)]

    def end_at(self, seq: int) -> list[Chunk]:
        """Let nothing follow behind `seq`; return the chunks that wait there."""
        left = [self._waiting.pop(number) for number in sorted(self._waiting)]
        self.next_seq = seq + 1
        self.waiting_since_ms = None
        return left

    def skip_to(self, seq: int) -> bool:
        """Accept a chunk that makes all before it unnecessary; False if it is not new."""
        if seq < self.next_seq:
            self.duplicates += 1
            return False
        self.next_seq = seq + 1
        return True

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        return (
            *(self.next_seq, self.duplicates, self.early, self.late, self.gaps),
            self.waiting_since_ms,
            _save(self._waiting.values()) if self._waiting else b"",
            self._lost,
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Sequencer:
        """Continue from a snapshot."""
        sequencer = cls()
        sequencer.next_seq, sequencer.duplicates, sequencer.early, sequencer.late = saved[:4]
        sequencer.gaps, sequencer.waiting_since_ms, waiting, lost = saved[4:]
        if waiting:
            sequencer._waiting = {chunk.seq: chunk for chunk in _load(waiting)}
        sequencer._lost = tuple(lost)
        return sequencer


def _save(chunks: Iterable[Chunk]) -> bytes:
    """Write chunks as JSON that keeps halves of surrogate pairs, which msgspec's does not."""
    return json.dumps(msgspec.to_builtins(list(chunks))).encode()


def _load(saved: bytes) -> list[Chunk]:
    return msgspec.convert(json.loads(saved), list[Chunk])


class Rewrite(msgspec.Struct, frozen=True):
    """How a `content` chunk differs from what was known. delta: the text from `offset` on.

    offset: where the known text ends, or, when text was rewritten, the release frontier.
    released_changed: the producer changed text that readers already have.
    """

    delta: str
    offset: int
    rewritten: bool = False
    released_changed: bool = False


class ContentTracker:
    """Derives deltas from producers that send the whole text so far.

    Keeps a digest of the released text; the held text is compared as it is. rewrites: how often
    text that was known has changed, counted by the session.
    """

    __slots__ = ("_digest", "_known", "_released", "rewrites")

    def __init__(self) -> None:
        self.rewrites = 0
        self._released = 0
        # How much of the released text the digest covers: less after the content has shrunk.
        self._known = 0
        self._digest = _EMPTY_DIGEST

    def derive(self, content: str, held: str) -> Rewrite:
        """Compare the new whole text with the released digest and the held text. O(len(content)).

        content: clean text. held: received and not released, right behind the released text.
        """
        known, released = self._known, self._released
        if len(content) < known or _digest(content[:known]) != self._digest:
            return Rewrite(content[released:], released, rewritten=True, released_changed=True)
        if known == released and content.startswith(held, released):
            end = released + len(held)
            return Rewrite(content[end:], end)
        return Rewrite(content[released:], released, rewritten=True)

    def released(self, content: str, offset: int) -> None:
        """Remember that everything before `offset` is out, and that this content came last."""
        self._released = offset
        self._known = min(offset, len(content))
        self._digest = _digest(content[:offset])

    def snapshot(self) -> tuple[int, int, int, bytes]:
        """Return the state as immutable primitives."""
        return (self.rewrites, self._released, self._known, self._digest)

    @classmethod
    def restore(cls, saved: tuple[int, int, int, bytes]) -> ContentTracker:
        """Continue from a snapshot."""
        tracker = cls()
        tracker.rewrites, tracker._released, tracker._known, tracker._digest = saved
        return tracker


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


_EMPTY_DIGEST = _digest("")


def require_kind(chunk: Chunk, *, content: bool | None) -> bool | None:
    """Return whether the stream sends `content`, given what its chunks were so far.

    content: None while the stream has sent no text. Raises MalformedEvent when a stream mixes both.
    """
    if chunk.text is not None and chunk.content is not None:
        raise MalformedEvent("text-and-content", "a chunk carries 'text' or 'content', not both")
    own = True if chunk.content is not None else False if chunk.text is not None else content
    if content is not None and own is not content:
        kinds = ("content", "text") if content else ("text", "content")
        raise MalformedEvent(
            "mixed-kinds", f"the stream began with '{kinds[0]}'; this chunk carries '{kinds[1]}'"
        )
    return own
