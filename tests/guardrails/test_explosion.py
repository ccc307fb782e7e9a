"""Rules that can explode are refused when the policy is loaded; all others are not."""

import itertools
import random
import re
import time

import pytest

from guardrails.catalogue import CATALOGUE
from guardrails.errors import RuleError
from guardrails.explosion import MAX_WAYS, require_tame
from guardrails.rule import Rule
from guardrails.syntax import parse, unparse

SHIPPED = [
    rule
    for guardrail in CATALOGUE
    for rule in guardrail.rules
    or (guardrail.build((guardrail.options or object)()) if guardrail.build else ())
    # A rule of phrases has none.
    if rule.expression
]

# Read in exponentially many ways, with the word that shows it, up to its rotation.
EXPONENTIAL = [
    (r"(a+)+b", "a"),
    (r"(a*)*b", "a"),
    (r"([a-z]+)*x", "a"),
    (r"(.*a){20}", "aa"),
    (r"(a|aa)+b", "aa"),
    (r"(a|b|ab)*c", "ab"),
    (r"(x+x+)+y", "xx"),
    (r"^(\d+)*$x", "0"),
    (r"(\w+\s?)+$x", "a"),
    (r"([a-zA-Z0-9._]+)*@x", "a"),
    (r"x(?:\s*\w+\s*)*y", "a"),
    (r"(?:(?:a+),?)+;", "a"),
    (r"(?=(a+)+b)x", "a"),
    (r"x(?!(?:[ab]+)+c)", "a"),
    (r"(?:(?:ab)+)+c", "ab"),
    (r"(?:a{1,9}){1,40}b", "a"),
    (r"(?i:(?:k|K)+)+b", "K"),
    (r"(?:京+)+x", "京"),
]
NOTHING_IN_SEVERAL_WAYS = [r"(a|a)*b", r"(?:ab|ab)*c", r"(?:b(?:a?)?)*c", r"(?:x(?:|))+y"]
EMPTY_ROUNDS = [
    r"(a?){30}a{30}",
    r"(?:a*){9}b",
    r"(?:a?b?){2,}c",
    r"(?:b(?:a?){1,40}){0,200}c",
    r"(?:(?:b?)+a)+c",
]
POLYNOMIAL = [
    r"\d+\d+\d+\d+b",
    r".*.*.*x",
    r"a*[ab]*[abc]*[abcd]*x",
    r"x(?:.*=.*=.*=.*)y",
    # Found by trying random expressions: loops in short repeats, which are written out.
    r"(?:(?:(?:bb.){2,}){0,3}){0,3}c",
    r"[ab](?:(?:(?:[ab]b)+){0,3}){0,3}c",
    r"(?:a){1,40}.(?:(?:[ab])+|[ab])(?:(?:.){1,40}){0,3}c",
]
OPTIONS = ["a?" * 30 + "a" * 30, "[ab]?" * 40 + "c", "(?:a|)" * 30 + "b"]

TAME = [
    r"a+b",
    r"AKIA[A-Z2-7]{16}",
    r"(?:[a-z]+,)+x",
    r'"(?:[^"\\]|\\.)*"',
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:\d[ -]?){13,19}",
    r"[\w.]+@[\w.]+\.[a-z]+",
    r"password\s*[:=]\s*\S{4,64}",
    r"https?://\S+/\S+",
    r"x.*y",
    r"(?:cat|dog|bird)+s?",
    r"[a-z]+\s*=\s*[a-z]+",
    r"\d+\d+b",
    r"(?:ab|ac)*d",
]


def refusal(expression: str) -> str:
    with pytest.raises(RuleError) as caught:
        require_tame(parse(expression).root)
    return str(caught.value)


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.id)
def test_every_shipped_rule_is_tame(rule: Rule) -> None:
    require_tame(parse(rule.expression).root)


@pytest.mark.parametrize("expression", TAME)
def test_ordinary_expressions_are_accepted(expression: str) -> None:
    require_tame(parse(expression).root)


