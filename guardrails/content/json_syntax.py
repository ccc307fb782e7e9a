"""JSON (RFC 8259), read character by character: where a text can no longer become a document.

Each character is looked at once. The state is where in the grammar it stands, the open brackets
and, only for a listener, the start of the string or the number that is being read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from guardrails.content.json_text import KeptText

# A double, written out in full, has at most 1,074 decimals, "0." and a sign; RFC 8259 (9) lets a
# reader set limits, and Python's refuses integers of more than 4,300 digits.
MAX_NUMBER_CHARS = 1_077

_SPACE = " \t\n\r"
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_DIGITS = "0123456789"
_HEX = frozenset("0123456789abcdefABCDEF")
# Of a number, by what its last character was: what may come next, and what that is then.
_NUMBER: dict[str, dict[str, str]] = {
    "minus": {"0": "zero"} | dict.fromkeys("123456789", "whole"),
    "zero": {".": "point", "e": "e", "E": "e"},
    "whole": {".": "point", "e": "e", "E": "e"} | dict.fromkeys(_DIGITS, "whole"),
    "point": dict.fromkeys(_DIGITS, "decimal"),
    "decimal": {"e": "e", "E": "e"} | dict.fromkeys(_DIGITS, "decimal"),
    "e": {"+": "sign", "-": "sign"} | dict.fromkeys(_DIGITS, "exponent"),
    "sign": dict.fromkeys(_DIGITS, "exponent"),
    "exponent": dict.fromkeys(_DIGITS, "exponent"),
}
_WHOLE_NUMBERS = ("zero", "whole", "decimal", "exponent")


class Listener(Protocol):
    """What wants to know what is read. Each method tells whether that is as it should be.

    kept_chars: of a string, so many code points are handed over at most.
    """

    kept_chars: int

    def begin(self, first: str) -> bool:
        """Take the first character of a value."""

    def close(self) -> bool:
        """Take the end of an object or an array."""

    def key(self, text: str) -> bool:
        """Take the name of a member."""

    def string(self, text: str, length: int) -> bool:
        """Take a string: how it begins, and how many code points it has."""

    def number(self, text: str) -> bool:
        """Take a number as it is written."""

    def literal(self, text: str) -> bool:
        """Take true, false or null."""


class JsonReader:
    """One document as it comes.

    refused: why it ended early: `syntax`, or `listener`; empty while it goes on.
    """

    __slots__ = (
        *("_is_key", "_kept", "_listener", "_max_depth", "_rest", "_stack", "_state"),
        "refused",
    )

    def __init__(self, max_depth: int, listener: Listener | None = None) -> None:
        self._max_depth = max_depth
        self._listener = listener
        # The opening brackets of what is not closed yet.
        self._stack = ""
        self._state = "value"
        # What must still come of a literal, or the digits of \\u that have come.
        self._rest = ""
        self._is_key = False
        # The string, number or literal that is being read.
        self._kept = KeptText()
        self.refused = ""

    @property
    def closed(self) -> bool:
        """Whether the document is over: nothing but white space may follow."""
        return self._state == "after" and not self._stack

    def push(self, text: str) -> int | None:
        """Take the next piece; return where in it the document ends early. O(len(text))."""
        at, size = 0, len(text)
        while at < size:
            after = _STEPS[self._state](self, text, at)
            if after < 0:
                self.refused = self.refused or "syntax"
                return at if self._state != "plain" else -after - 1
            at = after
        return None

    def finish(self) -> bool:
        """Learn that nothing follows; tell whether it was a document."""
        if self._state in _WHOLE_NUMBERS and not self._stack:
            self._end_number()
        return self.closed and not self.refused

    # Each step takes text[at] and returns how far it came; below 0: not as it should be.

    def _value(self, text: str, at: int) -> int:
        first = text[at]
        if first in _SPACE:
            return at + 1
        if first == "]" and self._state == "first":
            return self._close(at)
        opens = first in "{["
        if opens and len(self._stack) >= self._max_depth:
            return -1
        if first == "-":
            after = "minus"
        elif first in _DIGITS:
            after = "zero" if first == "0" else "whole"
        elif first in _LITERALS:
            after, self._rest = "literal", _LITERALS[first][1:]
        elif first == '"':
            after, self._is_key = "plain", False
        elif opens:
            after = "first_key" if first == "{" else "first"
            self._stack += first
        else:
            return -1
        if self._listener is not None and not self._listener.begin(first):
            return self._refuse()
        self._state = after
        self._kept.begin("" if first == '"' else first)
        return at + 1

    def _key(self, text: str, at: int) -> int:
        character = text[at]
        if character in _SPACE:
            return at + 1
        if character == "}" and self._state == "first_key":
            return self._close(at)
        if character != '"':
            return -1
        self._state, self._is_key = "plain", True
        self._kept.begin("")
        return at + 1

    def _colon(self, text: str, at: int) -> int:
        if text[at] == ":":
            self._state = "value"
        elif text[at] not in _SPACE:
            return -1
        return at + 1

    def _after(self, text: str, at: int) -> int:
        character = text[at]
        if character in _SPACE:
            return at + 1
        inside = self._stack[-1:]
        if character == "," and inside:
            self._state = "key" if inside == "{" else "value"
            return at + 1
        if inside and character == ("}" if inside == "{" else "]"):
            return self._close(at)
        return -1

    def _close(self, at: int) -> int:
        self._stack = self._stack[:-1]
        self._state = "after"
        if self._listener is not None and not self._listener.close():
            return self._refuse()
        return at + 1

    def _plain(self, text: str, at: int) -> int:
        found = _PLAIN.match(text, at)
        end = at if found is None else found.end()
        if end > at and self._listener is not None:
            self._keep(text[at:end])
        if end == len(text):
            return end
        if text[end] == "\\":
            self._state = "escape"
        elif text[end] != '"' or not self._end_string():
            return -end - 1
        return end + 1

    def _escape(self, text: str, at: int) -> int:
        if text[at] == "u":
            self._state, self._rest = "hex", ""
        elif text[at] in _ESCAPES:
            self._keep(_ESCAPES[text[at]])
            self._state = "plain"
        else:
            return -1
        return at + 1

    def _hex(self, text: str, at: int) -> int:
        if text[at] not in _HEX:
            return -1
        self._rest += text[at]
        if len(self._rest) == 4:
            self._keep(chr(int(self._rest, 16)))
            self._state = "plain"
        return at + 1

    def _number(self, text: str, at: int) -> int:
        character = text[at]
        after = _NUMBER[self._state].get(character)
        if after is not None:
            if self._kept.length >= MAX_NUMBER_CHARS:
                return -1
            self._state = after
            self._kept.add(character, MAX_NUMBER_CHARS if self._listener is not None else 0)
            return at + 1
        if self._state not in _WHOLE_NUMBERS:
            return -1
        # It ends before this character, which is looked at again.
        return at if self._end_number() else -1

    def _literal(self, text: str, at: int) -> int:
        if text[at] != self._rest[0]:
            return -1
        self._rest = self._rest[1:]
        if not self._rest:
            self._state = "after"
            if self._listener is not None and not self._listener.literal(
                _LITERALS[self._kept.text]
            ):
                return self._refuse()
        return at + 1

    def _keep(self, piece: str) -> None:
        if self._listener is not None:
            # One more than is asked for, so that what is longer is not taken for it.
            self._kept.add(piece, self._listener.kept_chars + 1)

    def _end_string(self) -> bool:
        self._state = "colon" if self._is_key else "after"
        listener = self._listener
        if listener is None:
            return True
        kept = self._kept
        good = listener.key(kept.text) if self._is_key else listener.string(kept.text, kept.length)
        if not good:
            self._state = "plain"
            self._refuse()
        return good

    def _end_number(self) -> bool:
        self._state = "after"
        if self._listener is not None and not self._listener.number(self._kept.text):
            self._refuse()
            return False
        return True

    def _refuse(self) -> int:
        self.refused = "listener"
        return -1

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives, without the listener's."""
        return (
            *(self._state, self._stack, self._rest, self._is_key, self.refused),
            self._kept.snapshot(),
        )

    def resume(self, saved: tuple[Any, ...]) -> None:
        """Continue from a snapshot."""
        self._state, self._stack, self._rest, self._is_key, self.refused, kept = saved
        self._kept.resume(kept)


_STEPS: dict[str, Callable[[JsonReader, str, int], int]] = {
    **dict.fromkeys(("value", "first"), JsonReader._value),
    **dict.fromkeys(("key", "first_key"), JsonReader._key),
    "colon": JsonReader._colon,
    "after": JsonReader._after,
    "plain": JsonReader._plain,
    "escape": JsonReader._escape,
    "hex": JsonReader._hex,
    "literal": JsonReader._literal,
    **dict.fromkeys(_NUMBER, JsonReader._number),
}
