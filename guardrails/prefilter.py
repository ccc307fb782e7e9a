"""Which rules may match in a text: one pass forwards over the text for all of them.

The automaton (`guardrails.automaton`) reads every text that a rule matches, and more: it knows no
edges, no lookarounds and no long counts. A hit only says "look closer".

Hyperscan did this before. Its only build that installs everywhere, Vectorscan 5.4.12 in the package
`hyperscan`, misses matches: of the expressions `xyz.a` and `[1b]a` it finds neither in a text of 17
to 34 bytes that ends in `1a`. And on chunks the size of a token its call costs as much as this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from guardrails.automaton import Automaton
from guardrails.beginning import class_before
from guardrails.dfa import Dfa, Positions
from guardrails.tree import (
    Chain,
    Chars,
    Choice,
    Group,
    Node,
    Ranges,
    Repeat,
    union,
    unparse,
)

# 4: the groups of digits in most numbers are counted, longer repeats are loops. Counting up to 64
# needs 1,500 times the states on hostile text (8 times the time), and finds no more on ordinary.
_MAX_COUNTED_REPEAT = 4


class Prefilter(Dfa):
    """The hits of a set of rules. A state's mark: the rules of which a match may end there."""

    def __init__(self, roots: Sequence[Node]) -> None:
        """roots: of each rule, or what each match of it begins with; hits are indices into them."""
        automata = [
            Automaton(_with_class_before(root), counted=_MAX_COUNTED_REPEAT, ahead=False)
            for root in roots
        ]
        super().__init__(automata, reenters=True)
        # Where reading begins, nobody knows what stood before.
        before = {
            position
            for root, first in zip(roots, self.firsts, strict=True)
            if class_before(root) is not None
            for position in first
        }
        self._entered = tuple(sorted({*self._entered, *self._move(tuple(before))}))
        self._forget()
        # Of the positions that end matches: of which rules.
        self._ended: dict[int, int] = {}
        for rule, lasts in enumerate(self.lasts):
            for position in lasts:
                self._ended[position] = self._ended.get(position, 0) | 1 << rule
        # Says of a text, from an offset on, whether it is worth reading at all.
        self.may_match = _compile_triggers(roots)

    def _mark(self, positions: Positions) -> int:
        hits = 0
        for position in positions:
            hits |= self._ended.get(position, 0)
        return hits

    def hits(self, text: str, start: int) -> int:
        """Return the rules that may match in `text` from code point `start` on, one bit for each.

        O(len(text)).
        """
        state, hits = self.start, 0
        for character in text[start:]:
            state = state[character]
            if state.mark:
                hits |= state.mark
        return hits


def members(hits: int) -> Iterable[int]:
    """Yield the rules of a set of hits, in order.

    >>> list(members(0b1010))
    [1, 3]
    """
    while hits:
        lowest = hits & -hits
        yield lowest.bit_length() - 1
        hits ^= lowest


def _with_class_before(root: Node) -> Node:
    ranges = class_before(root)
    return root if ranges is None else Chain((Chars(ranges), root))


# Relative frequency of characters in English prose, per mille, rounded up; all others count 1.
# Only speed depends on it. Source: counted over the recorded answers.
_COMMON = {" ": 160} | dict(
    zip(
        "etaoinsrhldcumpgfywbv.,",
        (
            *(
                100,
                73,
                66,
                61,
                59,
                57,
                53,
                50,
                40,
                34,
                30,
                28,
                23,
                20,
                18,
                17,
                16,
                15,
                14,
                12,
                9,
                10,
                10,
            ),
        ),
        strict=True,
    )
)
# Searching triggers first pays while at most one character in ten is one.
_MAX_TRIGGER_WEIGHT = 100


def _compile_triggers(roots: Sequence[Node]) -> Callable[[str, int], object]:
    """Return a search for characters one of which every match contains; true if too common."""
    ranges = union([pair for root in roots for pair in _trigger(root)[1]])
    if not ranges or _weigh(ranges) > _MAX_TRIGGER_WEIGHT:
        return _always
    return re.compile(unparse(Chars(ranges))).search


def _always(_text: str, _start: int) -> bool:
    return True


def _weigh(ranges: Ranges) -> int:
    weight = 0
    for low, high in ranges:
        weight += high - low + 1
        weight += sum(extra for key, extra in _COMMON.items() if low <= ord(key) <= high)
    return weight


# Heavier than any class: a part that need not be there triggers nothing.
_NEVER: tuple[int, Ranges] = (1 << 40, ())


def _trigger(node: Node) -> tuple[int, Ranges]:
    """Return the rarest class one character of which every match of the node contains."""
    if isinstance(node, Chars):
        return _weigh(node.ranges), node.ranges
    if isinstance(node, Chain):
        return min((_trigger(part) for part in node.parts), default=_NEVER)
    if isinstance(node, Choice):
        found = [_trigger(branch) for branch in node.branches]
        if _NEVER in found:
            return _NEVER
        ranges = union([pair for _, branch in found for pair in branch])
        return _weigh(ranges), ranges
    if isinstance(node, Repeat) and node.low:
        return _trigger(node.part)
    if isinstance(node, Group):
        return _trigger(node.part)
    return _NEVER
