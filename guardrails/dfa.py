"""A deterministic automaton over sets of positions, built as text asks for it.

Its states are the sets of positions of all rules (`guardrails.automaton`) that the text read so far
can have led to; each is made when some text first leads there, and is shared by every stream
(R. Cox, Regular Expression Matching in the Wild, 2010). A step is one dictionary look-up, 50 ns; no
state belongs to a stream, so nothing has to be saved.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence, Set

from guardrails.automaton import Automaton
from guardrails.quotient import in_order, join
from guardrails.tree import Ranges

# The states are dropped and built anew beyond this. 100,000 tokens of answers need 5 MB with the
# rules of the default policy.
MAX_CACHE_BYTES = 128_000_000
# Measured with tracemalloc: an entry of a dictionary, a state without its sets, one of a set.
STEP_BYTES, _STATE_BYTES, _POSITION_BYTES = 100, 500, 8

# Positions, in order.
Positions = tuple[int, ...]


class State(dict[str, "State"]):
    """One set of positions; maps the next character to the next set.

    mark: what the automaton says about this set; 0 if nothing. reached: where one more character
    can lead, whatever it is; None until that is asked.
    """

    __slots__ = ("dfa", "mark", "positions", "reached")

    def __init__(self, dfa: Dfa, positions: Positions, mark: int) -> None:
        self.dfa = dfa
        self.positions = positions
        self.mark = mark
        self.reached: Positions | None = None

    def __missing__(self, character: str) -> State:
        return self.dfa.step(self, character)

    __hash__ = None


class Dfa:
    """Joins the automata of several rules; `_mark` says what a set of positions means.

    start: the state before the first character. firsts, lasts, wholes: for each rule the positions
    its matches begin with, those they end with, and all.
    """

    def __init__(self, automata: Sequence[Automaton], *, reenters: bool) -> None:
        """reenters: whether a match may begin at every character, or only where reading does."""
        classes: list[Ranges] = []
        followers: list[set[int]] = []
        firsts: list[list[int]] = []
        lasts: list[list[int]] = []
        wholes: list[range] = []
        for automaton in automata:
            offset = len(classes)
            classes.extend(automaton.classes)
            followers.extend({offset + one for one in after} for after in automaton.follow)
            firsts.append([offset + position for position in automaton.first])
            lasts.append([offset + position for position in automaton.last])
            wholes.append(range(offset, len(classes)))
        numbers = self._number(classes, followers, firsts)
        self.firsts = [{numbers[position] for position in rule} for rule in firsts]
        self.lasts = [{numbers[position] for position in rule} for rule in lasts]
        self.wholes = [{numbers[position] for position in rule} for rule in wholes]
        follow: list[set[int]] = [set() for _ in range(max(numbers, default=-1) + 1)]
        for position, number in enumerate(numbers):
            follow[number].update([numbers[follower] for follower in followers[position]])
        self._follow = [tuple(after) for after in follow]
        self._index_classes(dict(zip(numbers, classes, strict=True)))
        # Where reading may enter at its first character.
        self._entered = tuple(sorted(set().union(*self.firsts)))
        self._reentered = self._entered if reenters else ()
        self._forget()

    def _number(
        self,
        classes: Sequence[Ranges],
        followers: Sequence[Set[int]],
        firsts: Sequence[Sequence[int]],
    ) -> list[int]:
        """Return the number of each position; what is always reached together shares one."""
        sources: list[set[int]] = [set() for _ in classes]
        for position, after in enumerate(followers):
            for follower in after:
                sources[follower].add(position)
        entered = {position for rule in firsts for position in rule}
        kinds = [(ranges, position in entered) for position, ranges in enumerate(classes)]
        return in_order(join(kinds, sources, downwards=False))

    def _index_classes(self, classes: dict[int, Ranges]) -> None:
        """Cut the code points into runs that all classes treat alike."""
        self._classes = list(set(classes.values()))
        numbers = {ranges: number for number, ranges in enumerate(self._classes)}
        self._class_of = [numbers[classes[position]] for position in range(len(classes))]
        edges = {edge for ranges in numbers for low, high in ranges for edge in (low, high + 1)}
        self._runs = sorted(edges)
        # Of each run: whether each class holds it, and the positions that are entered anew.
        self._known: list[tuple[bytes, frozenset[int]] | None] = [None] * (len(self._runs) + 1)

    def _look_up(self, character: str) -> tuple[bytes, frozenset[int]]:
        """Return for each class whether it holds the character, and what the character enters."""
        code_point = ord(character)
        run = bisect_right(self._runs, code_point)
        known = self._known[run]
        if known is None:
            holds = bytes(
                any(low <= code_point <= high for low, high in ranges) for ranges in self._classes
            )
            entered = frozenset(one for one in self._reentered if holds[self._class_of[one]])
            known = self._known[run] = holds, entered
        return known

    def _mark(self, positions: Positions) -> int:
        raise NotImplementedError

    def _forget(self) -> None:
        self._states: dict[Positions, State] = {}
        self._bytes = 0
        self.start = State(self, (), 0)
        self.start.reached = self._entered
        # Where nothing is left of any rule: as at the start, unless a subclass says otherwise.
        self._empty = self.start

    def step(self, state: State, character: str) -> State:
        """Compute, and remember, where one more character leads."""
        reached = state.reached
        if reached is None:
            reached = state.reached = self._move(state.positions)
            self._bytes += _POSITION_BYTES * len(reached)
        holds, entered = self._look_up(character)
        class_of = self._class_of
        positions = tuple([one for one in reached if holds[class_of[one]]])
        if entered:
            positions = tuple(sorted(entered.union(positions)))
        following = self._states.get(positions) if positions else self._empty
        if following is None:
            following = State(self, positions, self._mark(positions))
            self._states[positions] = following
            self._bytes += _STATE_BYTES + _POSITION_BYTES * len(positions)
        self._bytes += STEP_BYTES
        if self._bytes > MAX_CACHE_BYTES:
            self._forget()
        else:
            state[character] = following
        return following

    def _move(self, positions: Positions) -> Positions:
        """Return where one more character can lead from here, in order."""
        follow = self._follow
        return tuple(sorted(set().union(*[follow[position] for position in positions])))
