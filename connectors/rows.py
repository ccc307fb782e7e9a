"""Texts to scan, as people keep them: one JSON object per line, and the ways to cut them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec
from msgspec import UNSET, Struct, UnsetType

from guardrails.errors import TidegateError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_SHOWN_ID_CHARS = 80


class RowError(TidegateError):
    """A line is no row that can be scanned. Next: correct the line, or leave it out."""


class Row(Struct, frozen=True):
    """One text. chunks: as a model sent it; a row of one text has one."""

    line: int
    id: str | int
    chunks: list[str]


class _Written(Struct):
    """A row as it stands in the file; other keys are ignored."""

    id: str | int
    text: str | UnsetType = UNSET
    chunks: list[str] | UnsetType = UNSET


_DECODER = msgspec.json.Decoder(_Written)

Cut = Callable[[Row], list[str]]


def read_rows(stream: BinaryIO, name: str) -> Iterator[Row | RowError]:
    """Yield the rows of a file, one line at a time; a RowError, not raised, for a bad line.

    Lines end with a line feed alone: U+2028 and U+0085 may stand in texts. Empty lines are no
    rows. name: of the file, for messages, which never carry text.
    """
    for number, line in enumerate(stream, 1):
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if content.strip():
            try:
                yield _read(content, number)
            except RowError as error:
                yield RowError(f"{name}:{number}: {error}")


def _read(content: bytes, number: int) -> Row:
    written = _decode(content)
    if isinstance(written.id, str) and _LONE_SURROGATE.search(written.id):
        raise RowError("'id' holds half a character; expected well-formed text")
    shown = repr(written.id)
    shown = shown if len(shown) <= _MAX_SHOWN_ID_CHARS else f"{shown[:_MAX_SHOWN_ID_CHARS]}..."
    if isinstance(written.chunks, UnsetType):
        if isinstance(written.text, UnsetType):
            raise RowError(f"row {shown} has neither 'text' nor 'chunks'; expected one of them")
        return Row(number, written.id, [written.text])
    if not isinstance(written.text, UnsetType) and written.text != "".join(written.chunks):
        raise RowError(f"row {shown}: 'text' is not its 'chunks' joined; expected one of them")
    return Row(number, written.id, written.chunks)


def _decode(content: bytes) -> _Written:
    try:
        return _DECODER.decode(content)
    except msgspec.ValidationError as error:
        raise RowError(f"{_say(error)}; expected {_SHAPE}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        why = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "nested too deep"
        raise RowError(f"the line is {why}; expected {_SHAPE}") from error
    except msgspec.DecodeError as error:
        if _SURROGATE_ESCAPE.search(content) is None:
            raise RowError(f"not JSON ({_say(error)}); expected {_SHAPE}") from error
    # Half a character at the end of a chunk is joined with the next chunk; only `json` keeps it.
    try:
        return msgspec.convert(json.loads(content), _Written)
    except msgspec.ValidationError as error:
        raise RowError(f"{_say(error)}; expected {_SHAPE}") from error
    except (ValueError, RecursionError) as error:
        raise RowError(f"not JSON; expected {_SHAPE}") from error


_SHAPE = '{"id", "text"} or {"id", "chunks": [...]}'


def _say(error: Exception) -> str:
    """Put a decoder's message, which names types and places and no values, into our words."""
    text, _, place = str(error).replace("`", "").partition(" - at $")
    text = text.removeprefix("JSON is malformed: ")
    text = text[:1].lower() + text[1:]
    return f"'{place.removeprefix('.')}': {text}" if place else text


def parse_cut(name: str) -> Cut:
    """Return how rows are cut: as-given, whole, chars:N or random:SEED. Raises ValueError.

    >>> parse_cut("chars:3")(Row(1, "a", ["Hello", " you"]))
    ['Hel', 'lo ', 'you']
    """
    kind, _, argument = name.partition(":")
    if name == "as-given":
        return lambda row: row.chunks
    if name == "whole":
        return lambda row: ["".join(row.chunks)]
    if kind == "chars" and argument.isdecimal() and int(argument) > 0:
        size = int(argument)
        return lambda row: cut_evenly("".join(row.chunks), size)
    if kind == "random" and argument.isdecimal():
        return lambda row: cut_randomly("".join(row.chunks), f"{argument}:{row.line}")
    raise ValueError(f"expected as-given, whole, chars:N or random:SEED, got {name[:40]!r}")


def cut_evenly(text: str, size: int) -> list[str]:
    """Cut into pieces of `size` code points; the last may be shorter."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def cut_randomly(text: str, seed: str) -> list[str]:
    """Cut anywhere: single characters, tokens, long pieces, and pieces without any text."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    typical = rng.choice((1, 4, 12, 200))
    pieces, start = [], 0
    while start < len(text):
        size = 0 if rng.random() < 0.1 else rng.randint(1, 2 * typical)
        pieces.append(text[start : start + size])
        start += size
    if rng.random() < 0.2:
        pieces.append("")
    return pieces
