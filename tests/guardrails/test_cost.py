"""What a push looks at does not grow with the text: counted in characters, never timed."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from guardrails import Session, default_plan
from guardrails.matcher import MIN_GEOMETRIC_HOLD

WORDS = ("the", "frontier", "moves", "on", "when", "nothing", "is", "pending", "42", "and", "a")


def scanned_by_each(chunks: list[str]) -> list[int]:
    """How many characters each push looked at, rescans counted each time."""
    session = Session("cost", default_plan())
    totals = [0]
    for chunk in chunks:
        session.push(chunk)
        totals.append(session.scanned)
    return [after - before for before, after in pairwise(totals)]


def key_pieces(chars: int, size: int) -> list[str]:
    text = "-----BEGIN PRIVATE " + "KEY-----\n" + ("MIIEvQIBADANBgkqhkiG9w0B" * chars)[:chars]
    return [text[start : start + size] for start in range(0, len(text), size)]


def test_the_ten_thousandth_chunk_costs_what_the_tenth_does():
    random = Random(7)
    period = [f" {random.choice(WORDS)}" for _ in range(100)]
    counts = scanned_by_each(period * 100)
    assert counts[9_900:] == counts[100:200]
    assert sum(counts[9_900:]) <= 1.1 * sum(counts[:100])


def test_a_push_looks_at_what_is_held_and_what_is_new_at_most_twice():
    random = Random(8)
    session = Session("cost", default_plan())
    for _ in range(2_000):
        chunk = f" {random.choice(WORDS)}"
        before, held = session.scanned, session.held
        session.push(chunk)
        assert session.scanned - before <= 2 * (held + len(chunk))


@pytest.mark.parametrize("size", [1, 4, 50])
def test_a_long_hold_is_looked_at_a_constant_number_of_times(size: int):
    # Growing by an eighth each time: 1 + 8/9 + (8/9)**2 + ... = 9 passes over the final hold, and
    # below the geometric threshold one pass per chunk.
    chars = 2_000
    counts = scanned_by_each(key_pieces(chars, size))
    below = MIN_GEOMETRIC_HOLD**2 // size
    assert sum(counts) <= 2 * (9 * chars + below)


def test_a_hold_of_2000_characters_is_not_looked_at_at_every_chunk():
    counts = scanned_by_each(key_pieces(2_000, 4))
    late = counts[len(counts) // 2 :]
    assert sum(count == 0 for count in late) > 0.9 * len(late)
