"""What a stream's chunks come to, replayed from the log: the sequence rules by the plainest code.

Time is the broker's timestamps alone. A deadline that lies at or before the timestamp of a record
has passed when the record is read; behind the last record all deadlines pass.

- A chunk with a lower seq than the next one, or one that waits already, says nothing.
- A higher one waits. When it has waited `gap_timeout_s` what is missing is lost: a gap.
- Chunks wait as long for their stream's first one; then they are forgotten.
- Of `content` chunks the one with the highest seq counts.
- `idle_timeout_s` without a chunk ends the stream, gaps and all, and so does `max_age_s`.
- Behind the end nothing counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from guardrails.policy import Limits

Said = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Gap:
    """Chunks that are lost, seq inclusive. before: characters that came before them."""

    before: int
    first: int
    last: int


@dataclass
class Heard:
    """A stream as it was heard. pieces: text between gaps. policy: as its first chunk names it."""

    began_at_ms: int
    policy: str | None
    pieces: list[str] = field(default_factory=lambda: [""])
    gaps: list[Gap] = field(default_factory=list)
    ended_by: str = ""


@dataclass
class _Listener:
    heard: Heard
    limits: Limits
    last_ms: int
    next_seq: int = 0
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict)
    since_ms: int = 0
    is_content: bool = False

    def hear(self, at_ms: int, chunk: dict[str, Any]) -> None:
        self.pass_time(at_ms)
        if self.heard.ended_by:
            return
        self.last_ms = max(self.last_ms, at_ms)
        seq = chunk["seq"]
        if seq < self.next_seq:
            return
        self.is_content = self.is_content or "content" in chunk
        if self.is_content:
            self.heard.pieces = [chunk.get("content", self.heard.pieces[0])]
            self.next_seq = seq + 1
            self._end_with(chunk)
        elif seq == self.next_seq:
            self._take(chunk)
            self._follow(at_ms)
        elif seq not in self.waiting:
            if not self.waiting:
                self.since_ms = at_ms
            self.waiting[seq] = chunk

    def _take(self, chunk: dict[str, Any]) -> None:
        self.heard.pieces[-1] += chunk.get("text", "")
        self.next_seq = chunk["seq"] + 1
        self._end_with(chunk)

    def _end_with(self, chunk: dict[str, Any]) -> None:
        if chunk.get("aborted") or chunk.get("final"):
            self.heard.ended_by = "aborted" if chunk.get("aborted") else "final"

    def _follow(self, at_ms: int) -> None:
        while not self.heard.ended_by and self.next_seq in self.waiting:
            self._take(self.waiting.pop(self.next_seq))
        self.since_ms = at_ms

    def pass_time(self, to_ms: float) -> None:
        """Let all that is due by then happen, in order."""
        while not self.heard.ended_by:
            idle = self.last_ms + self.limits.idle_timeout_s * 1000
            age = self.heard.began_at_ms + self.limits.max_age_s * 1000
            gap = self.since_ms + self.limits.gap_timeout_s * 1000
            if not self.waiting:
                gap = float("inf")
            if min(idle, age, gap) > to_ms:
                return
            if gap < min(idle, age):
                self._lose(int(gap))
            else:
                while self.waiting and not self.heard.ended_by:
                    self._lose(int(min(idle, age)))
                self.heard.ended_by = self.heard.ended_by or ("idle" if idle <= age else "age")

    def _lose(self, at_ms: int) -> None:
        before = sum(map(len, self.heard.pieces))
        self.heard.gaps.append(Gap(before, self.next_seq, min(self.waiting) - 1))
        self.heard.pieces.append("")
        self.next_seq = min(self.waiting)
        self._follow(at_ms)


def hear(said: Iterable[Said], limits_of: Callable[[str | None, int], Limits]) -> Heard | None:
    """Replay the chunks of one stream, in log order; None if it never began.

    limits_of: of the policy of a name that is in force at a time.
    """
    listener: _Listener | None = None
    parked: list[Said] = []
    for at_ms, chunk in said:
        if listener is not None:
            listener.hear(at_ms, chunk)
            continue
        if parked:
            first_ms, first = parked[0]
            patience_s = limits_of(first.get("policy"), first_ms).gap_timeout_s
            if at_ms >= first_ms + patience_s * 1000:
                parked = []
        if chunk["seq"] > 0:
            parked.append((at_ms, chunk))
            continue
        limits = limits_of(chunk.get("policy"), at_ms)
        heard = Heard(at_ms, chunk.get("policy"))
        listener = _Listener(heard, limits, at_ms)
        listener.hear(at_ms, chunk)
        for early in parked:
            listener.hear(*early)
    if listener is None:
        return None
    listener.pass_time(float("inf"))
    return listener.heard
