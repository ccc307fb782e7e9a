"""What of a stream never came or could not be read, by offset: the audit lists it."""

from __future__ import annotations

import msgspec

from guardrails.events import Unscanned
from guardrails.sequence import Lost

# Gaps of one stream that are listed one by one; the audit record has to fit one Kafka record.
MAX_LISTED_GAPS = 1_000


class Losses:
    """The gaps of one stream, and what its producer could not read.

    >>> losses = Losses()
    >>> losses.note(Lost(3, 4), 120)
    >>> losses.listed[0].offset, losses.listed[0].last_missing_seq
    (120, 4)
    """

    __slots__ = ("_listed",)

    def __init__(self) -> None:
        self._listed: tuple[Unscanned, ...] = ()

    def note(self, lost: Lost, offset: int) -> None:
        """Remember a gap; beyond the bound the last one listed grows over all that follow."""
        if len(self._listed) < MAX_LISTED_GAPS:
            self._listed = (*self._listed, Unscanned(offset, "gap", lost.first, lost.last))
        else:
            *others, last = self._listed
            last = msgspec.structs.replace(last, last_missing_seq=lost.last)
            self._listed = (*others, last)

    def note_unread(self, reason: str, offset: int) -> None:
        """Remember that something came there that nobody could read; bounded as gaps are."""
        if len(self._listed) < MAX_LISTED_GAPS:
            self._listed = (*self._listed, Unscanned(offset, reason))

    @property
    def listed(self) -> tuple[Unscanned, ...]:
        """Return all of them in order."""
        return self._listed

    def snapshot(self) -> bytes:
        """Return the state as bytes; empty while nothing was lost."""
        return msgspec.json.encode(self._listed) if self._listed else b""

    @classmethod
    def restore(cls, saved: bytes) -> Losses:
        """Continue from a snapshot."""
        losses = cls()
        if saved:
            losses._listed = msgspec.json.decode(saved, type=tuple[Unscanned, ...])
        return losses
