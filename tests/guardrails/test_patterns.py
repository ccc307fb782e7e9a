"""A team's own expressions: what beside the expression decides whether a match counts."""

import pickle
from random import Random

import pytest
from pydantic import ValidationError

from guardrails import Plan, Policy
from guardrails.content.patterns import MAX_PATTERNS, Pattern, PatternOptions, build_patterns
from guardrails.presence import always_holds
from guardrails.syntax import parse
from tests.chunking import strategies
from tests.guardrails.test_allow import found

KEY = {"id": "key", "type": "SECRET", "expression": "key=(?P<secret>[a-z0-9]+)"}


def spans(text: str, **keys: object) -> list[tuple[int, int]]:
    """Where one pattern matches; the same however the text is cut."""
    entries: dict[str, object] = {"patterns": {"rules": [{**KEY, **keys}], "action": "redact"}}
    whole = [(start, end) for _, start, end in found(entries, [text])]
    for chunks in strategies(text, Random(1), whole):
        assert [(start, end) for _, start, end in found(entries, chunks)] == whole, chunks
    return whole


def test_entropy_is_that_of_the_part_that_counts() -> None:
    # All of a match has 8 different characters, the secret has one or four.
    text = "key=aaaaaaaa, key=abcdabcd"
    assert spans(text, entropy_above=1) == [(14, 26)]
    assert spans(text, entropy_above=2) == []
    assert spans(text, entropy_above=1.5, expression="key=[a-z0-9]+") == [(0, 12), (14, 26)]


def test_the_part_that_counts_is_the_first_group_that_holds_text() -> None:
    expression = "(?:a=(?P<secret>[0-9]{2})|b=(?P<secret_2>[0-9]{2}))(?![0-9])"
    text = "a=11 b=11 a=12 b=12"
    assert spans(text, expression=expression, allow={"texts": ["11"]}) == [(10, 14), (15, 19)]


def test_an_allow_list_looks_at_the_part_that_counts_or_at_the_match() -> None:
    text = "key=old1 key=new1"
    assert spans(text, allow=["OLD1"]) == [(9, 17)]
    assert spans(text, allow={"words": ["new"]}) == [(0, 8)]
    assert spans(text, allow={"expressions": ["^key"]}) == [(0, 8), (9, 17)]
    assert spans(text, allow={"in_match": ["^key=o"]}) == [(9, 17)]


def test_where_lookarounds_hide_the_part_the_whole_match_counts() -> None:
    keys = {"expression": "(?<=:)(?P<secret>[a-z]{4})", "allow": ["aaaa"]}
    assert spans("key:aaaa key:bbbb", **keys) == [(13, 17)]


def test_a_keyword_stands_in_the_match_or_beside_it() -> None:
    keys = {"expression": r"\b(?:tok_)?[0-9a-f]{8}\b", "keywords": ["TOK_", "tide"]}
    near = spans("tok_01234567", context_chars=10, **keys)
    assert near == [(0, 12)]
    text = "01234567 and far away: tide 01234567, or 01234567 and tide."
    assert spans(text, context_chars=10, **keys) == [(28, 36), (41, 49)]


def test_a_keyword_in_every_match_costs_no_second_rule() -> None:
    options = PatternOptions.model_validate({"rules": [{**KEY, "keywords": ["KEY"]}]})
    assert len(build_patterns(options)) == 1
    options = PatternOptions.model_validate({"rules": [{**KEY, "keywords": ["other"]}]})
    assert [rule.id for rule in build_patterns(options)] == ["key", "key"]


@pytest.mark.parametrize(
    ("expression", "words", "expected"),
    [
        ("(?i)api[_-]?key", ("api",), True),
        ("(?i)private[_-]?ai", ("privateai", "private-ai", "private_ai"), True),
        ("(?i)private[_-]?ai", ("privateai", "private-ai"), False),
        ("[a-z]{0,9}key", ("key",), True),
        ("k.y", ("key",), False),
        ("(?:ab)+c", ("abab",), False),
        ("(?:ab){2}c", ("abab",), True),
        ("ab(?=key)", ("key",), False),
    ],
)
def test_whether_every_match_holds_a_word(
    expression: str, words: tuple[str, ...], expected: bool
) -> None:
    assert always_holds(parse(expression).root, words) is expected


def test_bare_confidence_counts_where_the_policy_asks_for_little() -> None:
    rule = {"id": "n", "type": "N", "expression": "[0-9]{5}", "context": ["zip"], "bare": 0.1}
    for least, expected in ((0.5, 1), (0.1, 2)):
        entries: dict[str, object] = {"patterns": {"rules": [rule], "min_confidence": least}}
        text = f"zip 12345{' ' * 99}12345"
        assert len(found(entries, [text])) == expected


def test_case_may_be_ignored() -> None:
    assert spans("KEY=AB kEy=ab", ignore_case=True) == [(0, 6), (7, 13)]
    assert spans("KEY=AB kEy=ab") == []


def test_what_decides_is_part_of_the_version_and_can_be_pickled() -> None:
    versions = set()
    for keys in ({}, {"entropy_above": 1}, {"entropy_above": 2}, {"allow": ["a"]}, {"bare": 0.2}):
        context = {"context": ["a"], "confidence": 0.9}
        made = Policy(guardrails={"patterns": {"rules": [{**KEY, **context, **keys}]}})
        versions.add(made.version)
        rules = made.resolve()[0].rules
        check = pickle.loads(pickle.dumps(rules))[0].check
        assert (check and check.keywords) == (rules[0].check and rules[0].check.keywords)
    # What is below every wish for confidence changes nothing.
    assert len(versions) == 4


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"context": ["a"], "keywords": ["b"]}, "join them in one"),
        ({"bare": 0.1}, "add the words to look for"),
        ({"bare": 0.95, "context": ["a"]}, "bare may not be above confidence"),
        ({"context_chars": 9}, "context_chars does nothing without context"),
        ({"entropy_above": -1}, "greater than or equal to 0"),
        ({"ignore_case": "yes"}, "valid boolean"),
        ({"allow": {"in_match": ["(a+)+b"]}}, "expression 1: the expression can explode"),
        ({"keywords": ["\u200b"]}, "word 1 is empty or invisible"),
    ],
)
def test_what_a_pattern_cannot_say_is_refused(keys: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Pattern.model_validate({**KEY, **keys})
    assert expected in str(caught.value)


def test_eight_hundred_patterns_are_a_policy() -> None:
    rules = [{**KEY, "id": f"k{n}", "expression": f"k{n}=[a-z]{{9}}"} for n in range(800)]
    assert len(rules) <= MAX_PATTERNS
    plan = Plan(Policy(guardrails={"patterns": {"rules": rules}}))
    assert plan.enforced is not None
    assert len(plan.enforced.rules) == 800
