"""One channel of a reply on its way through the guard: received, decided, sent.

Offsets are the guard's: code points of what it was given, from the channel's beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from connectors.providers.events import Channel, Path
from connectors.providers.rewriting.arguments import ArgumentReader, ArgumentWriter, Written
from guardrails.errors import TidegateError
from guardrails.events import Segment
from guardrails.fold import clean, ends_in_half


class ReleaseError(TidegateError):
    """What was released does not follow what was released before. Next: end the reply."""


@dataclass(eq=False, slots=True)
class Slot:
    """The text one frame brings to a channel, and what is sent in its place.

    path: where it stands in the frame's payload, empty for what stands nowhere; echoes: where it
    stands there again. raw: as it came. value: the path leads to a JSON value, written as text.
    said: what the guard is given of it; it covers `start` to `end`. done: how far it is decided.
    pending: what is decided and not sent. changed: some of it was replaced. begun: something of its
    frame has been sent. owner: the frame, for those who send it.
    """

    path: Path
    raw: str
    value: bool = False
    echoes: list[Path] = field(default_factory=list)
    said: str = ""
    start: int = 0
    done: int = 0
    pending: str = ""
    changed: bool = False
    begun: bool = False
    owner: Any = None

    @property
    def end(self) -> int:
        """Where it ends, in the channel's offsets."""
        return self.start + len(self.said)

    def complete(self) -> bool:
        """Return whether all of it is decided."""
        return self.done == self.end


class Lane:
    """The text of one channel."""

    def __init__(self, channel: Channel, *, json: bool = False) -> None:
        """json: the text is JSON, see `arguments.py`."""
        self.channel = channel
        self.received = self.frontier = 0
        self.closed = False
        # What is shown is not what was said: something was replaced.
        self.changed = False
        # The slots whose text is not all sent, oldest first; and of those the undecided.
        self.slots: deque[Slot] = deque()
        self._undecided: deque[Slot] = deque()
        self._said: list[str] = []
        self._shown: list[str] = []
        self._half = ""
        self._last: Slot | None = None
        self._reader = ArgumentReader() if json else None
        self._writer: ArgumentWriter[Slot] = ArgumentWriter()
        self._written: deque[Written] = deque()

    def add(self, slot: Slot, *, final: bool = False) -> None:
        """Take a frame's text. Half a character waits for its other half."""
        raw, self._half = self._half + slot.raw, ""
        if ends_in_half(raw) and not final:
            raw, self._half = raw[:-1], raw[-1]
        said = clean(raw)
        self._said.append(said)
        if self._reader is not None:
            characters = self._reader.read(said, final=final)
            self._written.extend(characters)
            said = clean("".join(character.said for character in characters))
        slot.said = said
        slot.start = slot.done = self.received
        self.received += len(said)
        self.slots.append(slot)
        self._undecided.append(slot)
        self._last = slot

    def close(self) -> Slot | None:
        """No more text comes. Return a last slot if something waited for more."""
        self.closed = True
        if not self._half and (self._reader is None or not self._reader.waits()):
            self.release(())
            return None
        last = self._last
        slot = Slot((), "", begun=True)
        if last is not None:
            slot.path, slot.echoes, slot.owner = last.path, last.echoes, last.owner
        self.add(slot, final=True)
        return slot

    def release(self, segments: Iterable[Segment]) -> None:
        """Take what the guard has decided. Segments that came before are passed over.

        Raises ReleaseError for segments that leave a gap or replace what was shown.
        """
        for segment in segments:
            if segment.end <= self.frontier:
                continue
            plain = segment.rule is UNSET
            if segment.start > self.frontier or segment.end > self.received:
                raise ReleaseError(
                    f"channel {self.channel.kind}:{self.channel.index}: released "
                    f"{segment.start}-{segment.end}; expected what follows {self.frontier}, up to "
                    f"{self.received}"
                )
            if segment.start < self.frontier and not plain:
                raise ReleaseError(
                    f"channel {self.channel.kind}:{self.channel.index}: the replaced span "
                    f"{segment.start}-{segment.end} begins before {self.frontier}, which was sent"
                )
            text = segment.text[self.frontier - segment.start :] if plain else segment.text
            self._decide(segment.end, text, plain=plain)
        if self.complete():
            for owner, piece in self._writer.end():
                self._show(owner, piece, 1)

    def _decide(self, end: int, text: str, *, plain: bool) -> None:
        """Show `text` for everything up to `end`."""
        start = self.frontier
        while self.frontier < end:
            slot = self._next_undecided()
            upto = min(end, slot.end)
            if plain:
                piece = text[self.frontier - start : upto - start]
                same = piece == slot.said[self.frontier - slot.start : upto - slot.start]
            else:
                piece, same = (text if self.frontier == start else ""), False
            if not same:
                self.changed = slot.changed = True
            if self._reader is None:
                self._show(slot, piece, upto - slot.done)
            else:
                self._write(slot, upto - self.frontier, None if same else piece)
            self.frontier = upto

    def _write(self, slot: Slot, size: int, label: str | None) -> None:
        """Write characters of JSON; a number waits for its end."""
        for _ in range(size):
            for owner, piece in self._writer.write(slot, self._written.popleft(), label):
                self._show(owner, piece, 1)
            label = label and ""

    def _next_undecided(self) -> Slot:
        """Return the slot the frontier is in."""
        while self._undecided[0].end <= self.frontier:
            self._undecided.popleft()
        return self._undecided[0]

    def _show(self, slot: Slot, piece: str, size: int) -> None:
        slot.pending += piece
        slot.done += size
        self._shown.append(piece)

    @property
    def said(self) -> str:
        """All that came, as it was written."""
        return "".join(self._said)

    @property
    def shown(self) -> str:
        """All that is sent in its place, so far."""
        return "".join(self._shown)

    def complete(self) -> bool:
        """Return whether no more text comes and all of it is decided."""
        return self.closed and self.frontier == self.received
