"""The position automaton of a rule: which character of a match may stand behind which.

A position is one occurrence of a character class in the expression (Glushkov's construction, The
abstract theory of automata, 1961). Short repeats are written out; a long one becomes a loop, a
superset that the rule's width bounds again.
"""

from __future__ import annotations

from guardrails.syntax import Chain, Chars, Choice, Group, Look, Node, Ranges, Repeat

# 64: local parts, DNS labels and most keys are counted exactly; longer runs loop.
MAX_COUNTED_REPEAT = 64
# A repeated group is written out while it stays below this many positions.
MAX_COUNTED_POSITIONS = 512


class Automaton:
    """Positions with their classes, what may follow each, and where a match may begin.

    A lookahead is a side branch: its positions are alive while it reads, and no match goes on
    behind them. What stands left of a match is left out: that only makes more starts pending. What
    is not regular is read as more than it is: a back reference as its group's expression once
    more, a condition as either branch.
    """

    def __init__(self, root: Node, *, counted: int = MAX_COUNTED_REPEAT) -> None:
        """counted: the highest repeat that is written out."""
        self.classes: list[Ranges] = []
        self.follow: list[set[int]] = []
        self._counted = counted
        self.first, self.last, self.nullable = self._build(root)

    def _build(self, node: Node) -> tuple[set[int], set[int], bool]:
        """Return the first and last positions of a node, and whether it may be empty."""
        if isinstance(node, Chars):
            self.classes.append(node.ranges)
            self.follow.append(set())
            position = {len(self.classes) - 1}
            return position, set(position), False
        if isinstance(node, Chain):
            return self._chain(node.parts)
        if isinstance(node, Choice):
            built = [self._build(branch) for branch in node.branches]
            return (
                set().union(*(first for first, _, _ in built)),
                set().union(*(last for _, last, _ in built)),
                any(nullable for _, _, nullable in built),
            )
        if isinstance(node, Repeat):
            return self._repeat(node)
        if isinstance(node, Group):
            return self._build(node.part)
        if isinstance(node, Look) and node.ahead:
            return self._build(node.part)[0], set(), True
        return set(), set(), True

    def _chain(self, parts: tuple[Node, ...]) -> tuple[set[int], set[int], bool]:
        first: set[int] = set()
        last: set[int] = set()
        nullable = True
        for part in parts:
            part_first, part_last, part_nullable = self._build(part)
            for position in last:
                self.follow[position] |= part_first
            if nullable:
                first |= part_first
            last = last | part_last if part_nullable else part_last
            nullable = nullable and part_nullable
        return first, last, nullable

    def _repeat(self, node: Repeat) -> tuple[set[int], set[int], bool]:
        if node.high == 0:
            return set(), set(), True
        copies, loop = node.high, node.high > self._counted
        if not loop and not isinstance(node.part, Chars):
            loop = node.high * _size(node.part) > MAX_COUNTED_POSITIONS
        if loop:
            copies = max(1, min(node.low, self._counted))
        first: set[int] = set()
        last: set[int] = set()
        exits: set[int] = set()
        nullable = True
        for copy in range(1, copies + 1):
            part_first, part_last, part_nullable = self._build(node.part)
            for position in last:
                self.follow[position] |= part_first
            if nullable:
                first |= part_first
            last = last | part_last if part_nullable else part_last
            nullable = nullable and part_nullable
            if copy >= node.low or loop:
                exits |= part_last
            if loop and copy == copies:
                for position in part_last:
                    self.follow[position] |= part_first
        return first, exits | (last if nullable else set()), nullable or node.low == 0


def _size(node: Node) -> int:
    """Count the positions a node is written out to, repeats once."""
    if isinstance(node, Chars):
        return 1
    if isinstance(node, Chain):
        return sum(_size(part) for part in node.parts)
    if isinstance(node, Choice):
        return sum(_size(branch) for branch in node.branches)
    if isinstance(node, Repeat):
        return min(node.high, MAX_COUNTED_REPEAT) * _size(node.part)
    if isinstance(node, Group | Look):
        return _size(node.part)
    return 0
