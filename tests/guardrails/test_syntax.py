"""Expressions are read as `re` reads them, and open repeats get their stated ends."""

from __future__ import annotations

import re
from random import Random

import pytest

from guardrails.errors import RuleError
from guardrails.syntax import MAX_RULE_WIDTH, Unconvertible, parse
from guardrails.tree import lookahead, unparse
from tests import random_rules


def test_what_is_read_and_written_again_matches_the_same() -> None:
    compared = 0
    for seed in range(1_500):
        random = Random(seed)
        expression = random_rules.Expressions(random).one()
        try:
            again = unparse(parse(expression).root)
        except RuleError:
            continue
        first, second = re.compile(expression, re.ASCII), re.compile(again, re.ASCII)
        for _ in range(10):
            text = random_rules.text(random, 25)
            try:
                expected = [match.span() for match in first.finditer(text)]
            except SystemError:
                continue  # a defect of `re` with groups in possessive repeats, which we drop
            assert [match.span() for match in second.finditer(text)] == expected, expression
            compared += len(expected)
    assert compared > 5_000


@pytest.mark.parametrize(
    ("expression", "exact"),
    [
        ("a+", "a{1,512}"),
        ("a*?b", "a{0,512}?b"),
        ("[ab]{600,}", "[a-b]{600,600}"),
        ("(?:ab)+", "(?:ab){1,16}"),
        ("(?:ab){20,}", "(?:ab){20,20}"),
        ("(?:a|b)+", "[a-b]{1,512}"),
        ("a++b", "a{1,512}+b"),
        ("(?P<name>a)(?P<cap>b)?", "(?:a)(?:(?P<cap>b)){0,1}"),
        (r"(?i)k\b", r"[Kk]\b"),
        (r"(a)(b)\2", "(?:a)(?P<g2>b)(?P=g2)"),
        (r"(a)(?i:\1)", "(?P<g1>a)(?i:(?P=g1))"),
        (r"(?P<q>a)?(?(q)b|c)", "(?:(?P<g1>a)){0,1}(?:(?(g1)(?:b)|(?:c)))"),
    ],
)
def test_open_repeats_are_clamped(expression: str, exact: str) -> None:
    assert unparse(parse(expression).root) == exact


@pytest.mark.parametrize(
    ("expression", "width", "lookbehind", "ahead"),
    [
        ("AKIA[A-Z2-7]{16}", 20, 1, 0),
        (r"(?<=abc)d", 1, 4, 0),
        (r"(?<=(?<=(?<=ab)c)d)e", 1, 5, 0),
        (r"(?<!a)b(?<=xyzb)", 1, 5, 0),
        (r"a(?=bc)", 1, 1, 2),
        (r"a(?=b(?=c(?!d)))", 1, 1, 3),
        (r"a(?:b(?=cc)|d)$", 2, 1, 3),
        (r"(a{1,3})-\1", 7, 1, 0),
    ],
)
def test_widths_cover_all_that_a_match_may_read(
    expression: str, width: int, lookbehind: int, ahead: int
) -> None:
    syntax = parse(expression)
    assert (syntax.max_width, syntax.lookbehind) == (width, lookbehind)
    assert lookahead(syntax.root) == ahead


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("a(", "not valid"),
        ("(?<=a+)b", "not valid"),
        ("a*", "matches the empty text"),
        (r"\b(?=a)", "matches the empty text"),
        (f"a{{{MAX_RULE_WIDTH + 1}}}", "code points wide"),
        ("(?>(?P<cap>a)b)", "atomic"),
        ("(?P<cap>a)++b", "possessive"),
        (r"(?>(a)b)\1", "atomic"),
    ],
)
def test_what_no_rule_may_be_is_refused_with_a_reason(expression: str, reason: str) -> None:
    with pytest.raises(RuleError, match=reason) as refused:
        parse(expression)
    assert not isinstance(refused.value, Unconvertible)


@pytest.mark.parametrize("expression", [r"(?<=a(?=bc))b", r"(a)(?<=\1)b"])
def test_what_has_no_bound_is_told_apart(expression: str) -> None:
    with pytest.raises(Unconvertible):
        parse(expression)
