"""A deterministic automaton over sets of positions, built as text asks for it.

Its states are the sets of positions of all rules (`guardrails.automaton`) that the text read so far
can have led to; each is made when some text first leads there, and is shared by every stream
(R. Cox, Regular Expression Matching in the Wild, 2010). A step is one dictionary look-up, 50 ns; no
state belongs to a stream, so nothing has to be saved.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence

from guardrails.automaton import Automaton
from guardrails.quotient import in_order, join
from guardrails.tree import Ranges

# The states are dropped and built anew beyond this. 100,000 tokens of answers need 9 MB with 20
# rules, 37 MB with 200 and 86 MB with 800; with half as much, 800 rules ran a fifth slower on new
# text.
MAX_CACHE_BYTES = 128_000_000
# Measured with tracemalloc: an entry of a dictionary, and a state without its set.
STEP_BYTES, _STATE_BYTES = 100, 400
# Of the default rules' edges nine in ten have one of 8 lengths; a step costs a quarter by that.
MIN_SHIFTED_EDGES = 64


class State(dict[str, "State"]):
    """One set of positions; maps the next character to the next set.

    mark: what the automaton says about this set; 0 if nothing. reached: where one more character
    can lead, whatever it is; None until that is asked.
    """

    __slots__ = ("dfa", "mark", "positions", "reached")

    def __init__(self, dfa: Dfa, positions: int, mark: int) -> None:
        self.dfa = dfa
        self.positions = positions
        self.mark = mark
        self.reached: int | None = None

    def __missing__(self, character: str) -> State:
        return self.dfa.step(self, character)

    __hash__ = None


class Dfa:
    """Joins the automata of several rules; `_mark` says what a set of positions means.

    start: the state before the first character. Sets are integers, one bit for each position.
    """

    def __init__(self, automata: Sequence[Automaton], *, backwards: bool) -> None:
        """backwards: read texts from their end to their beginning."""
        self._backwards = backwards
        classes: list[Ranges] = []
        # For each position those that lead to it, in the direction of reading.
        sources: list[set[int]] = []
        firsts: list[list[int]] = []
        lasts: list[list[int]] = []
        wholes: list[range] = []
        for automaton in automata:
            offset = len(classes)
            classes.extend(automaton.classes)
            sources.extend(set() for _ in automaton.classes)
            firsts.append([offset + position for position in automaton.first])
            lasts.append([offset + position for position in automaton.last])
            wholes.append(range(offset, len(classes)))
            for position, followers in enumerate(automaton.follow, offset):
                for follower in followers:
                    if backwards:
                        sources[position].add(offset + follower)
                    else:
                        sources[offset + follower].add(position)
        numbers = self._number(classes, sources, firsts)
        # For each rule the positions a match begins with, those it ends with, and all of them.
        self.firsts = [_set(numbers[position] for position in rule) for rule in firsts]
        self.lasts = [_set(numbers[position] for position in rule) for rule in lasts]
        self.wholes = [_set(numbers[position] for position in rule) for rule in wholes]
        self._index_edges(
            {
                (numbers[source], numbers[position])
                for position, leading in enumerate(sources)
                for source in leading
            }
        )
        kept = {number: classes[position] for position, number in enumerate(numbers)}
        self._size = len(kept)
        self._index_classes([kept[number] for number in range(self._size)])
        # Where reading may enter before any character; and, forwards, at every one.
        everything = (1 << self._size) - 1
        anywhere = union_of(self.firsts)
        self._entered = everything if backwards else anywhere
        self._reentered = 0 if backwards else anywhere
        self._forget()

    def _number(
        self,
        classes: Sequence[Ranges],
        sources: Sequence[set[int]],
        firsts: Sequence[Sequence[int]],
    ) -> list[int]:
        """Return the number of each position; what is always reached together shares one."""
        kinds: Sequence[Hashable] = classes
        if not self._backwards:
            # Read backwards, a text may end anywhere; forwards it is entered where matches begin.
            entered = {position for rule in firsts for position in rule}
            kinds = [(ranges, position in entered) for position, ranges in enumerate(classes)]
        return in_order(join(kinds, sources, downwards=self._backwards))

    def _index_edges(self, edges: Collection[tuple[int, int]]) -> None:
        """Split the edges into those of common lengths, taken by one shift each, and the rest.

        edges: from and to, in the direction of reading.
        """
        lengths = Counter(target - source for source, target in edges)
        shifts: dict[int, list[int]] = {
            length: [] for length, count in lengths.items() if count >= MIN_SHIFTED_EDGES
        }
        jumps: dict[int, list[int]] = {}
        for source, target in edges:
            if (length := target - source) in shifts:
                shifts[length].append(source)
            else:
                jumps.setdefault(source, []).append(target)
        self._up = [(length, _set(shifts[length])) for length in shifts if length > 0]
        self._down = [(-length, _set(shifts[length])) for length in shifts if length <= 0]
        self._jumps = {source: _set(targets) for source, targets in jumps.items()}
        self._jumped = _set(self._jumps)

    def _index_classes(self, classes: Sequence[Ranges]) -> None:
        """Cut the code points into runs that all classes treat alike."""
        members: dict[Ranges, list[int]] = {}
        for position, ranges in enumerate(classes):
            members.setdefault(ranges, []).append(position)
        self._members = [(ranges, _set(positions)) for ranges, positions in members.items()]
        edges = {edge for ranges in members for low, high in ranges for edge in (low, high + 1)}
        self._runs = sorted(edges)
        self._masks: list[int | None] = [None] * (len(self._runs) + 1)

    def _mask(self, character: str) -> int:
        """Return the positions whose class holds the character."""
        code_point = ord(character)
        run = bisect_right(self._runs, code_point)
        mask = self._masks[run]
        if mask is None:
            mask = self._masks[run] = union_of(
                positions
                for ranges, positions in self._members
                if any(low <= code_point <= high for low, high in ranges)
            )
        return mask

    def _mark(self, positions: int) -> int:
        raise NotImplementedError

    def _forget(self) -> None:
        self._states: dict[int, State] = {}
        # Where rare edges lead from a set: a quarter of the sets differ in what they start from.
        self._landed: dict[int, int] = {}
        self._bytes = 0
        self.start = State(self, 0, 0)
        self.start.reached = self._entered
        # Backwards the empty set is not where reading starts: from it nothing is reached any more.
        self._empty = State(self, 0, self._mark(0)) if self._backwards else self.start

    def step(self, state: State, character: str) -> State:
        """Compute, and remember, where one more character leads."""
        reached = state.reached
        if reached is None:
            reached = state.reached = self._move(state.positions) | self._reentered
            self._bytes += self._size // 8
        positions = reached & self._mask(character)
        following = self._states.get(positions) if positions else self._empty
        if following is None:
            following = State(self, positions, self._mark(positions))
            self._states[positions] = following
            self._bytes += _STATE_BYTES + self._size // 8
        self._bytes += STEP_BYTES
        if self._bytes > MAX_CACHE_BYTES:
            self._forget()
        else:
            state[character] = following
        return following

    def _move(self, positions: int) -> int:
        reached = 0
        for length, sources in self._up:
            reached |= (positions & sources) << length
        for length, sources in self._down:
            reached |= (positions & sources) >> length
        if jumping := positions & self._jumped:
            landed = self._landed.get(jumping)
            if landed is None:
                landed = union_of(self._jumps[position] for position in members(jumping))
                self._landed[jumping] = landed
                self._bytes += STEP_BYTES + self._size // 4
            reached |= landed
        return reached


def members(positions: int) -> Iterable[int]:
    """Yield the elements of a set, in order.

    >>> list(members(0b1010))
    [1, 3]
    """
    while positions:
        lowest = positions & -positions
        yield lowest.bit_length() - 1
        positions ^= lowest


def _set(elements: Iterable[int]) -> int:
    marked = bytearray()
    for element in elements:
        if element >= len(marked) * 8:
            marked.extend(bytes(element // 8 + 1 - len(marked)))
        marked[element // 8] |= 1 << element % 8
    return int.from_bytes(marked, "little")


def union_of(sets: Iterable[int]) -> int:
    """Return everything that is in any of the sets."""
    union = 0
    for one in sets:
        union |= one
    return union
