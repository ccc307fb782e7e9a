"""Where a text may still become a match: the frontier of a set of rules.

The text from start `s` is *pending* while it is a prefix of some match; the frontier is the first
pending start. Starts are tried one by one, from the last frontier on: an automaton reads forwards
from a start until nothing is left of any rule, in prose two characters later, or until the text
ends. Its states are the beginnings of rules that texts hold, and far fewer than those of any
automaton that has to be at all starts at once.

Text that is made to keep many starts alive would cost a pass each. It is read once, for all starts
together: those that have come to the same state go on as one.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from guardrails.automaton import Automaton
from guardrails.beginning import class_before
from guardrails.dfa import STEP_BYTES, Dfa, Positions, State
from guardrails.quotient import in_order, join
from guardrails.tree import Node, Ranges

# Marks the state in which nothing is left of any rule.
_DEAD = -1
# Characters read for each of the text, on average, before all starts are tried at once: prose needs
# 3, and a word that a dozen rules might go on with 10.
_MAX_PASSES = 16
_SPARE_STEPS = 256


class Frontier(Dfa):
    """The frontier of a set of rules. A state's mark: the widest match that may come of it."""

    def __init__(self, roots: Sequence[Node], widths: Sequence[int]) -> None:
        """widths: the widest match of each rule, in code points, lookahead included."""
        self.max_width = max(widths, default=0)
        super().__init__([Automaton(root) for root in roots], reenters=False)
        self._before = [class_before(root) for root in roots]
        # The widest match that reads each position.
        self._widest = [0] * len(self._follow)
        for width, positions in zip(widths, self.wholes, strict=True):
            for position in positions:
                self._widest[position] = max(self._widest[position], width)

    def _number(
        self,
        classes: Sequence[Ranges],
        followers: Sequence[Set[int]],
        firsts: Sequence[Sequence[int]],  # noqa: ARG002 - entered or not, the same may follow
    ) -> list[int]:
        """Return the number of each position; those behind which the same may follow share one."""
        return in_order(join(classes, followers, downwards=True))

    def _mark(self, positions: Positions) -> int:
        return max(map(self._widest.__getitem__, positions))

    def _forget(self) -> None:
        super()._forget()
        self._empty = State(self, (), _DEAD)
        # The state a start is read from, by the character before it.
        self._entries: dict[str, State] = {"": self.start}
        self._same_entries: dict[frozenset[int], State] = {}

    def _entry(self, before: str) -> State:
        """Return the state before a start: without the rules that may not begin behind `before`."""
        entry = self._entries.get(before)
        if entry is None:
            code_point = ord(before)
            begun = [
                first
                for first, ranges in zip(self.firsts, self._before, strict=True)
                if ranges is None or any(low <= code_point <= high for low, high in ranges)
            ]
            entered = frozenset(set().union(*begun))
            entry = self._same_entries.get(entered)
            if entry is None:
                entry = self._same_entries[entered] = State(self, (), 0)
                entry.reached = tuple(sorted(entered))
            self._entries[before] = entry
            self._bytes += STEP_BYTES
        return entry

    def held(self, text: str, start: int) -> int:
        """Return how many code points at the end of the text are undecided.

        start: code point offset of the first start that is not decided. O(len(text) - start).
        """
        size = len(text)
        steps = _SPARE_STEPS + _MAX_PASSES * (size - start)
        entries = self._entries
        before = text[start - 1] if start else ""
        for at in range(start, size):
            state = entries.get(before)
            if state is None:
                state = self._entry(before)
            before = text[at]
            state = state[before]
            if state.mark < 0:
                continue
            # The rest is copied, 64 characters as fast as one is read.
            steps -= (size - at) >> 6
            for character in text[at + 1 :]:
                state = state[character]
                steps -= 1
                if state.mark < 0:
                    break
            else:
                if size - at <= state.mark:
                    return size - at
            if steps < 0:
                return self._held_of_all(text, at + 1)
        return 0

    def _held_of_all(self, text: str, start: int) -> int:
        """Return what `held` does, for all starts from `start` on in one pass.

        O((len(text) - start) * states that are reached by some start at the same time).
        """
        # The states reached, each with its starts: a bit for each, the lowest is the first start.
        # Kept by identity: sets of thousands of positions are not compared.
        alive: dict[int, tuple[State, int]] = {}
        before = text[start - 1] if start else ""
        for number, character in enumerate(text[start:]):
            entry = self._entry(before)
            before = character
            reached: dict[int, tuple[State, int]] = {}
            for state, starts in (*alive.values(), (entry, 1 << number)):
                following = state[character]
                if following.mark >= 0:
                    _, others = reached.get(id(following), (following, 0))
                    reached[id(following)] = following, others | starts
            alive = reached
        size = len(text) - start
        held = 0
        for state, starts in alive.values():
            # A start that is farther back than any match is wide is not pending any more.
            if recent := starts >> max(0, size - state.mark):
                first = max(0, size - state.mark) + (recent & -recent).bit_length() - 1
                held = max(held, size - first)
        return held
