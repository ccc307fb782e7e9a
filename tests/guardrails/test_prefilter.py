"""A pass over the text that may cry wolf but must miss nothing."""

from __future__ import annotations

import re
from random import Random

import pytest

from guardrails.errors import RuleError
from guardrails.prefilter import Prefilter, members
from guardrails.syntax import parse
from guardrails.tree import unparse
from tests import random_rules


def prefilter(*expressions: str) -> Prefilter:
    roots = [parse(expression).root for expression in expressions]
    return Prefilter(roots)


def test_every_rule_that_matches_is_hit() -> None:
    for seed in range(400):
        random = Random(seed)
        roots = []
        for _ in range(random.choice([1, 2, 5, 9])):
            try:
                roots.append(parse(random_rules.Expressions(random).one()).root)
            except RuleError:
                continue
        found = Prefilter(roots)
        exact = [re.compile(unparse(root), re.ASCII) for root in roots]
        for _ in range(10):
            text = random_rules.text(random, 30)
            start = random.choice([0, random.randint(0, len(text))])
            hits = found.hits(text, start)
            assert {n for n, rule in enumerate(exact) if rule.search(text, start)} <= set(
                members(hits)
            )


@pytest.mark.parametrize("before", range(40))
def test_a_match_that_ends_the_text_is_hit_whatever_its_length(before: int) -> None:
    # Vectorscan 5.4.12 missed these for 15 to 32 characters before.
    assert prefilter("xyz.a", "[1b]a").hits("c" * before + "1a", 0) == 0b10


def test_what_stands_before_the_start_is_not_looked_at() -> None:
    assert prefilter("ab").hits("ab ab", 1) == 0b1
    assert prefilter("ab").hits("ab a", 1) == 0


def test_text_without_a_rare_character_of_each_rule_is_not_read() -> None:
    rules = prefilter("[a-z]{1,9}@[a-z]{1,9}", "[0-9]{4}#")
    assert not rules.may_match("no sign of either here " * 40, 0)
    assert not rules.may_match("a@b and no more", 2)
    for text, found in (("ada@lovelace", 0b1), ("see 1234#", 0b10)):
        assert rules.may_match(text, 0)
        assert rules.hits(text, 0) == found


def test_rules_made_of_common_letters_are_found_without_a_rare_one() -> None:
    rules = prefilter("(?:the|and) end", "z")
    assert rules.may_match("this is the end", 0)
    assert rules.hits("this is the end", 0) == 0b1


def test_hostile_text_does_not_multiply_the_states() -> None:
    random = Random(1)
    rules = prefilter(r"\d[a-z0-9]{30}#", r"x[a-z0-9]{60}b#")
    for _ in range(200):
        rules.hits("".join(random.choices("abc1x#", k=200)), 0)
    assert len(rules._states) < 1_000
