"""The decided text of one stream on its way to the checks: each piece once, by sentences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec

from guardrails.events import CheckText, Segment


class Feed:
    """Cleared text that was not published yet.

    due_to: what stands before it may be published. keeps_original: a check sees the text as it was
    written, too.
    """

    __slots__ = ("_keeps_original", "_original", "_segments", "_sent_to", "due_to")

    def __init__(self, *, keeps_original: bool) -> None:
        self._keeps_original = keeps_original
        self._segments: list[Segment] = []
        self._original = ""
        self._sent_to = 0
        self.due_to = 0

    @property
    def due(self) -> bool:
        """Whether there is text to be published."""
        return self._sent_to < self.due_to

    @property
    def began(self) -> bool:
        """Whether anything was published."""
        return self._sent_to > 0

    def add(self, segments: Sequence[Segment], original: str) -> None:
        """Take the next cleared text. original: the same span as it was written."""
        self._segments.extend(segments)
        if self._keeps_original:
            self._original += original

    def replaces(self, offset: int) -> bool:
        """Tell whether an offset lies within a span that was replaced and is not published yet."""
        return any(
            segment.start < offset < segment.end
            for segment in self._segments
            if segment.rule is not msgspec.UNSET
        )

    def take(self, stream_id: str) -> CheckText:
        """Return the text up to `due_to`."""
        start, end = self._sent_to, self.due_to
        sent, kept = [], []
        for segment in self._segments:
            if segment.end <= end:
                sent.append(segment)
            elif segment.start >= end:
                kept.append(segment)
            else:
                count = end - segment.start
                sent.append(Segment(segment.start, end, segment.text[:count]))
                kept.append(Segment(end, segment.end, segment.text[count:]))
        self._segments = kept
        self._sent_to = end
        sent = _join(sent)
        if not self._keeps_original:
            return CheckText(stream_id, start, end, tuple(sent))
        original, self._original = self._original[: end - start], self._original[end - start :]
        return CheckText(stream_id, start, end, tuple(sent), original)

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        segments = msgspec.json.encode(self._segments) if self._segments else b""
        return (segments, self._original, self._sent_to, self.due_to)

    @classmethod
    def restore(cls, saved: tuple[Any, ...], *, keeps_original: bool) -> Feed:
        """Continue from a snapshot."""
        feed = cls(keeps_original=keeps_original)
        segments, feed._original, feed._sent_to, feed.due_to = saved
        if segments:
            feed._segments = msgspec.json.decode(segments, type=list[Segment])
        return feed


def _join(segments: Sequence[Segment]) -> list[Segment]:
    """Make one segment of plain ones that lie side by side: chunks are not of interest here."""
    joined: list[Segment] = []
    for rule, group in groupby(segments, key=lambda segment: segment.rule):
        if rule is not msgspec.UNSET:
            joined += group
            continue
        pieces = list(group)
        text = "".join(piece.text for piece in pieces)
        joined.append(Segment(pieces[0].start, pieces[-1].end, text))
    return joined
