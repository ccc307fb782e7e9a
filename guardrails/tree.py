"""An expression as a tree: what the automaton and the exact engine share."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

Ranges = tuple[tuple[int, int], ...]

LAST_CODE_POINT = 0x10FFFF


class Node(msgspec.Struct, frozen=True, gc=False):
    """Any part of an expression."""


class Chars(Node, frozen=True):
    """One code point out of `ranges`, inclusive, sorted, disjoint."""

    ranges: Ranges


class Chain(Node, frozen=True):
    """The parts one behind the other; empty matches the empty text."""

    parts: tuple[Node, ...]


class Choice(Node, frozen=True):
    """Any one of the branches, the first that fits preferred."""

    branches: tuple[Node, ...]


class Repeat(Node, frozen=True):
    """The part `low` to `high` times. kind: greedy, lazy or possessive."""

    part: Node
    low: int
    high: int
    kind: str = "greedy"


class Group(Node, frozen=True):
    """A capturing group, or an atomic one."""

    part: Node
    name: str | None = None
    atomic: bool = False


class Reference(Group, frozen=True):
    """The text of the group `name` again. part: what that text can be, and perhaps more."""

    any_case: bool = False


class Condition(Choice, frozen=True):
    """The first branch if the group `name` was set, else the second."""

    name: str


class Look(Node, frozen=True):
    """Text around the match that must (or, negated, must not) be there."""

    part: Node
    ahead: bool
    negated: bool


class Edge(Node, frozen=True):
    """A place without width: a word boundary, the start or the end of the stream or of a line."""

    text: str


def complement(ranges: Ranges) -> Ranges:
    """Return every code point that is not in `ranges`."""
    out, low = [], 0
    for first, last in ranges:
        if low < first:
            out.append((low, first - 1))
        low = last + 1
    if low <= LAST_CODE_POINT:
        out.append((low, LAST_CODE_POINT))
    return tuple(out)


def union(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """Sort and merge ranges that touch or overlap."""
    out: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return tuple(out)


def width(node: Node) -> tuple[int, int]:
    """Return the narrowest and the widest match of a node, in code points."""
    if isinstance(node, Chars):
        return 1, 1
    if isinstance(node, Chain):
        widths = [width(part) for part in node.parts]
        return sum(low for low, _ in widths), sum(high for _, high in widths)
    if isinstance(node, Choice):
        widths = [width(branch) for branch in node.branches]
        return min(low for low, _ in widths), max(high for _, high in widths)
    if isinstance(node, Repeat):
        low, high = width(node.part)
        return low * node.low, high * node.high
    if isinstance(node, Group):
        return width(node.part)
    return 0, 0


def lookahead(node: Node) -> int:
    """Return how far behind its own end a node may read, in code points."""
    if isinstance(node, Look):
        return width(node.part)[1] + lookahead(node.part) if node.ahead else 0
    if isinstance(node, Chain):
        return sum(lookahead(part) for part in node.parts)
    if isinstance(node, Choice):
        return max(lookahead(branch) for branch in node.branches)
    if isinstance(node, Group | Repeat):
        return lookahead(node.part)
    return 0


def _escape(code_point: int) -> str:
    character = chr(code_point)
    if character.isascii() and character.isalnum():
        return character
    return f"\\x{code_point:02x}" if code_point < 256 else f"\\U{code_point:08x}"


def _class_text(ranges: Ranges) -> str:
    return "".join(
        _escape(first) if first == last else f"{_escape(first)}-{_escape(last)}"
        for first, last in ranges
    )


def _unparse_referring(node: Reference | Condition) -> str:
    if isinstance(node, Reference):
        return f"(?i:(?P={node.name}))" if node.any_case else f"(?P={node.name})"
    then, otherwise = (unparse(branch) for branch in node.branches)
    return f"(?({node.name})(?:{then})|(?:{otherwise}))"


def unparse(node: Node) -> str:
    """Write a tree as an expression for `re` with the ASCII flag: the exact form of a rule.

    >>> unparse(Repeat(Chars(((97, 102),)), 1, 512, "lazy"))
    '[a-f]{1,512}?'
    """
    if isinstance(node, Chars):
        if len(node.ranges) == 1 and node.ranges[0][0] == node.ranges[0][1]:
            return _escape(node.ranges[0][0])
        if not node.ranges:
            return r"(?!)"
        rest = complement(node.ranges)
        if not rest:
            return r"(?s:.)"
        negated = len(rest) < len(node.ranges)
        return f"[^{_class_text(rest)}]" if negated else f"[{_class_text(node.ranges)}]"
    if isinstance(node, Chain):
        return "".join(
            f"(?:{unparse(part)})" if isinstance(part, Choice) else unparse(part)
            for part in node.parts
        )
    if isinstance(node, Reference | Condition):
        return _unparse_referring(node)
    if isinstance(node, Choice):
        return "|".join(unparse(branch) for branch in node.branches)
    if isinstance(node, Repeat):
        atom = unparse(node.part)
        if not isinstance(node.part, Chars):
            atom = f"(?:{atom})"
        suffix = {"greedy": "", "lazy": "?", "possessive": "+"}[node.kind]
        return f"{atom}{{{node.low},{node.high}}}{suffix}"
    if isinstance(node, Group):
        opening = "(?>" if node.atomic else f"(?P<{node.name}>" if node.name else "(?:"
        return f"{opening}{unparse(node.part)})"
    if isinstance(node, Look):
        mark = ("" if node.ahead else "<") + ("!" if node.negated else "=")
        return f"(?{mark}{unparse(node.part)})"
    return node.text if isinstance(node, Edge) else ""
