"""The loops of a rule: its position automaton, and in how many ways it is read."""

from __future__ import annotations

from collections.abc import Set

from guardrails.automaton import Automaton
from guardrails.syntax import Chars, Node, Ranges, Repeat, width

# The longest repeat that is written out; it keeps the automaton small. 5: gitleaks' rules for curl
# read a command of up to five lines.
COUNTED = 5


class Edges(set[int]):
    """Positions that may follow; `twice` are those that two repeats lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.twice: set[int] = set()

    def __ior__(self, others: Set[int]) -> Edges:  # type: ignore[override, misc]
        """Add positions, and remember those that were there already."""
        self.twice |= self & others
        self.update(others)
        return self


class Loops(Automaton):
    """The automaton with what the check needs beyond it. spans: the widest text of the outermost
    loop around each position, code points.
    """

    def __init__(self, root: Node) -> None:
        self.spans: dict[int, int] = {}
        self.edges: list[Edges] = []
        super().__init__(root, counted=COUNTED)

    def _build(self, node: Node) -> tuple[set[int], set[int], bool]:
        before = len(self.classes)
        built = super()._build(node)
        if isinstance(node, Chars):
            edges = Edges()
            self.follow[-1] = edges
            self.edges.append(edges)
        if isinstance(node, Repeat) and node.high > COUNTED:
            wide = width(node)[1]
            self.spans.update(dict.fromkeys(range(before, len(self.classes)), wide))
        return built


def common(one: Ranges, other: Ranges) -> int | None:
    """Return a code point that two classes share: a letter or digit where there is one."""
    shared = [
        (max(low, other_low), min(high, other_high))
        for low, high in one
        for other_low, other_high in other
        if max(low, other_low) <= min(high, other_high)
    ]
    if not shared:
        return None
    for wanted in "a0A -":
        if any(low <= ord(wanted) <= high for low, high in shared):
            return ord(wanted)
    return shared[0][0]


def reach_of(follow: list[set[int]]) -> list[int]:
    """Return for each position, as a bit set, those that may follow in one or more steps."""
    reach = [sum(1 << follower for follower in followers) for followers in follow]
    changed = True
    while changed:
        changed = False
        # From the end: most edges lead forwards, so two or three rounds are enough.
        for position in range(len(follow) - 1, -1, -1):
            found = reach[position]
            for follower in follow[position]:
                found |= reach[follower]
            if found != reach[position]:
                reach[position] = found
                changed = True
    return reach


def components_of(follow: list[set[int]]) -> list[int | None]:
    """Return for each position the loop it lies in, named by its lowest position; None outside."""
    reach = reach_of(follow)
    looping = [position for position in range(len(follow)) if reach[position] >> position & 1]
    components: list[int | None] = [None] * len(follow)
    for position in looping:
        if components[position] is None:
            for other in looping:
                if reach[position] >> other & 1 and reach[other] >> position & 1:
                    components[other] = position
    return components
