"""JSON in a stream: as the whole reply, or in the code blocks of a Markdown text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from guardrails.content.json_check import SchemaCheck
from guardrails.content.json_schema import Schema
from guardrails.content.json_syntax import JsonReader
from guardrails.scan import Sighting

Where = Literal["whole", "fence"]

# CommonMark 0.31, 4.5: at most three spaces, a fence of three or more, and what the block is. A
# fence of backticks with one behind it is code within a line.
_OPENING = re.compile(r" {0,3}(?:(?P<ticks>`{3,})(?!.*`)|(?P<tildes>~{3,}))[ \t]*(?P<info>[^\s`]*)")
# Of a line that may be a fence, so much is looked at: fences have three or four characters.
_MAX_LINE = 80
# In place of a line that is none.
_INSIDE = "-"


class JsonScanner(msgspec.Struct, frozen=True):
    """Documents where they are expected. Without a schema: whether they are JSON; with one:
    whether they keep it, as far as they are JSON.
    """

    where: Where
    max_depth: int
    schema: Schema | None = None
    # Nothing but the last character of what is not over yet.
    max_hold: int = 1

    def begin(self, offset: int) -> JsonScan:
        """Begin at an offset of a stream: nothing before it is seen."""
        return JsonScan(self, offset)

    def resume(self, saved: tuple[Any, ...]) -> JsonScan:
        """Continue from a snapshot."""
        return JsonScan(self, 0).resume(saved)

    def open(self) -> Document:
        """Return a document that nothing has come of."""
        return Document(self)


class Document:
    """One document: its reader and, if there is a schema, what that is asked about."""

    __slots__ = ("_check", "_reader")

    def __init__(self, scanner: JsonScanner) -> None:
        self._check = None if scanner.schema is None else SchemaCheck(scanner.schema)
        self._reader = JsonReader(scanner.max_depth, self._check)

    def push(self, text: str) -> int | None:
        """Take the next piece; return where in it the document ends early."""
        return self._reader.push(text)

    @property
    def is_finding(self) -> bool:
        """Whether the end that came early is what is looked for: a document that is no JSON is
        nothing to hold against a schema.
        """
        return self._check is None or self._reader.refused == "listener"

    def finish(self) -> bool:
        """Learn that nothing follows; tell whether that is well."""
        return self._reader.finish() or not self.is_finding

    @property
    def closed(self) -> bool:
        """Whether the document is over."""
        return self._reader.closed

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        return (self._reader.snapshot(), None if self._check is None else self._check.snapshot())

    def resume(self, saved: tuple[Any, ...]) -> Document:
        """Continue from a snapshot."""
        reader, check = saved
        self._reader.resume(reader)
        if self._check is not None:
            self._check.resume(check)
        return self


class JsonScan:
    """One stream's documents.

    What is not over when the text ends is a finding at its last character. So the last character
    waits for the next one until a document is over.
    """

    __slots__ = ("_document", "_end", "_fence", "_line", "_scanner", "_seen", "frontier")

    def __init__(self, scanner: JsonScanner, offset: int) -> None:
        self._scanner = scanner
        self.frontier = self._end = offset
        self._document = scanner.open() if scanner.where == "whole" else None
        # Whether any document has begun, without which the text is none that was asked for.
        self._seen = scanner.where == "whole"
        # In Markdown: the fence of the open block, and the line as far as it may be a fence.
        self._fence = ""
        self._line = ""

    def push(self, text: str, *, final: bool) -> Sequence[Sighting]:
        """Take the next chunk; return what is now decided. O(chunk)."""
        start = self._end
        self._end = end = start + len(text)
        if self._scanner.where == "whole":
            found = self._read(text, start)
        else:
            found = self._read_lines(text, start)
        if final and end > self.frontier and self._is_open and not self._is_well():
            found.append((end - 1, ""))
        self.frontier = end if final or not self._is_open else max(end - 1, self.frontier)
        return found

    @property
    def _is_open(self) -> bool:
        """Whether the end of the text would say something."""
        if self._document is not None:
            return not self._document.closed or self._is_half_fence
        return not self._seen and self._scanner.schema is None

    @property
    def _is_half_fence(self) -> bool:
        """Whether the line begins as a fence does: no JSON, unless all of one comes."""
        return self._fence[:1] in self._line.strip() if self._fence else False

    def _is_well(self) -> bool:
        """Tell whether the document that is open may end here."""
        if self._document is None:
            return False
        broken = self._is_half_fence and self._scanner.schema is None
        return self._document.finish() and not broken

    def _read(self, text: str, start: int) -> list[Sighting]:
        """Read a piece of the document that is open, if one is."""
        document = self._document
        if document is None or (at := document.push(text)) is None:
            return []
        self._document = None
        return [(start + at, text[at])] if document.is_finding else []

    def _read_lines(self, text: str, start: int) -> list[Sighting]:
        """Read a piece of Markdown, line by line."""
        found: list[Sighting] = []
        at, size = 0, len(text)
        while at < size:
            end = text.find("\n", at) + 1 or size
            if self._document is not None:
                at = self._read_block(self._document, text, at, end, start, found)
                continue
            self._line = (self._line + text[at:end])[:_MAX_LINE]
            if text[end - 1] == "\n":
                self._end_line()
            at = end
        return found

    def _end_line(self) -> None:
        """Learn that a line outside of JSON is over: it may open a block, or close one."""
        line, self._line = self._line, ""
        if self._fence:
            closing = line.strip()
            indented = line.startswith("    ")
            if not indented and closing.startswith(self._fence) and not closing.strip(closing[0]):
                self._fence = ""
        elif opening := _OPENING.match(line):
            self._fence = opening["ticks"] or opening["tildes"]
            if opening["info"].lower() == "json":
                self._document = self._scanner.open()
                self._seen = True

    def _read_block(
        self, document: Document, text: str, at: int, end: int, start: int, found: list[Sighting]
    ) -> int:
        """Read one line of a JSON block, or the rest of it; return how far it was read.

        No line of JSON begins with the sign of a fence, so the first such sign begins the end.
        """
        sign = self._fence[0]
        while at < end and self._line != _INSIDE:
            character = text[at]
            if character == sign:
                self._line += sign
                at += 1
                if self._line.count(sign) == len(self._fence):
                    if not document.finish():
                        found.append((start + at - 1, sign))
                    self._document, self._fence, self._line = None, "", _INSIDE
                    return at
            elif sign in self._line:
                # Too short for a fence, and no JSON either.
                self._document = None
                if self._scanner.schema is None:
                    found.append((start + at, character))
                return at
            elif character == " " and len(self._line) < 3:
                self._line += character
                at += 1
            else:
                self._line = _INSIDE
        if at < end:
            found += self._read(text[at:end], start + at)
            # What was read of the line is no fence, whatever the block is now.
            self._line = "" if text[end - 1] == "\n" else _INSIDE
        return end

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        document = None if self._document is None else self._document.snapshot()
        return (self.frontier, self._end, document, self._seen, self._fence, self._line)

    def resume(self, saved: tuple[Any, ...]) -> JsonScan:
        """Continue from a snapshot."""
        self.frontier, self._end, document, self._seen, self._fence, self._line = saved
        self._document = None if document is None else self._scanner.open().resume(document)
        return self
