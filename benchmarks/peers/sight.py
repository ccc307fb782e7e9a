"""What a reader of a guarded stream sees, and when: in places of the text as the model wrote it.

Engines answer in two ways. Some release text that stays, with `LABEL` in the place of what they
found; some look at the whole text so far, and the reader sees all of it but the spans they name.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# Stands for everything found; a private-use character, so that no text of ours has it.
LABEL = "\ue000"
Span = tuple[int, int]


class Sight(NamedTuple):
    """visible: places that were readable at any moment. found: spans that are hidden at the end.

    held: behind each chunk, how many characters had come and were not decided.
    """

    visible: frozenset[int]
    found: tuple[Span, ...]
    held: tuple[int, ...]


class Score(NamedTuple):
    """Counts over streams; leaked: characters of values that were readable at any moment.

    touched: values of which at least one character was. found: values hidden at the end, in part
    or whole. wrong: findings that touch no value. held: characters behind each chunk, summed.
    """

    values: int = 0
    chars: int = 0
    found: int = 0
    wrong: int = 0
    touched: int = 0
    leaked: int = 0
    chunks: int = 0
    held: int = 0
    longest: int = 0

    def plus(self, other: Score) -> Score:
        """Add the counts of other streams."""
        longest = max(self.longest, other.longest)
        sums = (mine + theirs for mine, theirs in zip(self, other, strict=True))
        return Score(*sums)._replace(longest=longest)

    @property
    def recall(self) -> float:
        """Return the share of the values that were found."""
        return self.found / self.values if self.values else 1.0

    @property
    def precision(self) -> float:
        """Return the share of the findings that were values."""
        every = self.found + self.wrong
        return self.found / every if every else 1.0

    @property
    def mean_hold(self) -> float:
        """Return the characters held back, mean over all chunks."""
        return self.held / self.chunks if self.chunks else 0.0


def of_released(chunks: Sequence[str], released: Sequence[str]) -> Sight:
    """Return what is seen of text that stays once it is shown.

    released: what was added behind each chunk; one more at the end for what came with the end.
    """
    text, shown = "".join(chunks), "".join(released)
    visible: set[int] = set()
    found: list[Span] = []
    # How far the text is decided when so many characters are out.
    decided = [0] * (len(shown) + 1)
    at, out = 0, 0
    for block in SequenceMatcher(None, text, shown, autojunk=False).get_matching_blocks():
        if LABEL in shown[out : block.b] and block.a > at:
            found.append((at, block.a))
        for place in range(out, block.b):
            decided[place + 1] = block.a
        for step in range(block.size):
            decided[block.b + step + 1] = block.a + step + 1
        visible.update(range(block.a, block.a + block.size))
        at, out = block.a + block.size, block.b + block.size
    come = gone = 0
    held = []
    for chunk, piece in zip(chunks, released, strict=False):
        come += len(chunk)
        gone += len(piece)
        held.append(max(0, come - decided[gone]))
    return Sight(frozenset(visible), tuple(found), tuple(held))


def of_covered(chunks: Sequence[str], covered: Sequence[Sequence[Span]]) -> Sight:
    """Return what is seen when all text so far is shown but what is found in it.

    covered: the spans found behind each chunk, in the text so far.
    """
    visible: set[int] = set()
    come = 0
    for chunk, spans in zip(chunks, covered, strict=True):
        come += len(chunk)
        visible |= set(range(come)).difference(*(range(*span) for span in spans))
    last = sorted((start, end) for start, end in (covered[-1] if covered else ()))
    return Sight(frozenset(visible), tuple(last), (0,) * len(chunks))


def score(sight: Sight, planted: Sequence[Span]) -> Score:
    """Count for one stream."""
    seen = [len(sight.visible.intersection(range(*span))) for span in planted]
    return Score(
        values=len(planted),
        chars=sum(end - start for start, end in planted),
        found=sum(_touches(span, sight.found) for span in planted),
        wrong=sum(not _touches(span, planted) for span in sight.found),
        touched=sum(count > 0 for count in seen),
        leaked=sum(seen),
        chunks=len(sight.held),
        held=sum(sight.held),
        longest=max(sight.held, default=0),
    )


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in others)
