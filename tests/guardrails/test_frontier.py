"""The frontier: how much of the end of a text may still become a match."""

from __future__ import annotations

import re
from random import Random

import pytest

from guardrails import dfa, frontier
from guardrails.automaton import Automaton
from guardrails.beginning import class_before
from guardrails.errors import RuleError
from guardrails.frontier import Frontier
from guardrails.syntax import Syntax, parse
from guardrails.tree import Ranges, lookahead, unparse
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


def has(ranges: Ranges, character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in ranges)


def held_as_defined(syntaxes: list[Syntax], text: str, start: int) -> int:
    """The first start that is pending under any rule: sets of positions, no automaton of states."""
    for at in range(start, len(text)):
        for syntax, width in zip(syntaxes, widths(syntaxes), strict=True):
            automaton = Automaton(syntax.root)
            behind = class_before(syntax.root)
            if len(text) - at > width or (at and behind and not has(behind, text[at - 1])):
                continue
            alive = automaton.first
            for character in text[at:]:
                read = {one for one in alive if has(automaton.classes[one], character)}
                alive = set().union(*(automaton.follow[one] for one in read))
                if not read:
                    break
            else:
                return len(text) - at
    return 0


@pytest.mark.parametrize(
    ("expression", "text", "kept"),
    [
        ("AKIA[A-Z2-7]{16}", "see A", "A"),
        ("AKIA[A-Z2-7]{16}", "see AK", "AK"),
        ("AKIA[A-Z2-7]{16}", "see AKIA", "AKIA"),
        ("AKIA[A-Z2-7]{16}", "see AKIA0", ""),
        ("AKIA[A-Z2-7]{16}", "AKIA1AK", "AK"),
        ("(?<![A-Za-z])ab(?!cd)", "xabc", ""),
        ("(?<![A-Za-z])ab(?!cd)", "x abc", "abc"),
        ("(?<=[0-9])ab", "a1a", "a"),
        ("(?<=[0-9])ab", "1 a", ""),
        ("(?<=[0-9])ab", "a", "a"),
        ("ab(?!c)", "xab", "ab"),
        ("ab(?!c)", "xabd", ""),
        ("ab(?!cd)", "xabc", "abc"),
        ("ab(?=.{0,3}c)", "xab12", "ab12"),
        ("ab(?=.{0,3}c)", "xab1234", ""),
        ("ab$", "xab\n", "ab\n"),
        ("ab$", "xab\n\n", ""),
        (r"ab\Z", "xab\n", ""),
        ("a{3,70}b", "x" + "a" * 71, "a" * 71),
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


def test_of_several_rules_the_longest_hold_counts() -> None:
    rules = frontier_of("abc", "xxab.{5}")
    assert rules.held("xxab", 0) == 4
    assert rules.held("yxab", 0) == 2
    assert rules.max_width == 9


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("seed", range(150))
def test_it_is_the_first_start_that_is_pending_and_never_lets_go_of_a_match(
    seed: int, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if at_once:
        monkeypatch.setattr(frontier, "_MAX_PASSES", 0)
        monkeypatch.setattr(frontier, "_SPARE_STEPS", 0)
    random = Random(seed)
    syntaxes = random_syntaxes(random)
    roots = [syntax.root for syntax in syntaxes]
    rules = Frontier(roots, widths(syntaxes))
    exact = [re.compile(unparse(root), re.ASCII) for root in roots]
    for _ in range(20):
        text = random_rules.text(random, 30)
        start = random.randint(0, len(text))
        held = rules.held(text, start)
        assert held == held_as_defined(syntaxes, text, start)
        # A match of a longer text that begins in this one and ends behind it is held.
        longer = text + random_rules.text(random, 10)
        for match in (match for one in exact for match in one.finditer(longer, start)):
            assert not match.start() < len(text) < match.end() or match.start() >= len(text) - held


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the texts that were read for all starts together."""
    sizes: list[int] = []
    read = Frontier._held_of_all

    def held(index: Frontier, text: str, start: int) -> int:
        sizes.append(len(text) - start)
        return read(index, text, start)

    monkeypatch.setattr(Frontier, "_held_of_all", held)
    return sizes


def test_text_that_keeps_many_starts_alive_costs_no_pass_for_each(at_once: list[int]) -> None:
    rules = frontier_of("a[ab]{0,60}c")
    assert rules.held("ab" * 2_000, 0) == 60
    assert len(at_once) == 1
    assert 0 < at_once[0] < 4_000


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