@pytest.mark.parametrize(("expression", "word"), EXPONENTIAL)
def test_two_ways_round_a_repeat_are_refused_with_a_text_that_shows_it(
    expression: str, word: str
) -> None:
    message = refusal(expression)
    shown = re.search(r"'(.+?)' again and again", message)
    assert shown is not None, message
    assert set(shown[1]) <= set(word) | {"0", "a"}
    assert "make each round begin with a character" in message


@pytest.mark.parametrize("expression", NOTHING_IN_SEVERAL_WAYS)
def test_a_part_that_reads_nothing_in_several_ways_is_refused(expression: str) -> None:
    assert "reads nothing in several ways" in refusal(expression)


@pytest.mark.parametrize("expression", EMPTY_ROUNDS)
def test_a_part_that_may_be_empty_and_must_be_repeated_is_refused(expression: str) -> None:
    assert "a part that may be empty must be repeated" in refusal(expression)


@pytest.mark.parametrize("expression", POLYNOMIAL)
def test_many_repeats_behind_one_another_that_read_the_same_are_refused(expression: str) -> None:
    assert "parts behind one another can read the same text" in refusal(expression)


@pytest.mark.parametrize("expression", OPTIONS)
def test_a_row_of_optional_parts_is_refused(expression: str) -> None:
    assert "parts behind one another can read the same text, 'a'" in refusal(expression)


def test_what_is_refused_for_its_ways_really_takes_time_and_what_is_accepted_does_not() -> None:
    def seconds(expression: str, text: str) -> float:
        exact = re.compile(unparse(parse(expression).root), re.ASCII)
        started = time.perf_counter()
        assert exact.search(text) is None
        return time.perf_counter() - started

    text = "a" * 24
    refused = seconds(r"(?:a|aa)+[^a]", text)
    accepted = seconds(r"a+[^a]", text)
    refusal(r"(?:a|aa)+[^a]")
    require_tame(parse(r"a+[^a]").root)
    assert refused > 20 * accepted


def test_a_bounded_row_of_repeats_is_judged_by_its_bounds() -> None:
    require_tame(parse(r"xa{0,40}a{0,40}a{0,40}b").root)
    assert "in more than 1,000,000 ways" in refusal(r"xa{0,400}a{0,400}a{0,400}b")
    assert MAX_WAYS == 1_000_000


def test_a_very_large_expression_is_refused_quickly() -> None:
    words = "|".join(f"word{number:05}" for number in range(2_000))
    started = time.perf_counter()
    assert "positions" in refusal(f"(?:{words})+x")
    assert time.perf_counter() - started < 2


def test_an_entangled_expression_ends_within_bounded_time() -> None:
    expression = "(?:" + "|".join(f"[a-z]{{1,4}}{letter}" for letter in "abcdefghijklmnop") + ")+;"
    started = time.perf_counter()
    refusal(expression)
    assert time.perf_counter() - started < 10


def random_expression(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return rng.choice(["a", "b", "[ab]", "a", "."])
    if kind < 0.55:
        return random_expression(rng, depth - 1) + random_expression(rng, depth - 1)
    if kind < 0.7:
        branches = (random_expression(rng, depth - 1), random_expression(rng, depth - 1))
        return "(?:{}|{})".format(*branches)
    repeat = rng.choice(["*", "+", "?", "{0,3}", "{1,40}", "{2,}", "*?", "{0,200}"])
    return f"(?:{random_expression(rng, depth - 1)}){repeat}"


@pytest.mark.parametrize("seed", range(4))
def test_random_expressions_that_are_accepted_are_quick(seed: int) -> None:
    """295,000 accepted ones in a long run needed less than half a second each."""
    rng = random.Random(seed)
    words = ["".join(word) for n in range(1, 5) for word in itertools.product("ab", repeat=n)]
    accepted = 0
    for _ in range(1_500):
        try:
            root = parse(random_expression(rng, 5) + "c").root
            require_tame(root)
        except RuleError:
            continue
        accepted += 1
        exact = re.compile(unparse(root), re.ASCII)
        for word in rng.sample(words, 4):
            started = time.perf_counter()
            exact.match((word * 300)[:300] + "!")
            assert time.perf_counter() - started < 2, (exact.pattern, word)
    assert accepted > 300
