"""What a push looks at does not grow with the text: counted in characters, never timed."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from guardrails import Session, default_plan
from guardrails.frontier import GROWTH_SHIFT
from guardrails.matcher import Matcher, MatchState
from guardrails.rule import Rule
from tests.looks import counted_looks

WORDS = ("the", "frontier", "moves", "on", "when", "nothing", "is", "pending", "42", "and", "a")


def looks_of_each(chunks: list[str]) -> list[int]:
    """How many characters each push looked at."""
    session, totals = Session("cost", default_plan()), [0]
    with counted_looks() as looks:
        for chunk in chunks:
            session.push(chunk)
            totals.append(looks.count)
    return [after - before for before, after in pairwise(totals)]


def key_pieces(chars: int, size: int) -> list[str]:
    text = "-----BEGIN PRIVATE " + "KEY-----\n" + ("MIIEvQIBADANBgkqhkiG9w0B" * chars)[:chars]
    return [text[start : start + size] for start in range(0, len(text), size)]


def test_the_ten_thousandth_chunk_costs_what_the_tenth_does() -> None:
    random = Random(7)
    period = [f" {random.choice(WORDS)}" for _ in range(100)]
    counts = looks_of_each(period * 100)
    assert counts[9_900:] == counts[100:200]
    assert sum(counts[9_900:]) <= 1.1 * sum(counts[:100])


def test_a_character_is_looked_at_a_few_times_whatever_the_chunks_are() -> None:
    random = Random(8)
    text = " ".join(random.choice(WORDS) for _ in range(2_000))
    for size in (1, 4, 50):
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        # 3 for each start, and 8 at a time for those that something begins with.
        assert sum(looks_of_each(pieces)) <= 8 * len(text)


@pytest.mark.parametrize("size", [1, 4, 50])
def test_a_long_hold_is_read_on_and_not_again(size: int) -> None:
    chars = 2_000
    counts = looks_of_each(key_pieces(chars, size))
    assert counts[-1] <= size
    # The words it begins with, and from there once.
    assert sum(counts) <= 1.1 * chars + 200


@pytest.mark.parametrize("size", [1, 5])
def test_text_wider_than_any_match_that_never_ends_is_not_read_at_every_chunk(size: int) -> None:
    matcher, state = Matcher([Rule(id="r", type="T", expression="a{1,1000}b")]), MatchState()
    with counted_looks() as looks:
        for _ in range(10_000 // size):
            matcher.push(state, "a" * size)
    # Again whenever it has grown by an eighth, all starts together.
    assert looks.count <= 10_000 * (3 + 3 * (1 << GROWTH_SHIFT))
