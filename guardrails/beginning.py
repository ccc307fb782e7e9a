"""What an expression begins with, and behind what: most texts fail there."""

from __future__ import annotations

from guardrails.tree import (
    Chain,
    Chars,
    Choice,
    Edge,
    Group,
    Look,
    Node,
    Ranges,
    Repeat,
    complement,
    union,
)

# Four letters in a row, in either case: fewer stand in too many words.
TELLING_CHARS = 4
_CLASS_CHARS = 2


def telling_beginning(root: Node) -> Node:
    r"""Return an expression up to its first word, if every match begins with one; else `root`.

    >>> from guardrails.syntax import parse
    >>> from guardrails.tree import unparse
    >>> unparse(telling_beginning(parse("(?:heroku|fly)_[a-z]{0,9}=[0-9a-f]{32}").root))
    '(?:heroku|fly)\\x5f'
    """
    node, _, told = _cut(root, 0)
    return node if told else root


def _cut(node: Node, run: int) -> tuple[Node, int, bool]:
    """Cut a node behind a word. run: letters of one that have been read before it.

    Returns the node, the letters read at its end, and whether it was cut.
    """
    if isinstance(node, Chars):
        narrow = sum(high - low + 1 for low, high in node.ranges) <= _CLASS_CHARS
        run = run + 1 if narrow else 0
        return node, run, run >= TELLING_CHARS
    if isinstance(node, Chain):
        return _cut_chain(node, run)
    if type(node) is Choice:
        branches = [_cut(branch, run) for branch in node.branches]
        runs = [read for _, read, _ in branches]
        if all(told for _, _, told in branches):
            return Choice(tuple(branch for branch, _, _ in branches)), min(runs), True
        return node, min(runs), False
    if type(node) is Group or (isinstance(node, Repeat) and node.low):
        cut, read, told = _cut(node.part, run)
        if told:
            return cut, read, True
        return node, read if isinstance(node, Group) else 0, False
    # Nothing is read by what only looks.
    return node, run if isinstance(node, Look | Edge) else 0, False


def _cut_chain(chain: Chain, run: int) -> tuple[Node, int, bool]:
    for number, part in enumerate(chain.parts):
        cut, run, told = _cut(part, run)
        if told:
            return Chain((*chain.parts[:number], cut)), run, True
    return chain, run, False


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
