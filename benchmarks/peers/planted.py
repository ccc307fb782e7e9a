"""Answers with values in them, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from benchmarks.peers.expressions import Expression
from benchmarks.texts import made_answers

# In 400 tokens; more than `made_answers` has by itself: two or three in one answer of four, whose
# places it does not tell. Those answers are left out here.
PER_ANSWER = 1
_OWN = 4
# So do tokenizers cut numbers and names they do not know.
PIECE_CHARS = (1, 4)


class Answer(NamedTuple):
    """chunks: the text in pieces. planted: half-open spans of the values, in order."""

    chunks: list[str]
    planted: list[tuple[int, int]]

    @property
    def text(self) -> str:
        """Return the whole text."""
        return "".join(self.chunks)


def answers(count: int, expressions: Sequence[Expression], seed: int = 1) -> list[Answer]:
    """Make answers, the same ones in every run."""
    random = Random(seed)
    carriers = made_answers(count * _OWN // (_OWN - 1) + _OWN)
    plain = [tokens for index, tokens in enumerate(carriers) if index % _OWN]
    return [
        plant(tokens, random.sample(expressions, PER_ANSWER), random) for tokens in plain[:count]
    ]


def plant(tokens: Sequence[str], expressions: Sequence[Expression], random: Random) -> Answer:
    """Write a value of each expression between two words, cut in pieces."""
    words = [index for index, token in enumerate(tokens) if index and token.startswith(" ")]
    places = sorted(random.sample(words, len(expressions)))
    chunks: list[str] = []
    planted: list[tuple[int, int]] = []
    chars = before = 0
    for place, expression in zip([*places, None], [*expressions, None], strict=True):
        chunks += tokens[before:place]
        chars += sum(map(len, tokens[before:place]))
        if place is None or expression is None:
            break
        value = expression.make(random)
        chunks += [" ", *cut(value, random)]
        planted.append((chars + 1, chars + 1 + len(value)))
        chars += 1 + len(value)
        before = place
    return Answer(chunks, planted)


def cut(text: str, random: Random) -> list[str]:
    """Cut a value in pieces of `PIECE_CHARS`."""
    pieces = []
    while text:
        size = random.randint(*PIECE_CHARS)
        pieces.append(text[:size])
        text = text[size:]
    return pieces
