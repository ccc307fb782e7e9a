"""How a rule's expression is read.

Expressions are Python's `re` syntax with ASCII classes. ASCII on purpose: with Unicode classes a
CJK character is a word character, and `\\b4111` would miss a card number written right behind one.
Python's own parser reads the text; the tree here keeps what decides which text can match.
"""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found, unused-ignore]
import re._parser as sre_parser  # type: ignore[import-not-found, unused-ignore]
from collections.abc import Set
from functools import lru_cache
from typing import Any

import msgspec

from guardrails.errors import RuleError
from guardrails.rule import CAP_GROUP, PART_GROUP
from guardrails.tree import (
    LAST_CODE_POINT,
    Chain,
    Chars,
    Choice,
    Condition,
    Edge,
    Group,
    Look,
    Node,
    Ranges,
    Reference,
    Repeat,
    complement,
    union,
    unparse,
    width,
)

__all__ = [
    "MAX_RULE_WIDTH",
    "Chain",
    "Chars",
    "Choice",
    "Edge",
    "Group",
    "Look",
    "Node",
    "Ranges",
    "Repeat",
    "Syntax",
    "Unconvertible",
    "complement",
    "parse",
    "union",
    "unparse",
    "width",
]

# A repeat without upper bound is clamped, so that every rule has a widest match and every hold an
# end. 512: twice the longest single-class run in the gitleaks rules that state a bound (255).
UNBOUNDED_CHARS_CLAMP = 512
# Repeated groups multiply: 16 labels or path parts are more than any address in the corpus has.
UNBOUNDED_GROUP_CLAMP = 16
# The widest match any rule may have, in code points: a PEM block of an RSA-8192 key is 6.4k.
MAX_RULE_WIDTH = 32_768


class Unconvertible(RuleError):
    """The expression is valid, but how far it reads has no bound. Next: write it out."""


class Syntax(msgspec.Struct, frozen=True):
    """A parsed expression.

    max_width, lookbehind: code points. min_width may be 0, which no rule is allowed.
    """

    root: Node
    min_width: int
    max_width: int
    lookbehind: int


_LINE_FEED = Chars(((10, 10),))
_EDGES = {
    sre.AT_BEGINNING: "^",
    sre.AT_BEGINNING_STRING: r"\A",
    sre.AT_BOUNDARY: r"\b",
    sre.AT_NON_BOUNDARY: r"\B",
    sre.AT_END: "$",
    sre.AT_END_STRING: r"\Z",
}
_ASCII_CLASSES: dict[Any, Ranges] = {
    sre.CATEGORY_DIGIT: ((48, 57),),
    sre.CATEGORY_SPACE: ((9, 13), (32, 32)),
    sre.CATEGORY_WORD: ((48, 57), (65, 90), (95, 95), (97, 122)),
}


_CLASSES: dict[Any, Ranges] = _ASCII_CLASSES | {
    sre.CATEGORY_NOT_DIGIT: complement(_ASCII_CLASSES[sre.CATEGORY_DIGIT]),
    sre.CATEGORY_NOT_SPACE: complement(_ASCII_CLASSES[sre.CATEGORY_SPACE]),
    sre.CATEGORY_NOT_WORD: complement(_ASCII_CLASSES[sre.CATEGORY_WORD]),
}


# 600 rules have 27,000 classes, and 400 different ones.
@lru_cache(maxsize=4_096)
def _chars(op: Any, items: tuple[Any, ...], flags: int) -> Chars:
    negated = op is sre.NOT_LITERAL
    if op is sre.ANY:
        return Chars(((0, LAST_CODE_POINT),) if flags & re.DOTALL else complement(((10, 10),)))
    ranges: list[tuple[int, int]] = []
    for kind, value in items:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.LITERAL:
            ranges.append((value, value))
        elif kind is sre.RANGE:
            ranges.append(value)
        else:
            ranges.extend(_CLASSES[value])
    merged = union(ranges)
    if flags & re.IGNORECASE:
        merged = _both_cases(merged)
    return Chars(complement(merged) if negated else merged)


def _both_cases(ranges: Ranges) -> Ranges:
    """Add the other case of ASCII letters, which is what IGNORECASE with ASCII does."""
    swapped = [
        (max(first, low) + shift, min(last, high) + shift)
        for first, last in ranges
        for low, high, shift in ((65, 90, 32), (97, 122, -32))
        if max(first, low) <= min(last, high)
    ]
    return union([*ranges, *swapped])


