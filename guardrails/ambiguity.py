"""In how many ways a rule can read one text: the criteria of Weber and Seidl (On the degree of
ambiguity of finite automata, 1991) on the rule's position automaton.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator

from guardrails.errors import RuleError
from guardrails.loops import Loops, common, components_of
from guardrails.syntax import Ranges

# Pairs of positions looked at: a second. The shipped rules and gitleaks' need at most 20,000.
MAX_STEPS = 1_000_000

Pair = tuple[int, int]


class Ambiguity:
    """What can be asked about one automaton. Raises RuleError if it cannot be told in time."""

    def __init__(self, automaton: Loops) -> None:
        self._automaton = automaton
        self._classes = automaton.classes
        self._follow = automaton.follow
        self._shared: dict[tuple[Ranges, Ranges], int | None] = {}
        self._edges = automaton.edges
        self._spans = automaton.spans
        self._steps = 0
        # Pairs of positions that never meet again.
        self._safe: set[Pair] = set()
        self._component = components_of(automaton.follow)
        self._loops: dict[int, list[int]] = {}
        for position, component in enumerate(self._component):
            if component is not None:
                self._loops.setdefault(component, []).append(position)

    def double_round(self) -> str | None:
        """Return a text that leads round one loop in two ways; None if there is none."""
        words = (self._double_round(positions) for positions in self._loops.values())
        return next((word for word in words if word is not None), None)

    def _overlap(self, one: int, other: int) -> int | None:
        key = (self._classes[one], self._classes[other])
        if key not in self._shared:
            self._shared[key] = common(*key)
        return self._shared[key]

    def _count(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise RuleError(
                "the expression is too entangled to show that it cannot explode; "
                "split it into several rules with fewer repeats"
            )

    # ------------------------------------------------------------------ exponential

    def _double_round(self, positions: list[int]) -> str | None:
        inside = set(positions)
        for position in positions:
            for follower in self._edges[position].twice & inside:
                back = self._path((follower, follower), {(position, position)}, inside)
                return self._word([(follower, follower), *back])
        meetings = {(position, position) for position in positions}
        # Two ways part in one step and meet in a later one: then there are two ways round.
        for position in positions:
            for parted in self._pairs((position, position), inside):
                if parted[0] < parted[1] and parted not in self._safe:
                    met = self._path(parted, meetings, inside)
                    if met:
                        around = self._path(met[-1], {(position, position)}, inside)
                        return self._word([parted, *met, *around])
        return None

    def _path(self, start: Pair, goals: set[Pair], inside: set[int]) -> list[Pair]:
        """Return the shortest way from a pair to one of the goals, without the start.

        Empty if the start is a goal or there is no way; then every pair seen is safe.
        """
        came_from: dict[Pair, Pair] = {}
        waiting = deque([start])
        seen = {start}
        while waiting:
            pair = waiting.popleft()
            if pair in goals:
                way = []
                while pair != start:
                    way.append(pair)
                    pair = came_from[pair]
                return way[::-1]
            for following in self._pairs(pair, inside):
                if following not in seen:
                    seen.add(following)
                    came_from[following] = pair
                    waiting.append(following)
        self._safe |= seen
        return []

    def _word(self, way: list[Pair]) -> str:
        shared = [self._overlap(*pair) for pair in way]
        return "".join(chr(code_point) for code_point in shared if code_point is not None)

    def _pairs(self, pair: Pair, inside: set[int]) -> Iterator[Pair]:
        for one in self._follow[pair[0]] & inside:
            for other in self._follow[pair[1]] & inside:
                self._count()
                if self._overlap(one, other) is not None:
                    yield one, other

    # ------------------------------------------------------------------ polynomial

    def characters(self) -> set[str]:
        """Return one character of each class, a letter or digit where there is one."""
        found = (common(ranges, ranges) for ranges in self._classes)
        return {chr(code_point) for code_point in found if code_point is not None}

    def shared_texts(self) -> Iterator[tuple[str, str]]:
        """Yield texts that loops behind one another can share: a beginning, and a word to repeat.

        The beginning leads to the first loop; the word leads round it, from it to the second loop,
        and round that.
        """
        for earlier, later in itertools.permutations(self._loops, 2):
            found = self._bridge(self._loops[earlier], self._loops[later])
            if found is not None:
                position, word = found
                yield self._access(position), word

    def _access(self, goal: int) -> str:
        """Return a shortest text that leads to a position, and is read by it last."""
        came_from: dict[int, int | None] = dict.fromkeys(self._automaton.first)
        waiting = deque(came_from)
        while waiting and goal not in came_from:
            position = waiting.popleft()
            for follower in self._follow[position]:
                if follower not in came_from:
                    came_from[follower] = position
                    waiting.append(follower)
        way: list[Pair] = []
        step: int | None = goal
        while step is not None:
            way.append((step, step))
            step = came_from.get(step)
        return self._word(way[::-1])

    def _bridge(self, one: list[int], other: list[int]) -> tuple[int, str] | None:
        """Return a position of the first loop and a word: criterion IDA."""
        inside = set(one), set(other)
        for position in one:
            for goal in other:
                word = self._bridging_word(position, goal, *inside)
                if word is not None:
                    return position, word
        return None

    def _bridging_word(self, p: int, q: int, one: set[int], other: set[int]) -> str | None:
        start, goal = (p, p, q), (p, q, q)
        words: dict[tuple[int, int, int], str] = {start: ""}
        waiting = deque([start])
        while waiting:
            triple = waiting.popleft()
            first, middle, last = triple
            for a in self._follow[first] & one:
                for c in self._follow[last] & other:
                    for b in self._follow[middle] if self._overlap(a, c) is not None else ():
                        self._count()
                        following = (a, b, c)
                        if following in words or (shared := self._common(a, b, c)) is None:
                            continue
                        words[following] = words[triple] + chr(shared)
                        if following == goal:
                            return words[following]
                        waiting.append(following)
        return None

    def _common(self, a: int, b: int, c: int) -> int | None:
        classes = self._classes
        both = tuple(
            (max(low, other_low), min(high, other_high))
            for low, high in classes[a]
            for other_low, other_high in classes[b]
            if max(low, other_low) <= min(high, other_high)
        )
        return common(both, classes[c])
