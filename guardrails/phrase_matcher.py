"""Phrases in a stream that arrives in pieces, with the answer of the whole text.

The same argument as for expressions (`guardrails.matcher`): the frontier is the smallest start from
which the text so far is the beginning of a phrase, or all of it while what stands behind is not
known. What starts before it is decided. Pushing reads from the frontier on, so between two pushes
nothing is kept but that text and where phrases may be found again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guardrails.matcher import Match
from guardrails.phrase_index import PhraseIndex, State
from guardrails.phrase_tail import MAX_SPACES, PhraseTail
from guardrails.phrases import PhraseRule, SpacedTable, coarse, normalise, stands_for
from guardrails.tail_state import TailState

# Decided text may grow to this before it is dropped: dropping it costs the same each time.
_SPARE_CHARS = 64

# Start, end, rule: in the tail.
_Hit = tuple[int, int, int]
_NOTHING: Sequence[tuple[int, State]] = ()


class PhraseState(TailState):
    """What one stream's phrases need to go on. Small, and all of it primitives.

    decided: in normal form.
    """

    __slots__ = ("resume",)
    kind = PhraseTail
    tail: PhraseTail

    def __init__(self) -> None:
        super().__init__()
        # Where a rule may match again, for rules whose last match reaches beyond the frontier.
        self.resume: dict[int, int] = {}

    def hurry(self) -> None:
        """See `MatchState.hurry`: phrases are decided with every push."""

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        return (self.tail.snapshot(), self.decided, tuple(self.resume.items()), self.scanned)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> PhraseState:
        """Continue from a snapshot."""
        state = cls()
        tail, state.decided, resume, state.scanned = saved
        state.tail = PhraseTail.restore(tail)
        state.resume = dict(resume)
        return state


class PhraseMatcher:
    """Rules of phrases, compiled. Immutable and shared by all streams of a policy version."""

    def __init__(self, rules: Mapping[int, PhraseRule]) -> None:
        """rules: by the number their matches bear."""
        leet = any(rule.leetspeak for rule in rules.values())
        entries = sorted(
            {
                ("".join(map(coarse, normal)) if leet else normal, normal, number)
                for number, rule in rules.items()
                for normal in map(normalise, rule.phrases)
            }
        )
        keys = [key for key, _, _ in entries]
        self._index = PhraseIndex(keys, coarse if leet else None)
        self._phrases = [normal for _, normal, _ in entries] if leet else keys
        self._rule_of = array("I", (number for _, _, number in entries))
        self._whole = {number for number, rule in rules.items() if rule.whole_words}
        self._leet = {number for number, rule in rules.items() if rule.leetspeak}
        self._all_whole = len(self._whole) == len(rules)
        self._spaced = SpacedTable({"": False})
        # The longest text a phrase may be, code points.
        self.max_width = max((_width(phrase) for phrase in keys), default=0)

    def push(self, state: PhraseState, text: str, *, final: bool = False) -> Sequence[Match]:
        """Take the next chunk of clean text; return the matches that are now decided.

        final: no text follows; everything is decided. O(chunk + hold).
        """
        tail = state.tail
        normal = tail.append(text)
        base = tail.base
        first = state.decided - base
        at, ended = self._index.root, _NOTHING
        for end, character in enumerate(normal[first:], first + 1):
            at = at[character]
            if at.ends:
                ended = [*ended, (end, at)]
        state.scanned += len(normal) - first
        frontier = len(normal) if final or not at.depth else self._pending(normal, at)
        if tail.points and not final:
            frontier = tail.align(base + frontier) - base
        found = self._find(state, normal, ended, frontier) if ended else ()
        state.decided = base + frontier
        if frontier > _SPARE_CHARS:
            # The left neighbour is needed.
            tail.drop_before(base + frontier - 1)
        return found

    def _pending(self, normal: str, state: State) -> int:
        """Return the first start from which a phrase may still come."""
        size, spaced = len(normal), self._spaced
        at: State | None = state
        while at is not None and at.depth:
            start = size - at.depth
            before = normal[start - 1] if start else ""
            # A letter or digit stands for letters or digits only.
            if not (self._all_whole and spaced[normal[start]] and spaced[before]):
                return start
            at = at.shorter
        return size

    def _find(
        self, state: PhraseState, normal: str, ended: Sequence[tuple[int, State]], frontier: int
    ) -> list[Match]:
        """Return the phrases before the frontier, those of a rule one behind the other."""
        hits = [
            hit for end, at in ended for hit in self._hits(normal, end, at) if hit[0] < frontier
        ]
        # The longest first where several begin.
        hits.sort(key=lambda hit: (hit[0], -hit[1]))
        tail, base, resume = state.tail, state.tail.base, state.resume
        found: list[Match] = []
        begun: dict[int, int] = {}
        for start, end, rule in hits:
            if base + start < resume.get(rule, 0):
                continue
            resume[rule] = base + end
            raw_start, raw_end = tail.raw_span(base + start, base + end)
            if begun.get(rule) != raw_start:  # else twice within what one code point folds to
                begun[rule] = raw_start
                found.append(Match(rule, raw_start, raw_end, normal[start:end], capped=False))
        state.resume = {rule: at for rule, at in resume.items() if at > base + frontier}
        return found

    def _hits(self, normal: str, end: int, state: State) -> Iterator[_Hit]:
        """Yield the phrases that end here and count."""
        behind = normal[end : end + 1]
        for depth, first, last in state.ends:
            start = end - depth
            given, before = normal[start:end], normal[start - 1] if start else ""
            for entry in range(first, last):
                rule, phrase = self._rule_of[entry], self._phrases[entry]
                if given != phrase and not (rule in self._leet and stands_for(given, phrase)):
                    continue
                if rule not in self._whole or self._is_whole(before, phrase, behind):
                    yield start, end, rule

    def _is_whole(self, before: str, phrase: str, behind: str) -> bool:
        spaced = self._spaced
        return not (
            (spaced[before] and spaced[phrase[0]]) or (spaced[behind] and spaced[phrase[-1]])
        )


def _width(phrase: str) -> int:
    """Return how long the text of a phrase may be."""
    return len(phrase) + phrase.count(" ") * (MAX_SPACES - 1)