class _Reader:
    """Turns `re`'s parse tree into ours, carrying the flags that are in force."""

    def __init__(self, state: Any, referred: Set[int] = frozenset()) -> None:
        """referred: the groups that are referred to, and so have to be told apart."""
        self.names: dict[int, str] = {index: name for name, index in state.groupdict.items()}
        self.groups: dict[int, Node] = {}
        self.referred = set(referred)
        self.lookbehind = 0
        # What the lookbehinds around the node being read reach together.
        self._behind = 0
        # How many atomic groups and possessive repeats are around it.
        self._atomic = 0

    def chain(self, tree: Any, flags: int) -> Node:
        parts = tuple(self.node(op, argument, flags) for op, argument in tree)
        return parts[0] if len(parts) == 1 else Chain(parts)

    def node(self, op: Any, argument: Any, flags: int) -> Node:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            items = tuple(argument) if op is sre.IN else ((sre.LITERAL, argument),)
            return _chars(op, items, flags & (re.DOTALL | re.IGNORECASE))
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            return self.repeat(op, argument, flags)
        if op is sre.SUBPATTERN:
            index, add, remove, tree = argument
            part = self.chain(tree, (flags | add) & ~remove)
            if index is None:
                return part
            self.groups[index] = part
            return Group(part, self.name(index))
        if op is sre.ATOMIC_GROUP:
            self._atomic += 1
            part = self.chain(argument, flags)
            self._atomic -= 1
            return Group(part, atomic=True)
        if op is sre.BRANCH:
            return Choice(tuple(self.chain(branch, flags) for branch in argument[1]))
        if op in (sre.ASSERT, sre.ASSERT_NOT):
            return self.look(op, argument, flags)
        if op is sre.AT:
            return self.edge(argument, flags)
        if op is sre.GROUPREF_EXISTS:
            index, *branches = argument
            then, otherwise = (self.chain(branch or (), flags) for branch in branches)
            return Condition((then, otherwise), self.refer(index))
        return self.reference(argument, flags)

    def name(self, index: int) -> str | None:
        """Return the name of a capturing group, if it means something to the engine."""
        name = self.names.get(index)
        if name is None or not (name == CAP_GROUP or name.startswith(PART_GROUP)):
            name = f"g{index}" if index in self.referred else None
        if name and self._atomic:
            # There `re` of CPython 3.11 reports wrong groups, or a SystemError.
            raise RuleError(
                f"group {self.names.get(index) or index} is asked for, so it may not stand in an "
                "atomic group or a possessive repeat"
            )
        return name

    def refer(self, index: int) -> str:
        """Return the name under which a group is referred to."""
        if self._behind:
            raise Unconvertible("a reference inside a lookbehind reads what no width bounds")
        self.referred.add(index)
        return self.name(index) or ""

    def reference(self, index: int, flags: int) -> Node:
        """Read a back reference: to the automaton it is the group's expression once more."""
        part = self.groups[index]
        any_case = bool(flags & re.IGNORECASE)
        if any_case:
            part = Repeat(Chars(((0, LAST_CODE_POINT),)), *width(part))
        return Reference(part, self.refer(index), any_case=any_case)

    def repeat(self, op: Any, argument: Any, flags: int) -> Node:
        low, high, tree = argument
        possessive = op is sre.POSSESSIVE_REPEAT
        self._atomic += possessive
        part = self.chain(tree, flags)
        self._atomic -= possessive
        if high is sre.MAXREPEAT:
            clamp = UNBOUNDED_CHARS_CLAMP if isinstance(part, Chars) else UNBOUNDED_GROUP_CLAMP
            high = max(int(low), clamp)
        kinds = {sre.MAX_REPEAT: "greedy", sre.MIN_REPEAT: "lazy"}
        return Repeat(part, int(low), int(high), kinds.get(op, "possessive"))

    def look(self, op: Any, argument: Any, flags: int) -> Node:
        direction, tree = argument
        outer = self._behind
        if direction < 0:
            narrowest, widest = tree.getwidth()
            if narrowest != widest:
                raise RuleError("the expression is not valid: a lookbehind must have one width")
            self._behind += widest
            self.lookbehind = max(self.lookbehind, self._behind)
        elif outer:
            raise Unconvertible("a lookahead inside a lookbehind reads what no width bounds")
        part = self.chain(tree, flags)
        self._behind = outer
        return Look(part, ahead=direction > 0, negated=op is sre.ASSERT_NOT)

    def edge(self, argument: Any, flags: int) -> Node:
        text = _EDGES[argument]
        if text in "^$" and flags & re.MULTILINE:
            return Edge(f"(?m:{text})")
        if text == "$":
            # It also holds before a last line feed, so one more character decides it.
            return Chain((Edge(text), Look(Repeat(_LINE_FEED, 0, 1), ahead=True, negated=False)))
        return Edge(text)


def parse(expression: str) -> Syntax:
    """Parse a rule's expression.

    Raises RuleError when it is not valid, may match the empty text or is too wide, and its
    subclass Unconvertible when it is valid but not regular.

    >>> parse("AKIA[A-Z2-7]{16}").max_width
    20
    """
    try:
        tree = sre_parser.parse(expression, re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise RuleError(f"the expression is not valid: {error}") from error
    reader = _Reader(tree.state)
    root = reader.chain(tree, tree.state.flags)
    if reader.referred:
        reader = _Reader(tree.state, reader.referred)
        root = reader.chain(tree, tree.state.flags)
    low, high = width(root)
    if low == 0:
        raise RuleError("the expression matches the empty text; make one part of it mandatory")
    if high > MAX_RULE_WIDTH:
        raise RuleError(
            f"a match may be {high:,} code points wide, more than {MAX_RULE_WIDTH:,}; "
            "give its repeats smaller upper bounds"
        )
    # One more than the widest lookbehind: word boundaries and line starts look at one character.
    return Syntax(root, low, high, reader.lookbehind + 1)
