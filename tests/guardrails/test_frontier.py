"""The frontier, start by start and all starts at once."""

from __future__ import annotations

import re
from random import Random

import pytest

from guardrails import dfa, frontier
from guardrails.automaton import Automaton
from guardrails.errors import RuleError
from guardrails.frontier import Frontier
from guardrails.pending import PendingIndex
from guardrails.syntax import Syntax, parse
from guardrails.tree import lookahead, unparse
from tests import random_rules


def widths(syntaxes: list[Syntax]) -> list[int]:
    return [syntax.max_width + lookahead(syntax.root) for syntax in syntaxes]


def frontier_of(*expressions: str) -> Frontier:
    syntaxes = [parse(expression) for expression in expressions]
    return Frontier([syntax.root for syntax in syntaxes], widths(syntaxes))


def random_syntaxes(random: Random) -> list[Syntax]:
    found: list[Syntax] = []
    while len(found) < 3:
        try:
            found.append(parse(random_rules.Expressions(random).one()))
        except RuleError:
            continue
    return found


@pytest.mark.parametrize(
    ("expression", "text", "kept"),
    [
        ("AKIA[A-Z2-7]{16}", "see AK", "AK"),
        ("AKIA[A-Z2-7]{16}", "see AKIA0", ""),
        ("AKIA[A-Z2-7]{16}", "AKIA1AK", "AK"),
        ("(?<![A-Za-z])ab(?!cd)", "xabc", ""),
        ("(?<![A-Za-z])ab(?!cd)", "x abc", "abc"),
        ("(?<=[0-9])ab", "a1a", "a"),
        ("(?<=[0-9])ab", "1 a", ""),
        ("(?<=[0-9])ab", "a", "a"),
        ("ab(?=.{0,3}c)", "xab1234", ""),
        ("a{3,70}b", "x" + "a" * 72, "a" * 71),
    ],
)
def test_text_is_held_while_it_may_become_a_match(expression: str, text: str, kept: str) -> None:
    held = frontier_of(expression).held(text, 0)
    assert text[len(text) - held :] == kept


def test_what_stands_before_the_start_is_only_looked_at() -> None:
    rules = frontier_of("(?<![A-Za-z])ab?")
    assert rules.held("xa", 1) == 0
    assert rules.held(" a", 1) == 1
    assert rules.held("a a", 1) == 1


@pytest.mark.parametrize("seed", range(200))
def test_start_by_start_is_as_all_at_once_and_never_lets_go_of_a_match(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    syntaxes = random_syntaxes(random)
    roots = [syntax.root for syntax in syntaxes]
    rules = Frontier(roots, widths(syntaxes))
    at_once = PendingIndex([Automaton(root) for root in roots], widths(syntaxes))
    exact = [re.compile(unparse(root), re.ASCII) for root in roots]
    looks_back = any(syntax.lookbehind for syntax in syntaxes)
    for _ in range(20):
        text = random_rules.text(random, 30)
        start = random.randint(0, len(text))
        held, most = rules.held(text, start), at_once.held(text[start:])
        assert held <= most if looks_back else held == most
        # A match of a longer text that begins in this one and ends behind it is held.
        longer = text + random_rules.text(random, 10)
        for match in (match for one in exact for match in one.finditer(longer, start)):
            assert not match.start() < len(text) < match.end() or match.start() >= len(text) - held


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the texts that were read all starts at once."""
    sizes: list[int] = []
    read = PendingIndex.held

    def held(index: PendingIndex, text: str) -> int:
        sizes.append(len(text))
        return read(index, text)

    monkeypatch.setattr(PendingIndex, "held", held)
    return sizes


def test_hostile_text_is_read_all_at_once_with_the_same_answer(
    monkeypatch: pytest.MonkeyPatch, at_once: list[int]
) -> None:
    expression = "a[ab]{0,60}c|b[ab]{0,50}d"
    text = "ab" * 200 + "aab"
    monkeypatch.setattr(frontier, "_SPARE_STEPS", 1_000_000)
    expected = frontier_of(expression).held(text, 0)
    assert not at_once
    monkeypatch.setattr(frontier, "_MAX_PASSES", 0)
    monkeypatch.setattr(frontier, "_SPARE_STEPS", 0)
    rules = frontier_of(expression)
    assert rules.held(text, 0) == expected == 61
    assert at_once == [len(text)]


def test_text_that_keeps_many_starts_alive_costs_no_pass_for_each(at_once: list[int]) -> None:
    rules = frontier_of("a[ab]{0,60}c")
    assert rules.held("ab" * 2_000, 0) == 60
    assert at_once == [4_000]


def test_prose_is_read_start_by_start(at_once: list[int]) -> None:
    rules = frontier_of("AKIA[A-Z2-7]{16}", "(?<![0-9])[0-9]{4} [0-9]{4}", "secret=[a-z]{9}")
    assert (
        rules.held("As said, the secret is that there is none: 1234 times we looked. " * 30, 0) == 0
    )
    assert not at_once


def test_states_forgotten_in_the_middle_of_a_pass_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "".join("aab" if n % 3 else "é ba" for n in range(100))
    expression = "(?<![a-z])a(?:a|b){20,40}c|ba"
    expected = [frontier_of(expression).held(text[:end], 0) for end in range(len(text))]
    monkeypatch.setattr(dfa, "MAX_CACHE_BYTES", 3_000)
    rules = frontier_of(expression)
    first = rules.start
    assert [rules.held(text[:end], 0) for end in range(len(text))] == expected
    assert rules.start is not first
