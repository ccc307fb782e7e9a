"""Behind what an expression may begin: most starts fail there."""

from __future__ import annotations

from guardrails.tree import (
    Chain,
    Chars,
    Group,
    Look,
    Node,
    Ranges,
    complement,
    union,
)


def class_before(root: Node) -> Ranges | None:
    """Return what may stand before a match that does not begin the text; None: any character.

    Only what an expression begins with, and looks at one character, is understood.

    >>> from guardrails.syntax import parse
    >>> class_before(parse(r"(?<=[a-z])(?<![x-z])ab").root)
    ((97, 119),)
    """
    excluded = [pair for ranges in _excluded_before(root) for pair in ranges]
    return complement(union(excluded)) if excluded else None


def _excluded_before(root: Node) -> list[Ranges]:
    found: list[Ranges] = []
    for part in root.parts if isinstance(root, Chain) else (root,):
        if isinstance(part, Chain) or type(part) is Group:
            return found + _excluded_before(part if isinstance(part, Chain) else part.part)
        if not isinstance(part, Look) or part.ahead:
            break
        if isinstance(part.part, Chars):
            ranges = part.part.ranges
            found.append(ranges if part.negated else complement(ranges))
    return found
