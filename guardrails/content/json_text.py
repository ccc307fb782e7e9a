"""A string or a number of a JSON document while it is being read: its beginning and its length."""

from __future__ import annotations

from typing import Any

_HIGH, _LAST_HIGH = "\ud800", "\udbff"
_LOW, _LAST_LOW = "\udc00", "\udfff"


class KeptText:
    """text: the beginning, as far as it is kept. length: of all of it, code points; two escapes
    that are halves of a surrogate pair are one.

    >>> kept = KeptText()
    >>> for piece in ("ab", "\\ud83d", "\\ude00", "cd"): kept.add(piece, 4)
    >>> kept.text, kept.length
    ('ab😀c', 5)
    """

    __slots__ = ("_half", "length", "text")

    def __init__(self) -> None:
        self.text = ""
        self.length = 0
        # Whether the first half of a pair came last.
        self._half = False

    def begin(self, text: str) -> None:
        """Begin anew with this."""
        self.text, self.length, self._half = text, len(text), False

    def add(self, piece: str, at_most: int) -> None:
        """Take the next piece; keep so many code points of all."""
        if self._half and _LOW <= piece[0] <= _LAST_LOW:
            # The first half was counted, and may lie beyond what is kept.
            if _HIGH <= self.text[-1:] <= _LAST_HIGH:
                high, low = ord(self.text[-1]) & 0x3FF, ord(piece[0]) & 0x3FF
                self.text = self.text[:-1] + chr(0x10000 + (high << 10) + low)
            self._half = False
            return
        self.length += len(piece)
        self.text += piece[: max(at_most - len(self.text), 0)]
        self._half = _HIGH <= piece[-1] <= _LAST_HIGH

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        return (self.text.encode("utf-16-le", "surrogatepass"), self.length, self._half)

    def resume(self, saved: tuple[Any, ...]) -> None:
        """Continue from a snapshot."""
        text, self.length, self._half = saved
        self.text = text.decode("utf-16-le", "surrogatepass")
