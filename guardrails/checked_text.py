"""The text a check sees, and the way back from its offsets to those of the stream."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise

import msgspec

from guardrails.events import Segment


class CheckedText:
    """A span of a stream as a check sees it: as it was written, or with labels in places.

    segments: side by side and in order; those that carry a rule are labels, which stand for their
    whole span. text: what the check sees. start, end: the span in the stream.

    >>> seen = CheckedText([Segment(40, 43, "to "), Segment(43, 58, "[MAIL]", "email")])
    >>> seen.text, seen.stream_span(1, 2), seen.stream_span(2, 5)
    ('to [MAIL]', (41, 42), (42, 58))
    """

    __slots__ = ("_offsets", "segments", "text")

    def __init__(self, segments: Iterable[Segment]) -> None:
        """Raises ValueError if there is nothing, or something between two segments."""
        self.segments = tuple(segments)
        if not self.segments:
            raise ValueError("a checked text has at least one segment")
        for before, behind in pairwise(self.segments):
            if before.end != behind.start:
                raise ValueError(f"text is missing from {before.end} to {behind.start}")
        self.text = "".join(segment.text for segment in self.segments)
        lengths = (len(segment.text) for segment in self.segments)
        # Where each segment begins in `text`.
        self._offsets = list(accumulate(lengths, initial=0))[:-1]

    @classmethod
    def original(cls, text: str, start: int = 0) -> CheckedText:
        """Return text as it was written. start: where it begins in the stream."""
        return cls([Segment(start, start + len(text), text)])

    @classmethod
    def join(cls, parts: Iterable[CheckedText]) -> CheckedText:
        """Return consecutive spans as one. Raises ValueError if something lies between them."""
        return cls(segment for part in parts for segment in part.segments)

    @property
    def start(self) -> int:
        """Return where it begins in the stream."""
        return self.segments[0].start

    @property
    def end(self) -> int:
        """Return where it ends in the stream."""
        return self.segments[-1].end

    def stream_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stream's span of `text[start:end]`; a label that is touched counts whole.

        Raises ValueError for a span that is empty or leaves the text.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"expected a span within 0 and {len(self.text)}, got {start} to {end}")
        return self._stream_offset(start)[0], self._stream_offset(end - 1)[1]

    def _stream_offset(self, offset: int) -> tuple[int, int]:
        """Return the stream's span of one character of `text`."""
        index = bisect_right(self._offsets, offset) - 1
        segment = self.segments[index]
        if segment.rule is not msgspec.UNSET:
            return segment.start, segment.end
        at = segment.start + offset - self._offsets[index]
        return at, at + 1

    def cut(self, start: int, end: int) -> CheckedText:
        """Return the part that covers a span of the stream; a label that is touched stays whole.

        Raises ValueError for a span that is empty or leaves this one.
        """
        if not self.start <= start < end <= self.end:
            raise ValueError(
                f"expected a span within {self.start} and {self.end}, got {start} to {end}"
            )
        first = bisect_right(self.segments, start, key=lambda segment: segment.start) - 1
        kept = []
        for segment in self.segments[first:]:
            if segment.start >= end:
                break
            kept.append(_cut(segment, start, end))
        return CheckedText(kept)


def _cut(segment: Segment, start: int, end: int) -> Segment:
    low, high = max(segment.start, start), min(segment.end, end)
    if segment.rule is not msgspec.UNSET or (low, high) == (segment.start, segment.end):
        return segment
    return Segment(low, high, segment.text[low - segment.start : high - segment.start])
