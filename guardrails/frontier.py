"""Where a text may still become a match: the frontier of a set of rules.

The text from start `s` is *pending* while it is a prefix of some match; the frontier is the first
pending start. Starts are tried one by one, from the last frontier on: an automaton reads forwards
from a start until nothing is left of any rule, in prose two characters later, or until the text
ends. Its states are the beginnings of rules that texts hold, and far fewer than those of any
automaton that has to be at all starts at once.

Text that is made to keep many starts alive would cost a pass each. It is read by an automaton that
tries all starts at once, backwards (`guardrails.pending`), which gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.automaton import Automaton
from guardrails.beginning import class_before
from guardrails.dfa import STEP_BYTES, Dfa, State, union_of
from guardrails.pending import PendingIndex
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
        automata = [Automaton(root) for root in roots]
        # Now and not when a text needs it: that is as soon as a long key ends, and readers of all
        # streams would wait for it, 0.7 s with 600 rules.
        self._at_once = PendingIndex(automata, widths)
        super().__init__(automata, backwards=False)
        self._reentered = 0
        self._before = [class_before(root) for root in roots]
        by_width: dict[int, int] = {}
        for width, positions in zip(widths, self.wholes, strict=True):
            by_width[width] = by_width.get(width, 0) | positions
        self._widest = sorted(by_width.items(), reverse=True)
        self._forget()

    def _number(
        self,
        classes: Sequence[Ranges],
        sources: Sequence[set[int]],
        firsts: Sequence[Sequence[int]],  # noqa: ARG002 - entered or not, the same may follow
    ) -> list[int]:
        """Return the number of each position; those behind which the same may follow share one."""
        followers: list[set[int]] = [set() for _ in classes]
        for position, leading in enumerate(sources):
            for source in leading:
                followers[source].add(position)
        return in_order(join(classes, followers, downwards=True))

    def _mark(self, positions: int) -> int:
        return next((width for width, whole in self._widest if positions & whole), _DEAD)

    def _forget(self) -> None:
        super()._forget()
        self._empty = State(self, 0, _DEAD)
        # The state a start is read from, by the character before it.
        self._entries: dict[str, State] = {"": self.start}
        self._same_entries: dict[int, State] = {}

    def _entry(self, before: str) -> State:
        """Return the state before a start: without the rules that may not begin behind `before`."""
        entry = self._entries.get(before)
        if entry is None:
            code_point = ord(before)
            entered = union_of(
                first
                for first, ranges in zip(self.firsts, self._before, strict=True)
                if ranges is None or any(low <= code_point <= high for low, high in ranges)
            )
            entry = self._same_entries.get(entered)
            if entry is None:
                entry = self._same_entries[entered] = State(self, 0, 0)
                entry.reached = entered
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
                return self._at_once.held(text[start:])
        return 0
