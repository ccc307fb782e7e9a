"""Where the text may still become a match: the frontier of one set of rules.

The text from start `s` is *pending* while it is a prefix of some match. Reading the text backwards,
all starts are tried at once: the set of positions that can have read the characters so far shrinks,
and whenever it holds a first position, a pending start has been found.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.automaton import Automaton
from guardrails.dfa import Dfa, State

# Nine of ten tokens of the recorded answers are among 5k; 16k take 3 MB.
MAX_REMEMBERED_CHUNKS = 16_384
MAX_REMEMBERED_CHARS = 16

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

    def _forget(self) -> None:
        super()._forget()
        # Where a chunk leads from the start, and how much of it is pending.
        self._chunks: dict[str, tuple[State, int]] = {}

    def held(self, older: str, chunk: str) -> int:
        """Return how many code points at the end of the text are undecided.

        older: from the first start that is not decided yet, or from the widest match on; chunk:
        what has come since. Chunks are tokens, and where the common ones lead is remembered.
        O(older + chunk), and far less on ordinary text.
        """
        known = self._chunks.get(chunk)
        if known is None:
            known = self._read(chunk, self.start, 0, 0)
            self._remember(chunk, known)
        state, held = known
        return self._read(older, state, len(chunk), held)[1] if older else held

    def _read(self, text: str, state: State, read: int, held: int) -> tuple[State, int]:
        """Read a text from its end; return the state it leads to and what is pending."""
        for character in reversed(text):
            state = state[character]
            read += 1
            width = state.mark
            if width:
                if width < 0:
                    break
                if read <= width:
                    held = read
        return state, held

    def _remember(self, chunk: str, known: tuple[State, int]) -> None:
        if len(chunk) <= MAX_REMEMBERED_CHARS:
            if len(self._chunks) >= MAX_REMEMBERED_CHUNKS:
                self._chunks.clear()
            self._chunks[chunk] = known
