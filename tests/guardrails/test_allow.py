"""Allow lists: what a rule matches and is no finding, however the text was cut."""

from collections.abc import Iterable
from random import Random

import pytest
from pydantic import ValidationError

from guardrails import Plan, Policy, Session
from tests.chunking import strategies

Entries = dict[str, object]


def found(entries: Entries, chunks: Iterable[str]) -> list[tuple[str, int, int]]:
    """What a policy finds; findings that touch are found all the same."""
    session = Session("s", Plan(Policy(guardrails=entries)))
    verdicts = [session.push(chunk) for chunk in chunks]
    verdicts.append(session.push("", final=True))
    return sorted(
        (one.rule, one.start, one.end) for verdict in verdicts for one in verdict.findings
    )


@pytest.mark.parametrize(
    ("entries", "rules"),
    [
        ({"email": {"allow": ["Ada@Example.org"]}}, 1),
        ({"pii": {"allow": ["ada@example.org"]}, "email": {"allow": ["bob@example.com"]}}, 0),
        ({"email": {"allow": {"words": ["EXAMPLE."]}}}, 0),
        ({"email": {"allow": {"expressions": ["@example[.]org$"]}}}, 1),
        ({"email": {"allow": {"expressions": ["@EXAMPLE"]}}}, 2),
        ({"email": {"allow": ["example.org"]}}, 2),
        ({"email": {"allow": ["ａｄａ@example.org"]}}, 1),
        ({"email": {"allow": []}}, 2),
        ({"email": {"allow": None}}, 2),
    ],
)
def test_what_is_allowed_is_no_finding(entries: Entries, rules: int) -> None:
    text = "from ada@example.org to bob@example.com"
    whole = found({"email": {}, **entries}, [text])
    assert len([one for one in whole if one[0] == "email"]) == rules


def test_the_answer_is_the_same_however_the_text_is_cut() -> None:
    entries: Entries = {
        "email": {"allow": {"texts": ["ada@example.org"], "expressions": ["^bob@"]}},
        "us-ssn": {"allow": {"words": ["6789"]}},
    }
    text = "ada@example.org, ada@example.organ, ｂｏｂ@x.org, eve@x.org: 123-45-6789, 219-09-9998."
    whole = found(entries, [text])
    assert [rule for rule, _, _ in whole] == ["email", "email", "us-ssn"]
    spans = [(start, end) for _, start, end in whole]
    for chunks in strategies(text, Random(4), spans):
        assert found(entries, chunks) == whole, chunks


def test_behind_a_match_that_is_allowed_the_search_goes_on_inside_of_it() -> None:
    rule = {"id": "r", "type": "R", "expression": "[a-z]{3}-[a-z]{3}"}
    entries: Entries = {"patterns": {"rules": [rule], "allow": ["abc-def"]}}
    assert found(entries, "abc-def-ghi") == [("r", 4, 11)]


@pytest.mark.parametrize("phrases", [["red fish", "blue fish"], [f"fish {n}" for n in range(100)]])
def test_phrases_that_are_allowed_are_left_out(phrases: list[str]) -> None:
    keywords = {"phrases": phrases, "action": "warn", "allow": [phrases[1].upper()]}
    text = f"a {phrases[0]}, a {phrases[1]}"
    assert len(found({"keywords": keywords}, [text])) == 1


def test_an_allow_list_is_part_of_the_version() -> None:
    versions = {
        Policy(guardrails={"email": setting}).version
        for setting in (
            {},
            {"allow": ["a@b.org"]},
            {"allow": ["c@b.org"]},
            {"allow": {"words": ["a@b.org"]}},
            {"allow": {"expressions": ["a@b.org"]}},
        )
    }
    assert len(versions) == 5
    one, other = (
        Policy(guardrails={"email": {"allow": texts}}).version
        for texts in (["a@b.org", "c@b.org"], {"texts": ["C@b.org", "a@b.org"]})
    )
    assert one == other


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"pii": {"allow": [""]}}, "'pii.allow[0]': must have at least 1 character"),
        ({"pii": {"allow": ["a", 3]}}, "'pii.allow[1]': must be a valid string, got 3"),
        ({"pii": {"allow": ["\u200b"]}}, "entry 1 is empty or invisible, so it would allow"),
        ({"pii": {"allow": "ada"}}, "expected a list of texts, or a mapping, got 'ada'"),
        ({"pii": {"allow": {"text": []}}}, "did you mean 'texts'?"),
        ({"pii": {"allow": {"expressions": ["(a+)+b"]}}}, "expression 1: the expression can expl"),
        ({"pii": {"allow": {"expressions": [".*"]}}}, "matches the empty text"),
        ({"length": {"allow": ["a"]}}, "'allow' is no known setting of 'length'"),
        ({"patterns": {"allow": {"in_match": ["a"]}}}, "'in_match' is no known key"),
    ],
)
def test_what_cannot_be_an_allow_list_is_said(entries: Entries, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Policy(guardrails=entries)
    assert expected in str(caught.value)
