"""Chunks whose verdict somebody waits for, and what the guard says of those it cannot judge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from guardrails.events import DeadLetter

# How chunks of ours begin. Letters carry long ones cut, and those are no JSON any more.
_HEAD = re.compile(rb'\s*\{\s*"stream_id"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*"seq"\s*:\s*(\d{1,19})\b')


class Refusal(NamedTuple):
    """Why a chunk could not be judged. reason: short and stable; detail: for people."""

    reason: str
    detail: str


class Asked:
    """A chunk that was sent. refusal: None as far as is known."""

    __slots__ = ("refusal", "seq")

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.refusal: Refusal | None = None


class Asking:
    """The chunks of one stream that are waited for. Of the others no letter is kept: whoever sends
    one of them again gets a letter again.
    """

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked: set[Asked] = set()

    @property
    def latest(self) -> int:
        """Return the highest seq that is waited for; -1 without any."""
        return max((asked.seq for asked in self._asked), default=-1)

    @contextmanager
    def wait_for(self, seq: int) -> Iterator[Asked]:
        """Note letters about a chunk while the block runs."""
        asked = Asked(seq)
        self._asked.add(asked)
        try:
            yield asked
        finally:
            self._asked.discard(asked)

    def take(self, letter: DeadLetter) -> None:
        """Tell those who wait for the chunk that it could not be judged."""
        if not self._asked:
            return
        seq = seq_of(letter.value)
        for asked in self._asked:
            if asked.seq == seq:
                asked.refusal = Refusal(letter.reason, letter.detail)


class _Seq(msgspec.Struct):
    seq: int = -1


def seq_of(value: bytes) -> int:
    """Return the seq of a chunk as it stands in its topic, whole or cut; -1 for what has none.

    >>> seq_of(b'{"stream_id": "a", "seq": 7, "text": "It was cut h'), seq_of(b"no chunk")
    (7, -1)
    """
    if head := _HEAD.match(value):
        return int(head[1])
    try:
        return msgspec.json.decode(value, type=_Seq).seq
    except msgspec.DecodeError:
        return -1
