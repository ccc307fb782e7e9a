"""What a consumer of verdicts keeps, so that replays are harmless: one offset.

Delivery is at least once: after a restart verdicts come again, perhaps cut differently. A reader
remembers how far it has come, drops what lies before, trims what straddles, and says when
something is missing.
"""

from __future__ import annotations

import msgspec

from guardrails.errors import TidegateError
from guardrails.events import Segment, Verdict


class ProtocolError(TidegateError):
    """Verdicts of one stream contradict each other. Next: stop showing it and report it."""


class Gap(msgspec.Struct, frozen=True):
    """Released text this reader never got: it joined late, or history expired. Half-open."""

    start: int
    end: int


class Reader:
    """Reads one stream's verdicts in any repetition.

    frontier: how far the reader has come, in code points. gaps: what it missed so far.

    >>> from guardrails import Session, default_plan
    >>> session, reader = Session("s", default_plan()), Reader()
    >>> first, last = session.push("Tidal! "), session.push("Gate", final=True)
    >>> [segment.text for verdict in (first, last, first, last) for segment in reader.read(verdict)]
    ['Tidal! ', 'Gate']
    """

    __slots__ = ("frontier", "gaps")

    def __init__(self, frontier: int = 0) -> None:
        """frontier: where an earlier reader of the same stream had come to."""
        self.frontier = frontier
        self.gaps: list[Gap] = []

    def read(self, verdict: Verdict) -> list[Segment]:
        """Return the segments that are new, trimmed to what is new.

        Raises ProtocolError when a redacted segment straddles the frontier: part of its text has
        been shown as plain.
        """
        fresh = []
        for segment in verdict.segments:
            if segment.end <= self.frontier:
                continue
            if segment.start > self.frontier:
                self.gaps.append(Gap(self.frontier, segment.start))
            elif segment.start < self.frontier:
                segment = self._trim(verdict.stream_id, segment)  # noqa: PLW2901
            fresh.append(segment)
            self.frontier = segment.end
        return fresh

    def _trim(self, stream_id: str, segment: Segment) -> Segment:
        if segment.rule is not msgspec.UNSET:
            raise ProtocolError(
                f"stream {stream_id!r}: the redacted span {segment.start}-{segment.end} reaches "
                f"back behind {self.frontier}, which was shown; expected it to begin there or later"
            )
        text = segment.text[self.frontier - segment.start :]
        return Segment(self.frontier, segment.end, text)
