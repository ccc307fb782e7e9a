"""The frontier: how much of the end of a text may still become a match."""

from __future__ import annotations

import pytest

from guardrails import dfa
from guardrails.automaton import Automaton
from guardrails.pending import PendingIndex
from guardrails.syntax import parse
from guardrails.tree import lookahead


def pending(*expressions: str) -> PendingIndex:
    syntaxes = [parse(expression) for expression in expressions]
    widths = [syntax.max_width + lookahead(syntax.root) for syntax in syntaxes]
    return PendingIndex([Automaton(syntax.root) for syntax in syntaxes], widths)


def held(expression: str, text: str) -> str:
    """Return the end of the text that is held."""
    count = pending(expression).held(text)
    return text[len(text) - count :]


@pytest.mark.parametrize(
    ("expression", "text", "kept"),
    [
        ("AKIA[A-Z2-7]{16}", "see A", "A"),
        ("AKIA[A-Z2-7]{16}", "see AK", "AK"),
        ("AKIA[A-Z2-7]{16}", "see AKI", "AKI"),
        ("AKIA[A-Z2-7]{16}", "see AKIA", "AKIA"),
        ("AKIA[A-Z2-7]{16}", "see AKIA0", ""),
        ("AKIA[A-Z2-7]{16}", "AKIA1AK", "AK"),
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
    assert held(expression, text) == kept


def test_of_several_rules_the_longest_hold_counts() -> None:
    rules = pending("abc", "xxab.{5}")
    assert rules.held("xxab") == 4
    assert rules.held("yxab") == 2
    assert rules.max_width == 9


def test_states_forgotten_in_the_middle_of_a_pass_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "".join("aab" if n % 3 else "ba" for n in range(200))
    expression = "a(?:a|b){20,40}c"
    expected = [held(expression, text[:end]) for end in range(len(text))]
    monkeypatch.setattr(dfa, "MAX_CACHE_BYTES", 3_000)
    rules = pending(expression)
    first = rules.start
    for end, kept in enumerate(expected):
        assert rules.held(text[:end]) == len(kept)
    assert rules.start is not first
