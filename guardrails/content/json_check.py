"""One document under a schema, as it is read: a `Listener` of `guardrails.content.json_syntax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guardrails.content.json_schema import ANYTHING, Node, Schema

# By the first character of a value.
_TYPES_OF = {
    "{": ("object",),
    "[": ("array",),
    '"': ("string",),
    "t": ("boolean",),
    "f": ("boolean",),
    "n": ("null",),
}
_NUMBER_TYPES = ("integer", "number")


class SchemaCheck:
    """What a schema says of a document so far. Every method tells whether that is kept."""

    def __init__(self, schema: Schema) -> None:
        self._nodes = schema.nodes
        self.kept_chars = schema.kept_chars
        # The node of the value that comes next, or is being read.
        self._next = 0
        # For each open bracket: its node, how many items, which required members; -1: an object.
        self._open: list[tuple[int, int, int]] = []

    def _node(self, number: int) -> Node:
        return ANYTHING if number < 0 else self._nodes[number]

    def begin(self, first: str) -> bool:
        """Take the first character of a value."""
        if self._open and (items := self._open[-1][1]) >= 0:
            inside, _, seen = self._open[-1]
            node = self._node(inside)
            if node.most is not None and items >= node.most:
                return False
            self._open[-1] = (inside, items + 1, seen)
            self._next = node.items
        number = self._next
        if first in "{[":
            self._open.append((number, -1 if first == "{" else 0, 0))
        node = self._node(number)
        if node.allowed is not None and first in "{[":
            return False
        types = _TYPES_OF.get(first, _NUMBER_TYPES)
        return not node.types or any(one in node.types for one in types)

    def close(self) -> bool:
        """Take the end of an object or an array."""
        number, items, seen = self._open.pop()
        node = self._node(number)
        if items < 0:
            return seen == (1 << len(node.required)) - 1
        return items >= node.fewest

    def key(self, text: str) -> bool:
        """Take the name of a member."""
        number, items, seen = self._open[-1]
        node = self._node(number)
        if text in node.required:
            self._open[-1] = (number, items, seen | 1 << node.required.index(text))
        following = node.members.get(text, node.others)
        self._next = -1 if following is None else following
        return following is not None

    def string(self, text: str, length: int) -> bool:
        """Take a string: how it begins, and how many code points it has."""
        node = self._node(self._next)
        return (
            node.shortest <= length
            and (node.longest is None or length <= node.longest)
            and (node.allowed is None or ("string", text) in node.allowed)
        )

    def number(self, text: str) -> bool:
        """Take a number as it is written."""
        node = self._node(self._next)
        value = int(text) if text.lstrip("-").isdecimal() else float(text)
        if "integer" in node.types and "number" not in node.types and value % 1:
            return False
        return (
            (node.smallest is None or value >= node.smallest)
            and (node.largest is None or value <= node.largest)
            and (node.allowed is None or ("number", value) in node.allowed)
        )

    def literal(self, text: str) -> bool:
        """Take true, false or null."""
        allowed = self._node(self._next).allowed
        value = {"true": True, "false": False, "null": None}[text]
        return allowed is None or ("literal", value) in allowed

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        return (self._next, tuple(self._open))

    def resume(self, saved: Sequence[Any]) -> SchemaCheck:
        """Continue from a snapshot."""
        self._next, opened = saved
        self._open = list(opened)
        return self
