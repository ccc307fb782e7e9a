"""JSON that comes in pieces, as a guard should read it and as it can be changed and stay JSON.

A guard reads what the JSON says: an escape is the one character it stands for, so that `\\u0041KIA`
hides nothing. What is replaced within a string is replaced by the label, escaped; a number, `true`
or `null` that is touched becomes the label as a string, whole. Quotes, braces and commas stay,
also within what is replaced.
"""

from __future__ import annotations

import json
import re
from typing import Generic, Literal, NamedTuple, TypeVar

Owner = TypeVar("Owner")

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile("[0-9a-fA-F]{4}")
_MARKS = frozenset('{}[],: \t\r\n"')
# \uXXXX
_UNICODE_CHARS = 6


class Written(NamedTuple):
    """One character: what it says, how it is written, and what it is part of: a string, a scalar
    (number, true, false, null), or a mark between them.
    """

    said: str
    raw: str
    part: Literal["string", "scalar", "mark"]


class ArgumentReader:
    """Reads pieces of JSON into characters as a guard counts them. Anything is read, also what is
    no JSON.

    >>> reader = ArgumentReader()
    >>> "".join(character.said for character in reader.read('{"a": "x\\\\u00'))
    '{"a": "x'
    >>> reader.read('41"')[0]
    Written(said='A', raw='\\\\u0041', part='string')
    """

    __slots__ = ("_in_string", "_rest")

    def __init__(self) -> None:
        self._in_string = False
        self._rest = ""

    def read(self, piece: str, *, final: bool = False) -> list[Written]:
        """Return the characters that are complete; of the last piece all of them."""
        text, self._rest = self._rest + piece, ""
        found, at = [], 0
        while at < len(text):
            size = self._width(text, at)
            if size is None and not final:
                self._rest = text[at:]
                break
            raw = text[at : at + (size or 1)]
            found.append(self._character(raw))
            at += len(raw)
        return found

    def waits(self) -> bool:
        """Return whether an escape is not complete."""
        return bool(self._rest)

    def _width(self, text: str, at: int) -> int | None:
        """Return how long the character at this place is written; None if that is not known."""
        if not self._in_string or text[at] != "\\":
            return 1
        escape = text[at : at + 2 * _UNICODE_CHARS]
        if len(escape) > 1 and escape[1] != "u":
            return 2
        if len(escape) < _UNICODE_CHARS:
            return None
        if not _HEX.fullmatch(escape[2:_UNICODE_CHARS]):
            return 2
        if not 0xD800 <= int(escape[2:_UNICODE_CHARS], 16) <= 0xDBFF:
            return _UNICODE_CHARS
        second = escape[_UNICODE_CHARS:]
        if len(second) < _UNICODE_CHARS and (second[:2] == "\\u"[: len(second[:2])]):
            return None
        if not _HEX.fullmatch(second[2:]) or not 0xDC00 <= int(second[2:], 16) <= 0xDFFF:
            return _UNICODE_CHARS
        return 2 * _UNICODE_CHARS

    def _character(self, raw: str) -> Written:
        if raw == '"':
            self._in_string = not self._in_string
            return Written(raw, raw, "mark")
        if self._in_string:
            return Written(_said(raw), raw, "string")
        if raw in _MARKS:
            return Written(raw, raw, "mark")
        return Written(raw, raw, "scalar")


def _said(raw: str) -> str:
    """Return the one character an escape stands for."""
    if len(raw) == 1:
        return raw
    if raw[1] != "u" or len(raw) == 2:
        return _ESCAPES.get(raw[1], raw[1])
    halves = "".join(chr(int(code, 16)) for code in raw.split("\\u")[1:])
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")[0]


class ArgumentWriter(Generic[Owner]):
    """Writes characters back as JSON, some of them replaced. A scalar waits until it is complete:
    only then it is known whether any of it is replaced.
    """

    __slots__ = ("_label", "_scalar")

    def __init__(self) -> None:
        self._scalar: list[tuple[Owner, str]] = []
        # What replaces the scalar; None if it stays.
        self._label: str | None = None

    def write(self, owner: Owner, character: Written, label: str | None) -> list[tuple[Owner, str]]:
        """Return what is written now, each with its owner. label: what replaces the character (the
        first one of several, then nothing), None if it stays.
        """
        if character.part == "scalar":
            self._scalar.append((owner, character.raw))
            if label is not None:
                self._label = (self._label or "") + label
            return []
        out = character.raw
        if label is not None and character.part == "string":
            out = json.dumps(label, ensure_ascii=False)[1:-1]
        return [*self.end(), (owner, out)]

    def end(self) -> list[tuple[Owner, str]]:
        """Return the scalar that was waiting, or what replaces it."""
        scalar, label = self._scalar, self._label
        self._scalar, self._label = [], None
        if label is None or not scalar:
            return scalar
        first, *others = scalar
        replaced = [(first[0], json.dumps(label, ensure_ascii=False))]
        return replaced + [(owner, "") for owner, _ in others]
