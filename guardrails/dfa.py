"""What is left of a set of rules behind a text that one of them may have begun with.

A deterministic automaton over sets of positions (`guardrails.automaton`), built as text asks for it
(R. Cox, Regular Expression Matching in the Wild, 2010). It reads from one start on: its states are
the beginnings of rules that texts hold, shared by all streams. A step is one dictionary look-up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import count

from guardrails.automaton import Automaton
from guardrails.beginning import class_before
from guardrails.tree import Node, Ranges

# Everything is dropped and built anew beyond this. 80,000 tokens of answers need 9 MB with the
# default policy.
MAX_CACHE_BYTES = 128_000_000
# Measured with tracemalloc: an entry of a dictionary, a state without its sets, one of a set,
# an entry with a key of its own.
_STEP_BYTES, _STATE_BYTES, _POSITION_BYTES, _HEAD_BYTES = 100, 500, 8, 150

# Of the state behind which nothing is left of any rule.
DEAD = -1

# Positions, in order.
Positions = tuple[int, ...]


class State(dict[str, "State"]):
    """One set of positions; maps the next character to the next set.

    number: its own. mark: DEAD if nothing is left of any rule; else the rules of which a match may
    end here, one bit for each. width: how far behind its start a text in this state is pending.
    """

    __slots__ = ("dfa", "mark", "number", "positions", "reached", "width")

    def __init__(self, dfa: Dfa, positions: Positions) -> None:
        self.dfa = dfa
        self.number = next(dfa.numbers)
        self.positions = positions
        self.width = max(map(dfa.widths.__getitem__, positions), default=0)
        self.mark = 0 if positions else DEAD
        for position in positions:
            self.mark |= dfa.ends.get(position, 0)
        # Where one more character can lead, whatever it is; None until that is asked.
        self.reached: Positions | None = None

    def __missing__(self, character: str) -> State:
        return self.dfa.step(self, character)

    __hash__ = None


class _Entries(dict[str, State]):
    """Maps the character before a start to the state it is read from."""

    def __init__(self, dfa: Dfa) -> None:
        self._dfa = dfa

    def __missing__(self, before: str) -> State:
        return self._dfa.enter(before)


class _Heads(dict[str, "State | None"]):
    """Maps the character before a start, and two from there, to where they lead.

    None: the first one may be a match already, which is to be looked at.
    """

    def __init__(self, dfa: Dfa) -> None:
        self._dfa = dfa

    def __missing__(self, head: str) -> State | None:
        return self._dfa.read_head(head)


class Dfa:
    """The rules' automata, side by side.

    entries, heads: where reading begins, see there.

    widths: for each position, of its rule's widest match. ends: the positions that end matches,
    with a bit for the rule. numbers: of states; none is given twice.
    """

    def __init__(self, roots: Sequence[Node], widths: Sequence[int]) -> None:
        """widths: the widest match of each rule, in code points, lookahead included."""
        classes: list[Ranges] = []
        self.widths: list[int] = []
        self.ends: dict[int, int] = {}
        self.numbers = count()
        self._follow: list[Sequence[int]] = []
        self._firsts: list[list[int]] = []
        self._before = [class_before(root) for root in roots]
        for rule, (root, width) in enumerate(zip(roots, widths, strict=True)):
            automaton, offset = Automaton(root), len(classes)
            classes.extend(automaton.classes)
            self.widths.extend([width] * len(automaton.classes))
            follow = automaton.follow
            self._follow.extend(tuple([offset + one for one in after]) for after in follow)
            self._firsts.append([offset + position for position in automaton.first])
            self.ends.update({offset + position: 1 << rule for position in automaton.last})
        self._index_classes(classes)
        self._forget()

    def _index_classes(self, classes: Sequence[Ranges]) -> None:
        """Cut the code points into runs that all classes treat alike."""
        self._classes = list(dict.fromkeys(classes))
        numbers = {ranges: number for number, ranges in enumerate(self._classes)}
        self._class_of = [numbers[ranges] for ranges in classes]
        self._runs = sorted(
            {edge for ranges in numbers for low, high in ranges for edge in (low, high + 1)}
        )
        # Of each run: whether each class holds it.
        self._held: list[bytes | None] = [None] * (len(self._runs) + 1)

    def _holds(self, character: str) -> bytes:
        """Return for each class whether it holds the character."""
        code_point = ord(character)
        run = bisect_right(self._runs, code_point)
        held = self._held[run]
        if held is None:
            held = bytes(_has(ranges, code_point) for ranges in self._classes)
            self._held[run] = held
        return held

    def _forget(self) -> None:
        """Drop all states. Those that are still referred to go on to new ones."""
        self._states: dict[Positions, State] = {}
        self._bytes = 0
        self.entries = _Entries(self)
        self.heads = _Heads(self)
        self._same_entries: dict[Positions, State] = {}

    def enter(self, before: str) -> State:
        """Return the state before a start: without the rules that may not begin behind `before`.

        before: one character, or none at the start of a text, where every rule may begin.
        """
        reached = _in_order(
            first
            for first, ranges in zip(self._firsts, self._before, strict=True)
            if not before or ranges is None or _has(ranges, ord(before))
        )
        entry = self._same_entries.get(reached)
        if entry is None:
            entry = self._same_entries[reached] = State(self, ())
            entry.reached = reached
        self.entries[before] = entry
        self._spend(_STEP_BYTES)
        return entry

    def read_head(self, head: str) -> State | None:
        """Return where the two characters behind the first one lead; see `_Heads`."""
        state: State | None = self.entries[head[0]][head[1]]
        if state is not None and state.mark >= 0:
            state = None if state.mark else state[head[2]]
        self.heads[head] = state
        self._spend(_HEAD_BYTES)
        return state

    def step(self, state: State, character: str) -> State:
        """Compute, and remember, where one more character leads."""
        reached = state.reached
        if reached is None:
            reached = _in_order(self._follow[position] for position in state.positions)
            state.reached = reached
            self._bytes += _POSITION_BYTES * len(reached)
        holds, class_of = self._holds(character), self._class_of
        positions = tuple([one for one in reached if holds[class_of[one]]])
        following = self._states.get(positions)
        if following is None:
            following = self._states[positions] = State(self, positions)
            self._bytes += _STATE_BYTES + _POSITION_BYTES * len(positions)
        state[character] = following
        self._spend(_STEP_BYTES)
        return following

    def _spend(self, size: int) -> None:
        """Count what is remembered, bytes; begin anew where it is too much."""
        self._bytes += size
        if self._bytes > MAX_CACHE_BYTES:
            self._forget()


def _has(ranges: Ranges, code_point: int) -> bool:
    return any(low <= code_point <= high for low, high in ranges)


def _in_order(positions: Iterable[Iterable[int]]) -> Positions:
    return tuple(sorted(set().union(*positions)))
