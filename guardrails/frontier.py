"""Where a text may still become a match, the frontier of a set of rules; and which have matched.

The text from start `s` is *pending* while it is a prefix of some match; the frontier is the first
pending start. Starts are tried one after the other: from each, an automaton reads
(`guardrails.dfa`) until nothing is left of any rule, in prose one or two characters later, or until
the text ends. There it goes on with what comes next. So most characters are read twice or three
times, whatever the chunks are.

What is read on the way says of which rules a match may have ended: hits. They cry wolf, as automata
know no edges, no lookarounds and no counts beyond 64, and miss nothing.

Text that is made to keep many starts alive would cost a pass each. It is read once, for all starts
together: those that have come to the same state go on as one.
"""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.dfa import Dfa, State
from guardrails.tree import Node

# Characters read for each of the text, on average, before all starts are read together.
_MAX_PASSES = 16
_SPARE_STEPS = 256
# Characters read at a time: what is copied and not read costs little.
_WINDOW = 8

# Where a text has outgrown a match wider than this, the next start is only looked for when it is an
# eighth longer: text that goes on like a long key, without an end, would cost a pass for each of
# its characters. Release lags behind by as much, and never runs ahead.
WIDE = 256
GROWTH_SHIFT = 3

# How far a text is decided: the first start that is pending, in code points; the state the text has
# led to from there, None if there is none; the rules that may have matched at an earlier start, one
# bit each, and those that may have at this one.
Place = tuple[int, State | None, int, int]


class Frontier:
    """The frontier of a set of rules. max_width: the widest match of any."""

    def __init__(self, roots: Sequence[Node], widths: Sequence[int]) -> None:
        """widths: the widest match of each rule, in code points, lookahead included."""
        self.max_width = max(widths, default=0)
        self._dfa = Dfa(roots, widths)

    def advance(  # noqa: C901, PLR0912 -- the hot loop: in three functions it is a fifth slower
        self,
        text: str,
        start: int,
        state: State | None,
        read: int,
        *,
        final: bool = False,
        hurry: bool = False,
    ) -> Place:
        """Read on, and find the frontier.

        start: the first that is not decided, code points into the text; from there the text up to
        `read` has led to `state`, None if nothing was read. final: no text follows, so nothing is
        pending. hurry: let go at once of what a match cannot be as wide as. O(new text), where few
        starts are alive at once.
        """
        size = len(text)
        entries, heads = self._dfa.entries, self._dfa.heads
        hits = opened = 0
        steps = _SPARE_STEPS + _MAX_PASSES * (size - start)
        if state is None:
            state, read = entries[text[start - 1 : start]], start
        while start < size:
            while read < size:
                steps -= _WINDOW
                for character in text[read : read + _WINDOW]:
                    state = state[character]
                    if state.mark:
                        if state.mark < 0:
                            break
                        opened |= state.mark
                else:
                    read += _WINDOW
                    continue
                break
            else:
                if size - start <= state.width and not final:
                    return start, state, hits, opened
                if state.width > WIDE and not final:
                    return self._outgrow(text, start, state, hits, opened, hurry)
            hits |= opened
            if steps < 0:
                return self._advance_all(text, start + 1, hits, final=final)
            opened = 0
            # With most pairs of characters no rule begins.
            at = start = start + 1
            for at in range(start, size - 1):
                head = heads[text[at - 1 : at + 2]]
                if head is None:
                    state, read = entries[text[at - 1]], at
                    break
                if head.mark >= 0:
                    state, read, opened = head, at + 2, head.mark
                    break
            else:
                at = max(start, size - 1)
                state, read = entries[text[at - 1]], at
            start = at
        return size, None, hits, 0

    def _outgrow(
        self, text: str, start: int, state: State, hits: int, opened: int, hurry: bool
    ) -> Place:
        """Return the place of a text that has outgrown a wide match: for a while, the same."""
        if not hurry and len(text) - start - state.width <= state.width >> GROWTH_SHIFT:
            return start, state, hits, opened
        return self._advance_all(text, start + 1, hits | opened, final=False)

    def _advance_all(self, text: str, start: int, hits: int, *, final: bool) -> Place:
        """Do what `advance` does for all starts from `start` on in one pass.

        O((len(text) - start) * states that are reached by some start at the same time).
        """
        # The states reached, each with its starts: a bit for each, the lowest is the first start.
        alive: dict[int, tuple[State, int]] = {}
        for number, character in enumerate(text[start:]):
            entry = self._dfa.entries[text[start + number - 1 : start + number]]
            reached: dict[int, tuple[State, int]] = {}
            for state, starts in (*alive.values(), (entry, 1 << number)):
                following = state[character]
                if following.mark < 0:
                    continue
                hits |= following.mark
                _, others = reached.get(following.number, (following, 0))
                reached[following.number] = following, others | starts
            alive = reached
        size = len(text) - start
        first, pending = size, None
        for state, starts in () if final else alive.values():
            # A start that is farther back than any match is wide is not pending any more.
            over = max(0, size - state.width)
            if recent := starts >> over:
                lowest = over + (recent & -recent).bit_length() - 1
                if lowest < first:
                    first, pending = lowest, state
        return start + first, pending, hits, 0 if pending is None else hits
