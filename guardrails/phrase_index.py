"""Many phrases as one automaton that is built as text asks for it.

The automaton of Aho and Corasick (1975): a state is the longest end of the text so far that some
phrase begins with. The phrases lie sorted in one list, in which those with a common beginning are
neighbours; so a state is a range of that list, and nothing is built for phrases that no text comes
near. A step is one dictionary look-up, however many phrases there are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

# The states are dropped and built anew beyond this many steps, which take 40 MB. 88,000 tokens of
# answers ask for half as many with 100,000 phrases.
MAX_REMEMBERED_STEPS = 200_000


class State(dict[str, "State"]):
    """The longest end of a text that phrases begin with; maps the next character to the next one.

    depth: its length. shorter: the state of the next shorter such end; None at the root. ends: what
    ends here, as (length, first, behind the last) in the list of phrases; longest first.
    """

    __slots__ = ("beginning", "behind", "depth", "ends", "first", "index", "shorter")

    def __init__(self, index: PhraseIndex, beginning: str, first: int, behind: int) -> None:
        self.index = index
        self.beginning = beginning
        self.depth = len(beginning)
        self.first = first
        self.behind = behind
        self.shorter: State | None = None
        self.ends: tuple[tuple[int, int, int], ...] = ()

    def __missing__(self, character: str) -> State:
        return self.index.step(self, character)

    __hash__ = None


class PhraseIndex:
    """The automaton of a sorted list of phrases. root: the state before any text."""

    root: State

    def __init__(self, phrases: Sequence[str], read: Callable[[str], str] | None = None) -> None:
        """phrases: sorted; none empty. read: how a character of the text is read, if not as it is.

        A phrase may stand in the list more than once.
        """
        self._phrases = phrases
        self._reading = read
        self._forget()

    def _forget(self) -> None:
        self._steps = 0
        self.root = State(self, "", 0, len(self._phrases))

    def step(self, state: State, character: str) -> State:
        """Find, and remember, where a character leads from a state and all shorter ones."""
        if self._steps > MAX_REMEMBERED_STEPS:
            self._forget()
        read = self._reading(character) if self._reading else character
        unknown: list[State] = []
        at: State | None = state
        while at is not None and character not in at:
            unknown.append(at)
            at = at.shorter
        # The root is the shortest; a state that was forgotten has its own.
        target = unknown[-1] if at is None else at[character]
        for one in reversed(unknown):
            # States are dictionaries, and false while they are empty.
            longer = self._longer(one, read, target)
            one[character] = target = target if longer is None else longer
        self._steps += len(unknown)
        return target

    def _longer(self, state: State, character: str, shorter: State) -> State | None:
        """Return the state behind a character; None if no phrase goes on so."""
        beginning = state.beginning + character
        depth, phrases = len(beginning), self._phrases
        first = bisect_left(phrases, beginning, state.first, state.behind)
        if first == state.behind or not phrases[first].startswith(beginning):
            return None
        behind = bisect_right(
            phrases, beginning, first, state.behind, key=lambda phrase: phrase[:depth]
        )
        found = State(self, beginning, first, behind)
        found.shorter = shorter
        whole = bisect_right(phrases, beginning, first, behind)
        own = ((depth, first, whole),) if whole > first else ()
        found.ends = own + shorter.ends
        return found
