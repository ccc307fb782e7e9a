"""Where a text may still become a match, all starts at once: for texts that keep many alive.

The text from start `s` is *pending* while it is a prefix of some match. Reading the text backwards,
all starts are tried at once: the set of positions that can have read the characters so far shrinks,
and whenever it holds a first position, a pending start has been found.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.automaton import Automaton
from guardrails.dfa import Dfa

# Marks the state from which no character leads to a start.
_DEAD = -1


class PendingIndex(Dfa):
    """The frontier of a set of rules. A state's mark is the widest match that may begin there."""

    def __init__(self, automata: Sequence[Automaton], widths: Sequence[int]) -> None:
        """widths: the widest match of each rule, in code points, lookahead included."""
        self.max_width = max(widths, default=0)
        super().__init__(automata, backwards=True)
        firsts: dict[int, int] = {}
        for width, first in zip(widths, self.firsts, strict=True):
            firsts[width] = firsts.get(width, 0) | first
        # Where matches begin, by their width, the widest first.
        self._widest = sorted(firsts.items(), reverse=True)

    def _mark(self, positions: int) -> int:
        if not positions:
            return _DEAD
        return next((width for width, first in self._widest if positions & first), 0)

    def held(self, text: str) -> int:
        """Return how many code points at the end of the text are undecided. O(len(text)).

        text: from the first start that is not decided yet, or from the widest match on.
        """
        state, read, held = self.start, 0, 0
        for character in reversed(text):
            state = state[character]
            read += 1
            width = state.mark
            if width:
                if width < 0:
                    break
                if read <= width:
                    held = read
        return held
