"""A YAML 1.2 text as plain values that remember where they stand.

Read event by event, so that hostile texts cost no more than their size: no anchors and aliases (a
few lines of them may stand for gigabytes), no tags (nothing is ever constructed), no duplicate
keys, bounded depth.
"""

from __future__ import annotations

import io
import re
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from guardrails.problem import Path

# 4,000,000: a keyword list of 100,000 phrases of 30 characters, indented and in quotes, which takes
# some 6 s to read.
MAX_DOCUMENT_CHARS = 4_000_000
# The deepest key of a policy lies 5 below the top.
MAX_DEPTH = 16

_UNFIT = re.compile("[\0\ud800-\udfff]")
# YAML 1.2.2, 10.3.2: the core schema.
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# Longer digit strings are no number anyone means, and Python refuses to read the longest.
_MAX_DIGITS = 100


class Mark(msgspec.Struct, frozen=True):
    """A place in a text, both from 1."""

    line: int
    column: int


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with the text as YAML, and where."""

    mark: Mark
    text: str


class Node(msgspec.Struct):
    """A value, where it begins, where its keys stand, and what lies in it."""

    value: Any
    mark: Mark
    keys: dict[str, Mark] = {}
    children: dict[str | int, Node] = {}

    def locate(self, path: Path, *, key: bool = False) -> Mark:
        """Return where the value at `path` stands, or its key, or the nearest thing around it."""
        node, mark = self, self.mark
        for depth, step in enumerate(path):
            last = depth == len(path) - 1
            if isinstance(step, str) and step in node.keys and (key and last):
                return node.keys[step]
            if step not in node.children:
                return mark
            # What is missing from a mapping is missed where its key stands.
            node, mark = node.children[step], node.children[step].mark
        return mark


class DocumentError(ValueError):
    """The text is no YAML document that can be read. faults: all that were found."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].text)
        self.faults = faults


def read_document(text: str) -> Node:
    """Read one YAML document. Raises DocumentError with every fault found."""
    if len(text) > MAX_DOCUMENT_CHARS:
        found = f"the file has {len(text):,} characters; expected at most {MAX_DOCUMENT_CHARS:,}"
        raise DocumentError([Fault(Mark(1, 1), found)])
    text = text.removeprefix("\ufeff")
    if unfit := _UNFIT.search(text):
        raise DocumentError([_unfit(text, unfit.start())])
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(io.StringIO(text)):
            builder.take(event)
    except MarkedYAMLError as error:
        builder.faults.append(_syntax_fault(error))
    except ReaderError as error:
        builder.faults.append(_unfit(text, error.position))
    except _TooDeep:
        pass
    except (ValueError, LookupError, ArithmeticError, AttributeError, RecursionError) as error:
        # What the YAML reader itself trips over, e.g. escapes beyond the last code point.
        text_of = f"this cannot be read as YAML ({type(error).__name__}); look for odd escapes"
        builder.faults.append(Fault(builder.at, text_of))
    if builder.faults:
        raise DocumentError(builder.faults)
    return builder.root or Node(None, Mark(1, 1))


def _unfit(text: str, offset: int) -> Fault:
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    found = f"character U+{ord(text[offset]):04X} is not allowed in a policy; remove it"
    return Fault(Mark(line, column), found)


def _syntax_fault(error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    where = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
    text = str(error.problem or error.context or "unreadable")
    if "cannot start any token" in text:
        text += "; indent with spaces, and put text that begins with a sign in quotes"
    elif "mapping values are not allowed" in text:
        text += "; put text that contains ': ' in quotes, and look at the indentation"
    elif error.context:
        text = f"{text} ({error.context})"
    return Fault(where, f"this is not YAML: {text}")


class _TooDeep(Exception):
    """The fault has been noted."""


class _Open(msgspec.Struct):
    """A collection that is being read. key: the one whose value comes next."""

    node: Node
    key: str | None = None


class _Builder:
    """Builds nodes from events and notes what is not allowed."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.at = Mark(1, 1)
        self._open: list[_Open] = []
        self._documents = 0

    def _fault(self, text: str) -> None:
        self.faults.append(Fault(self.at, text))

    def take(self, event: Any) -> None:
        """Take one event of the YAML reader."""
        mark = event.start_mark
        if mark is not None:
            self.at = Mark(mark.line + 1, mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._fault("a second document begins here; expected one per file")
                raise _TooDeep
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._open.pop()
        elif isinstance(event, AliasEvent):
            self._fault("aliases ('*name') are not supported; write the value out")
            self._put(Node(None, self.at))
        elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
            self._take_value(event)

    def _take_value(self, event: Any) -> None:
        if event.anchor is not None:
            self._fault("anchors ('&name') are not supported; write the value out")
        if event.tag is not None and not (isinstance(event, ScalarEvent) and event.tag == "!"):
            self._fault("tags ('!name') are not supported; remove it")
        if isinstance(event, ScalarEvent):
            self._take_scalar(event)
            return
        node = Node({} if isinstance(event, MappingStartEvent) else [], self.at, {}, {})
        self._put(node)
        self._open.append(_Open(node))
        if len(self._open) > MAX_DEPTH:
            self._fault(f"nested deeper than {MAX_DEPTH} levels; no policy needs that")
            raise _TooDeep

    def _take_scalar(self, event: ScalarEvent) -> None:
        text = str(event.value)
        if _UNFIT.search(text):
            self._fault("an escape stands for U+0000 or half a character; remove it")
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.node.value, dict) and parent.key is None:
            if text in parent.node.keys:
                first = parent.node.keys[text].line
                self._fault(f"key '{text[:40]}' stands here again; it is already on line {first}")
            else:
                parent.node.keys[text] = self.at
            parent.key = text
            return
        self._put(Node(text if event.style else _resolve(text), self.at))

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.node.value, list):
            parent.node.children[len(parent.node.value)] = node
            parent.node.value.append(node.value)
        elif parent.key is None:
            self._fault("a key must be a word, not a list or a mapping")
            parent.key = ""
        else:
            parent.node.children[parent.key] = node
            parent.node.value[parent.key] = node.value
            parent.key = None


def _resolve(text: str) -> Any:
    """Return what a plain scalar stands for.

    >>> [_resolve(text) for text in ("true", "12", "1.5", "off", "~")]
    [True, 12, 1.5, 'off', None]
    """
    for pattern, read in _READERS:
        if pattern.fullmatch(text) and len(text) <= _MAX_DIGITS:
            return read(text)
    return text


_READERS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (_NULL, lambda _: None),
    (_BOOL, lambda text: text.lower() == "true"),
    (_INT, int),
    (_BASED, lambda text: int(text, 0)),
    (_FLOAT, float),
    (_SPECIAL, lambda text: float(text.replace(".", "", 1))),
)
