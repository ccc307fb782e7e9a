"""The texts that are measured: answers of 400 tokens, cut into tokens.

Recorded answers where ../shared/data is present, else answers made here. Either way rounds get
different answers, so that nothing that is remembered flatters the next round.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

TOKENS = 400
RECORDED = Path(__file__).resolve().parents[2] / "shared/data/streams/rechunked_answers.jsonl"

# What is planted into one made answer in four, as models would write it.
_PLANTED = (
    "write to maria.lopez@example.org today",
    "call +1 415 555 0132 in the morning",
    "the card 4111 1111 1111 1111 was used",
    "transfer it to DE89 3704 0044 0532 0130 00",
    "the server at 203.0.113.77 answered",
)
_SYLLABLES = "ba be co da den er fa fi gra in ing ka la le lo ma men mo na ne or pa per pro ra re ri ro sa se so sta ta te ter ti to tra u va ver vi wo".split()  # noqa: E501
_COMMON = "the of and to a in is it you that for on are with as be this can or have from your not an at".split()  # noqa: E501
VOCABULARY = 8_000


class Corpus(NamedTuple):
    """answers: each a list of tokens. source: where they come from, for the report."""

    answers: list[list[str]]
    source: str

    def share(self, number: int, count: int) -> list[list[str]]:
        """Return `count` answers for one round; different ones for every round while they last."""
        size = len(self.answers)
        return [self.answers[(number * count + index) % size] for index in range(count)]


@cache
def corpus() -> Corpus:
    """Return the answers this run measures with."""
    if RECORDED.is_file():
        with RECORDED.open(encoding="utf-8") as lines:
            rows = [json.loads(line)["chunks"][:TOKENS] for line in lines]
        return Corpus(rows, f"{len(rows)} recorded answers, cut into tokens (o200k_base)")
    return Corpus(made_answers(300), "300 answers made by benchmarks/texts.py")


def made_answers(count: int) -> list[list[str]]:
    """Make answers of `TOKENS` tokens, the same ones in every run."""
    random = Random(2)
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(VOCABULARY)]
    # Zipf's law: the n-th word comes up 1/n times as often as the first.
    weights = [1 / rank for rank in range(5, VOCABULARY + 5)]
    return [_answer(random, words, weights, planted=index % 4 == 0) for index in range(count)]


def _answer(
    random: Random, words: Sequence[str], weights: Sequence[float], *, planted: bool
) -> list[str]:
    tokens: list[str] = []
    while len(tokens) < TOKENS:
        sentence = random.choices(words, weights, k=random.randint(6, 18))
        sentence[::3] = random.choices(_COMMON, k=len(sentence[::3]))
        if planted and random.random() < 0.1:
            sentence.append(random.choice(_PLANTED))
        if random.random() < 0.1:
            sentence.append(str(random.randint(1, 2_000)))
        text = " ".join(sentence).capitalize() + random.choice([". ", ". ", ".\n\n", ":\n- ", "? "])
        tokens += _tokens(random, text)
    return tokens[:TOKENS]


def _tokens(random: Random, text: str) -> list[str]:
    """Cut as tokenizers do: words with the space before them, long ones in pieces."""
    out: list[str] = []
    for word in text.split(" "):
        piece = f" {word}" if out else word
        while len(piece) > 7 or (len(piece) > 3 and any(map(str.isdigit, piece))):
            size = random.randint(2, 3) if any(map(str.isdigit, piece)) else random.randint(4, 6)
            out.append(piece[:size])
            piece = piece[size:]
        out.append(piece)
    return [token for token in out if token]
