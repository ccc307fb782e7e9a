"""Labelled texts, one JSON object a line. `docs/evaluation.md` describes the format."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from guardrails.errors import TidegateError

# About four characters a token in English text, as vendors' pages on tokens say.
TOKEN_CHARS = 4
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHAPE = (
    'expected {"text" or "text_b64" or "chunks", and "spans": [{"start", "end", "type"}] or '
    '"label": "positive" or "negative"}'
)


class SuiteError(TidegateError):
    """A line is no labelled text. Next: correct the line the message names."""


class Span(Struct, frozen=True):
    """What stands in a text, by its label. start, end: code points, half-open."""

    start: int
    end: int
    type: str


class Case(Struct, frozen=True):
    """One labelled text. chunks: as it is streamed. positive: whether something is to be found.

    spans: all that is to be found; None where only `positive` is known.
    """

    chunks: tuple[str, ...]
    spans: tuple[Span, ...] | None
    positive: bool

    @property
    def chars(self) -> int:
        """Return how long the text is, code points."""
        return sum(map(len, self.chunks))


class _Written(Struct):
    id: str | int | None = None
    text: str | None = None
    text_b64: str | None = None
    chunks: list[str] | None = None
    spans: list[Span] | None = None
    label: Literal["positive", "negative"] | None = None


_DECODER = msgspec.json.Decoder(_Written)


def read_suite(lines: Iterable[bytes], name: str) -> Iterator[Case]:
    """Yield the cases of a suite, line by line; empty lines are none.

    Raises SuiteError `name:line: what is wrong; expected what`, never with text of the suite.

    >>> row = b'{"text": "to ada@example.org", "spans": [{"start": 3, "end": 18, "type": "E"}]}'
    >>> [(case.positive, case.chunks[0]) for case in read_suite([row], "s.jsonl")]
    [(True, 'to a')]
    """
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if content.strip():
            try:
                yield _read(content)
            except SuiteError as error:
                raise SuiteError(f"{name}:{number}: {error}") from error


def _read(content: bytes) -> Case:
    try:
        written = _DECODER.decode(content)
    except msgspec.ValidationError as error:
        message, _, place = str(error).replace("`", "").partition(" - at $.")
        where = f"'{place}': " if place else ""
        raise SuiteError(f"{where}{message[:1].lower()}{message[1:]}; {_SHAPE}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SuiteError(f"this is not JSON in UTF-8; {_SHAPE}") from error
    chunks = _chunks(written)
    if written.spans is None:
        if written.label is None:
            raise SuiteError(f"there is neither 'spans' nor 'label'; {_SHAPE}")
        positive = written.label == "positive"
        # Where nothing is to be found, that is all there is to know.
        return Case(chunks, None if positive else (), positive)
    size = sum(map(len, chunks))
    for index, span in enumerate(written.spans):
        if not 0 <= span.start < span.end <= size:
            got = f"{span.start} to {span.end}"
            raise SuiteError(f"'spans[{index}]': expected 0 <= start < end <= {size}, got {got}")
        if not span.type:
            raise SuiteError(f"'spans[{index}].type': expected a name, got an empty one")
    positive = bool(written.spans)
    if written.label is not None and (written.label == "positive") != positive:
        raise SuiteError(f"'label' is {written.label}, but there are {len(written.spans)} spans")
    return Case(chunks, tuple(sorted(written.spans, key=_by_start)), positive)


def _chunks(written: _Written) -> tuple[str, ...]:
    given = [written.text, written.text_b64, written.chunks]
    if sum(one is not None for one in given) != 1:
        raise SuiteError("expected exactly one of 'text', 'text_b64' and 'chunks'")
    if written.chunks is not None:
        return tuple(written.chunks)
    text = written.text if written.text is not None else _decode(written.text_b64 or "")
    return tuple(text[at : at + TOKEN_CHARS] for at in range(0, len(text), TOKEN_CHARS))


def _decode(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise SuiteError("'text_b64': expected base64 of UTF-8 text") from error


def _by_start(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.type
