"""Whether every match of an expression holds one of some words."""

from __future__ import annotations

from guardrails.automaton import Automaton
from guardrails.tree import Node, Ranges

# Longer repeats are loops: the automaton reads every match, and more.
_COUNTED = 4
# Steps of the search; gitleaks' rules need at most 40,000, a tenth of a second. Beyond, no is safe.
_MAX_STEPS = 200_000

# Stands for every character that no word has.
_OTHER = ""


def always_holds(root: Node, words: tuple[str, ...]) -> bool:
    """Tell whether every match holds one of the words, in any case. False where it is not sure.

    words: folded, lower case.

    >>> from guardrails.syntax import parse
    >>> always_holds(parse("(?i:api|bot)[a-z]{3}").root, ("bot", "api"))
    True
    >>> always_holds(parse("api|[a-z]{3}").root, ("api",))
    False
    """
    automaton = Automaton(root, counted=_COUNTED)
    letters = sorted(set("".join(words)))
    readable = [_readable(ranges, letters) for ranges in automaton.classes]
    steps = _Steps(words)
    waiting = [(position, "") for position in automaton.first]
    seen = set(waiting)
    while waiting:
        position, read = waiting.pop()
        for letter in readable[position]:
            following = steps.after(read, letter)
            if following is None:
                continue
            if position in automaton.last or len(seen) > _MAX_STEPS:
                return False
            for follower in automaton.follow[position]:
                state = (follower, following)
                if state not in seen:
                    seen.add(state)
                    waiting.append(state)
    return True


def _readable(ranges: Ranges, letters: list[str]) -> list[str]:
    """Return the letters of the words that a class reads, and whether it reads another."""
    found, left = [], sum(high - low + 1 for low, high in ranges)
    for letter in letters:
        forms = {letter, letter.upper()}
        read = sum(any(low <= ord(form) <= high for low, high in ranges) for form in forms)
        left -= read
        if read:
            found.append(letter)
    return [*found, _OTHER] if left else found


class _Steps:
    """How much of a word has been read: the longest end of the text that begins one."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self._beginnings = {word[:size] for word in words for size in range(len(word) + 1)}
        self._known: dict[tuple[str, str], str | None] = {}

    def after(self, read: str, letter: str) -> str | None:
        """Return what has been read after one more letter; None when a word is complete."""
        key = (read, letter)
        if key not in self._known:
            self._known[key] = self._step(read + letter) if letter else ""
        return self._known[key]

    def _step(self, text: str) -> str | None:
        if any(text.endswith(word) for word in self._words):
            return None
        return next(text[cut:] for cut in range(len(text) + 1) if text[cut:] in self._beginnings)
