"""In how many ways a rule reads one text: what a failing search tries, counted."""

from __future__ import annotations

from guardrails.automaton import Automaton
from guardrails.syntax import Node

# Repeats up to here are counted exactly; longer ones are loops, in which nothing runs out.
COUNTED = 128


class Readings:
    """Counts the ways through a rule's position automaton, beginnings of matches included."""

    def __init__(self, root: Node) -> None:
        automaton = Automaton(root, counted=COUNTED)
        self._first = automaton.first
        self._follow = automaton.follow
        self._classes = automaton.classes
        self._readers: dict[str, set[int]] = {}

    def __len__(self) -> int:
        """Return the number of positions."""
        return len(self._classes)

    def count(self, text: str, most: int) -> int:
        """Count the ways in which matches from the start of the text read some beginning of it.

        Stops, and returns what it has, when there are more than `most`. O(text * positions).
        """
        total = 0
        ways = dict.fromkeys(self._first & self._readers_of(text[:1]), 1)
        for character in text[1:]:
            readers = self._readers_of(character)
            following: dict[int, int] = {}
            for position, count in ways.items():
                for follower in self._follow[position] & readers:
                    following[follower] = following.get(follower, 0) + count
            ways = following
            total += sum(ways.values())
            if not ways or total > most:
                break
        return total

    def _readers_of(self, character: str) -> set[int]:
        """Return the positions whose class holds the character."""
        found = self._readers.get(character)
        if found is None:
            code_point = ord(character)
            found = self._readers[character] = {
                position
                for position, ranges in enumerate(self._classes)
                if any(low <= code_point <= high for low, high in ranges)
            }
        return found
