"""Where the text may still become a match: the frontier of one set of rules.

The text from start `s` is *pending* while it is a prefix of some match. Reading the text backwards,
all starts are tried at once: the set of automaton positions that can have read the characters so
far shrinks, and whenever it holds a first position, a pending start has been found. The sets are
the states of a deterministic automaton that is built as text asks for it and shared by every
stream (R. Cox, Regular Expression Matching in the Wild, 2010, does so forwards). One step costs one
dictionary look-up, about 60 ns; no state belongs to a stream, so nothing has to be saved.
"""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.automaton import Automaton
from guardrails.syntax import Ranges

# The cache is dropped and begun anew beyond this many transitions, about 15 MB. All recorded
# answers together need 15k with the default rules; only hostile text gets here.
MAX_CACHED_STEPS = 100_000

# `limit` of the state from which no character leads to a start.
_DEAD = -1


class _State(dict[str, "_State"]):
    """One set of positions. Maps the next character to the left to the next set.

    limit: the widest match of the rules that may begin here; 0 if none may.
    """

    __slots__ = ("index", "limit", "positions")

    def __init__(self, index: PendingIndex, positions: int, limit: int) -> None:
        self.index = index
        self.positions = positions
        self.limit = limit

    def __missing__(self, character: str) -> _State:
        return self.index.step(self, character)

    __hash__ = None


class PendingIndex:
    """The frontier of a set of rules, as one lazily built automaton over reversed text."""

    def __init__(self, rules: Iterable[tuple[Automaton, int]]) -> None:
        """rules: the automaton and the widest match (code points, lookahead included) of each."""
        self._classes: list[Ranges] = []
        self._first: list[tuple[int, int]] = []
        edges: list[tuple[int, set[int]]] = []
        self.max_width = 0
        for automaton, width in rules:
            offset = len(self._classes)
            self._classes.extend(automaton.classes)
            first = sum(1 << (offset + position) for position in automaton.first)
            self._first.append((width, first))
            edges.extend(
                (offset + position, {offset + next_position for next_position in followers})
                for position, followers in enumerate(automaton.follow)
            )
            self.max_width = max(self.max_width, width)
        self._first.sort(reverse=True)
        self._index_edges(edges)
        self._masks: dict[str, int] = {}
        self._forget()

    def _index_edges(self, edges: list[tuple[int, set[int]]]) -> None:
        """Split the edges into p -> p+1, done by one shift, and the rest, done one by one."""
        self._chained = 0
        self._jumps: dict[int, int] = {}
        for position, followers in edges:
            for follower in followers:
                if follower == position + 1:
                    self._chained |= 1 << follower
                else:
                    self._jumps[follower] = self._jumps.get(follower, 0) | 1 << position
        self._jumped = sum(1 << follower for follower in self._jumps)

    def _forget(self) -> None:
        self._states: dict[int, _State] = {}
        self._steps = 0
        self._dead = _State(self, 0, _DEAD)
        everything = (1 << len(self._classes)) - 1
        self._start = _State(self, everything, 0)

    def _mask(self, character: str) -> int:
        """Return the positions whose class holds the character."""
        mask = self._masks.get(character)
        if mask is None:
            code_point = ord(character)
            bits = "".join(
                "1" if any(low <= code_point <= high for low, high in ranges) else "0"
                for ranges in reversed(self._classes)
            )
            mask = self._masks[character] = int(bits or "0", 2)
        return mask

    def step(self, state: _State, character: str) -> _State:
        """Compute, and remember, where one more character to the left leads."""
        if state is self._start:
            before = state.positions
        else:
            before = (state.positions & self._chained) >> 1
            jumping = state.positions & self._jumped
            while jumping:
                lowest = jumping & -jumping
                before |= self._jumps[lowest.bit_length() - 1]
                jumping ^= lowest
        positions = before & self._mask(character)
        if not positions:
            following = self._dead
        else:
            found = self._states.get(positions)
            following = self._state(positions) if found is None else found
        self._steps += 1
        if self._steps > MAX_CACHED_STEPS:
            self._forget()
        else:
            state[character] = following
        return following

    def _state(self, positions: int) -> _State:
        limit = next((width for width, first in self._first if positions & first), 0)
        state = self._states[positions] = _State(self, positions, limit)
        return state

    def held(self, backwards: str) -> int:
        """Return how many code points at the end of the text are undecided.

        backwards: the text from its end back to the first start that is not decided yet; what lies
        beyond the widest match is not read. O(len(backwards)), and far less on ordinary text.
        """
        state, read, held = self._start, 0, 0
        for character in backwards:
            state = state[character]
            read += 1
            limit = state.limit
            if limit:
                if limit < 0:
                    break
                if read <= limit:
                    held = read
        return held
