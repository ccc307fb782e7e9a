"""The frontier: how much of the end of a text may still become a match."""

from __future__ import annotations

import re
from random import Random

import pytest

from guardrails import dfa, frontier
from guardrails.automaton import Automaton
from guardrails.beginning import class_before
from guardrails.dfa import Dfa
from guardrails.errors import RuleError
from guardrails.frontier import Frontier, Place
from guardrails.syntax import Syntax, parse
from guardrails.tree import Ranges, lookahead, unparse
from tests import random_rules


def widths(syntaxes: list[Syntax]) -> list[int]:
    return [syntax.max_width + lookahead(syntax.root) for syntax in syntaxes]


def frontier_of(*expressions: str) -> Frontier:
    syntaxes = [parse(expression) for expression in expressions]
    return Frontier([syntax.root for syntax in syntaxes], widths(syntaxes))


def held(rules: Frontier, text: str, start: int = 0) -> int:
    """How many code points at the end of a text are undecided, that text read at once."""
    return len(text) - rules.advance(text, start, None, start)[0]


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
    assert text[len(text) - held(frontier_of(expression), text) :] == kept


def test_what_stands_before_the_start_is_only_looked_at() -> None:
    rules = frontier_of("(?<![A-Za-z])ab?")
    assert held(rules, "xa", 1) == 0
    assert held(rules, " a", 1) == 1
    assert held(rules, "a a", 1) == 1


def test_of_several_rules_the_longest_hold_counts() -> None:
    rules = frontier_of("abc", "xxab.{5}")
    assert held(rules, "xxab") == 4
    assert held(rules, "yxab") == 2
    assert rules.max_width == 9


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("seed", range(150))
def test_it_is_the_first_start_that_is_pending_and_no_match_before_it_is_missed(
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
        text = random_rules.text(random, 40)
        start, state, hits, read = 0, None, 0, 0
        for end in sorted(random.sample(range(len(text) + 1), min(len(text) + 1, 4))):
            first = start
            start, state, found, opened = rules.advance(text[:end], first, state, read)
            read = end
            assert end - start == held_as_defined(syntaxes, text[:end], first)
            if start == first:
                hits |= found | opened
                continue
            hits |= found
            for number, one in enumerate(exact):
                if (match := one.search(text, first)) and match.start() < start:
                    assert match.end() <= end
                    assert hits >> number & 1
            hits = opened
        _, state, found, opened = rules.advance(text, start, state, read, final=True)
        assert (state, opened) == (None, 0)
        for number, one in enumerate(exact):
            if one.search(text, start):
                assert (hits | found) >> number & 1


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the texts that were read for all starts together."""
    sizes: list[int] = []
    read = Frontier._advance_all

    def advance(index: Frontier, text: str, start: int, hits: int, *, final: bool) -> Place:
        sizes.append(len(text) - start)
        return read(index, text, start, hits, final=final)

    monkeypatch.setattr(Frontier, "_advance_all", advance)
    return sizes


def test_text_that_keeps_many_starts_alive_costs_no_pass_for_each(at_once: list[int]) -> None:
    rules = frontier_of("a[ab]{0,60}c")
    assert held(rules, "ab" * 2_000) == 60
    assert len(at_once) == 1
    assert 0 < at_once[0] < 4_000


def test_prose_is_read_start_by_start(at_once: list[int]) -> None:
    rules = frontier_of("AKIA[A-Z2-7]{16}", "(?<![0-9])[0-9]{4} [0-9]{4}", "secret=[a-z]{9}")
    assert (
        held(rules, "As said, the secret is that there is none: 1234 times we looked. " * 30) == 0
    )
    assert not at_once


def test_a_text_that_outgrows_the_widest_match_is_read_again_when_it_is_an_eighth_longer(
    at_once: list[int],
) -> None:
    rules, text = frontier_of("a{1,800}b"), "a" * 5_000
    start, state = 0, None
    for end in range(1, len(text) + 1):
        start, state, _, _ = rules.advance(text[:end], start, state, end - 1)
        assert min(end, 801) <= end - start <= min(end, 801 + 801 // 8)
    assert len(at_once) <= 5_000 // (801 // 8)


def test_states_forgotten_in_the_middle_of_a_pass_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "".join("aab" if n % 3 else "é ba" for n in range(100))
    expression = "(?<![a-z])a(?:a|b){20,40}c|ba"
    expected = [held(frontier_of(expression), text[:end]) for end in range(len(text))]
    monkeypatch.setattr(dfa, "MAX_CACHE_BYTES", 3_000)
    forgotten: list[Dfa] = []
    forget = Dfa._forget
    monkeypatch.setattr(Dfa, "_forget", lambda self: (forgotten.append(self), forget(self)))
    rules = frontier_of(expression)
    assert [held(rules, text[:end]) for end in range(len(text))] == expected
    start, state = 0, None
    for end in range(1, len(text)):
        start, state, _, _ = rules.advance(text[:end], start, state, end - 1)
        assert end - start == expected[end]
    assert len(forgotten) > 10


def test_a_match_that_ends_the_text_is_hit_whatever_its_length() -> None:
    # A library's engine missed these for 15 to 32 characters before (decision 0004).
    rules = frontier_of("xyz.a", "[1b]a")
    for before in range(40):
        assert rules.advance("c" * before + "1a", 0, None, 0, final=True)[2] == 0b10


def test_single_characters_are_rules_too() -> None:
    rules = frontier_of("[$]", "[#]x?")
    assert rules.advance("a $ b", 0, None, 0) == (5, None, 0b01, 0)
    start, _, hits, opened = rules.advance("a $ #", 0, None, 0)
    assert (start, hits, opened) == (4, 0b01, 0b10)


def test_hostile_text_does_not_multiply_the_states() -> None:
    random = Random(1)
    rules = frontier_of(r"[0-9][a-z0-9]{30}#", r"x[a-z0-9]{60}b#")
    for _ in range(200):
        held(rules, "".join(random.choices("abc1x#", k=200)))
    assert len(rules._dfa._states) < 1_000


def test_what_is_remembered_of_heads_is_bounded_however_many_characters_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dfa, "MAX_CACHE_BYTES", 100_000)
    random, rules = Random(3), frontier_of("key-[a-z]{8}", "(?<![a-z])secret")
    # 60 characters make 216,000 heads, and soon no state that is new.
    letters = [chr(0x4E00 + number) for number in range(60)]
    for _ in range(20):
        held(rules, "".join(random.choices(letters, k=1_000)))
        assert len(rules._dfa.heads) < 1_000
