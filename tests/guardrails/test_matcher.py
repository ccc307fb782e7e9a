"""The matcher, chunk by chunk: the corner cases by name. All others: test_invariance.py."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from guardrails.errors import RuleError
from guardrails.matcher import Matcher, MatchState
from guardrails.rule import Rule
from tests.chunking import at_random

Spans = list[tuple[int, int]]


def rule(expression: str, **options: Any) -> Rule:
    return Rule(id="r", type="R", expression=expression, **options)


def spans(matcher: Matcher, chunks: Sequence[str], *, pickled: bool = False) -> Spans:
    state = MatchState()
    found: Spans = []
    for chunk in chunks:
        found += [(match.start, match.end) for match in matcher.push(state, chunk)]
        if pickled:
            state = MatchState.restore(pickle.loads(pickle.dumps(state.snapshot())))
    return found + [(m.start, m.end) for m in matcher.push(state, "", final=True)]


def found(own: Rule, text: str) -> Spans:
    """Match a text whole, character by character, and cut in two at every place."""
    matcher = Matcher([own])
    expected = spans(matcher, [text])
    assert spans(matcher, list(text), pickled=True) == expected
    for cut in range(len(text)):
        assert spans(matcher, [text[:cut], text[cut:]]) == expected
    return expected


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 19])
def test_a_literal_anchor_cut_in_two_is_found(cut: int) -> None:
    key = "AKIA" + "Q" * 16
    matcher, state = Matcher([rule("AKIA[A-Z2-7]{16}")]), MatchState()
    assert list(matcher.push(state, "key " + key[:cut])) == []
    assert state.frontier == len("key ")
    assert [match.start for match in matcher.push(state, key[cut:] + " ")] == [4]


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        ("^ab", "abab\nab", [(0, 2)]),
        (r"\Aab", "ab ab", [(0, 2)]),
        ("(?m:^)ab", "abab\nab", [(0, 2), (5, 7)]),
        ("ab$", "abab ab", [(5, 7)]),
        ("ab$", "ab ab\n", [(3, 5)]),
        ("ab$", "ab ab\n\n", []),
        (r"ab\Z", "ab ab\n", []),
        (r"ab\Z", "ab ab", [(3, 5)]),
        ("(?m:ab$)", "ab\nxab\n", [(0, 2), (4, 6)]),
        ("(?<=^)ab", "abab", [(0, 2)]),
        (r"(?<!^a)b", "abab", [(3, 4)]),
        (r"\bab\b", "xab ab abx ab", [(4, 6), (11, 13)]),
        (r"\Bab", "ab xab", [(4, 6)]),
        (r"\b1{4}\b", "中1111文 ж1111 é1111", [(1, 5), (8, 12)]),
    ],
)
def test_edges_hold_where_the_whole_text_has_them(
    expression: str, text: str, expected: Spans
) -> None:
    assert found(rule(expression), text) == expected


@pytest.mark.parametrize("filler", [5, 50, 500])
def test_edges_of_the_text_are_not_those_of_what_is_kept(filler: int) -> None:
    text = "." * filler + "ab"
    assert found(rule("^ab"), text) == []
    assert found(rule(r"(?<=^\.)ab"), text) == []
    assert found(rule(r"\Aab"), text) == []
    assert found(rule("ab$"), text) == [(filler, filler + 2)]


def test_nested_lookbehinds_are_kept_in_full() -> None:
    # Found by random rules: the widest lookbehind alone was kept, not what they reach together.
    own = rule("(?<=(?<=(?<=ab)c)d)e")
    assert found(own, "....abcde....bcde") == [(8, 9)]


def test_nested_lookaheads_keep_the_match_pending() -> None:
    # Found by random rules: the inner lookahead did not count.
    assert found(rule("a(?=b(?=cd))"), "abcx abcd") == [(5, 6)]
    assert found(rule("a(?!(?=bcd))"), "abcd abcx") == [(5, 6)]


def test_a_failed_check_goes_on_one_character_behind_so_the_real_card_is_found() -> None:
    def ends_in_9(text: str) -> bool:
        return text.endswith("9")

    assert found(rule(r"\d{4}", check=ends_in_9), "1112349 12") == [(3, 7)]


def test_the_context_may_stand_left_of_the_match_and_survives_trimming() -> None:
    own = rule(r"\b\d{4}\b", context=("ssn",), context_chars=12)
    assert found(own, "x" * 80 + " SSN is 1234, not 5678 so") == [(88, 92)]


def test_the_context_may_stand_right_of_the_match_and_keeps_it_pending() -> None:
    own = rule(r"\b\d{4}\b", context=("ssn",), context_chars=9)
    assert found(own, "1234 my ssn, or was it 5678") == [(0, 4)]
    matcher, state = Matcher([own]), MatchState()
    assert list(matcher.push(state, "1234 my s")) == []
    assert state.frontier == 0
    assert [match.start for match in matcher.push(state, "sn, or")] == [0]


def test_the_reach_of_a_context_is_counted_in_characters_from_the_match() -> None:
    own = rule("1", context=("ab",), context_chars=3)
    assert found(own, "1.ab") == [(0, 1)]
    assert found(own, "1..ab") == []
    assert found(own, "ab.1") == [(3, 4)]
    assert found(own, "ab..1") == []


def test_bounds_see_both_neighbours_and_the_edges_of_the_text() -> None:
    seen = set()

    def see(before: str, after: str) -> bool:
        seen.add((before, after))
        return before != "x" and after != "y"

    assert found(rule("ab", bounds=see), "ab.xab.aby.ab") == [(0, 2), (11, 13)]
    assert seen == {("", "."), ("x", "."), (".", "y"), (".", "")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("４１１１", [(0, 4)]),
        ("4\u200b1\u200b1\u200b1\u200b!", [(0, 8)]),
        ("中4111文", [(1, 5)]),
        ("😀4111😀", [(1, 5)]),
        ("4\u03011\u030111", [(0, 6)]),
        ("٤١١١", [(0, 4)]),
    ],
)
def test_what_reads_the_same_is_found_with_its_own_offsets(text: str, expected: Spans) -> None:
    assert found(rule("4111"), text) == expected


def test_a_match_inside_of_one_code_point_covers_all_of_it_once() -> None:
    # Found by random rules: "½" is "1⁄2", so a digit matched twice there, once in each of two
    # chunks; and its end depended on whether a mark had arrived behind it.
    assert found(rule(r"\d"), "a½\u0301b") == [(1, 2)]
    assert found(rule("i"), "ﬁ") == [(0, 1)]


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        (r"(['\"])key\1", "'key\" 'key' \"key\"", [(6, 11), (12, 17)]),
        (r"\b(\w{2,9})=\1;", "ab=ac; abc=abc; x", [(7, 15)]),
        (r"(a+)b(?i:\1)", "aabA aaba", [(1, 4), (6, 9)]),
        (r"(<)?a(?(1)>|b)", "<a> ab <ab a>", [(0, 3), (4, 6), (8, 10)]),
    ],
)
def test_back_references_and_conditions_hold_in_any_chunks(
    expression: str, text: str, expected: Spans
) -> None:
    assert found(rule(expression), text) == expected


def test_a_match_that_reaches_beyond_the_frontier_is_not_entered_again() -> None:
    assert found(rule("a.{4}|b"), "abbbbbab") == [(0, 5), (5, 6), (7, 8)]


def capped(matcher: Matcher, chunks: Sequence[str]) -> list[tuple[int, int, bool]]:
    state, out = MatchState(), []
    for chunk in (*chunks, None):
        matches = matcher.push(state, chunk or "", final=chunk is None)
        out += [(match.start, match.end, match.capped) for match in matches]
    return out


@pytest.mark.parametrize("length", [100, 620, 621, 5_000])
def test_a_hold_reaches_its_cap_at_the_same_offset_in_any_chunks(length: int) -> None:
    matcher = Matcher([rule("BEGIN(?:[^!]{0,620}!|(?P<cap>[^!]{621}))")])
    text = "..BEGIN" + "k" * length + "!"
    expected = [(2, 628, True)] if length > 620 else [(2, len(text), False)]
    assert capped(matcher, [text]) == expected
    assert capped(matcher, list(text)) == expected


def test_work_per_chunk_is_flat_from_the_10th_to_the_10_000th() -> None:
    matcher, state = Matcher([rule(r"\bkey-[a-z]{8}\b"), rule(r"\d{4}-\d{4}")]), MatchState()
    scanned = []
    for _ in range(10_000):
        matcher.push(state, "s ")
        scanned.append(state.scanned)
    costs = {later - earlier for earlier, later in pairwise(scanned[9:])}
    assert costs == {2}
    assert len(state.tail.text) <= 4


def test_a_long_hold_is_read_once() -> None:
    matcher, state = Matcher([rule("<[a-z]{0,20000}>")]), MatchState()
    for _ in range(20_000):
        matcher.push(state, "<" if not state.tail.text else "k")
    held = len(state.tail.text)
    assert held == 20_000
    assert state.scanned == held
    assert [(m.start, m.end) for m in matcher.push(state, ">", final=True)] == [(0, 20_001)]


def test_a_chunk_of_a_megabyte_is_one_push() -> None:
    matcher, state = Matcher([rule(r"\d{4}-\d{4}")]), MatchState()
    text = "word 1234-5678 " * 70_000
    assert len(matcher.push(state, text)) == 70_000
    assert state.scanned <= 3 * len(text)
    assert len(state.tail.text) <= 16


def test_a_state_can_begin_in_the_middle_and_sees_nothing_before() -> None:
    matcher, state = Matcher([rule("^ab"), rule(r"\Bcd")]), MatchState.starting_at(1_000)
    found_there = [*matcher.push(state, "abcd"), *matcher.push(state, "", final=True)]
    assert [(match.start, match.end) for match in found_there] == [(1_000, 1_002), (1_002, 1_004)]


def test_a_state_can_begin_behind_text_that_is_known() -> None:
    matcher, state = Matcher([rule("(?<=ab)cd")]), MatchState.behind("xxab")
    assert [(match.start, match.end) for match in matcher.push(state, "cd.")] == [(4, 6)]


def test_a_rule_that_cannot_be_compiled_is_named() -> None:
    with pytest.raises(RuleError, match="rule 'r'"):
        Matcher([rule("a(")])


def never(_text: str) -> bool:
    return False


@pytest.mark.parametrize("check", [None, never])
def test_findings_of_no_rule_are_no_findings(check: Callable[[str], bool] | None) -> None:
    matcher = Matcher([rule("xyz", check=check)] if check else [])
    assert spans(matcher, ["xyz", "xyz"]) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_check_that_keeps_raising_is_left_alone_and_tried_again_wherever_text_is_cut(
    seed: int,
) -> None:
    asked: list[str] = []

    def raise_early(text: str) -> bool:
        asked.append(text)
        if len(asked) <= 6:
            raise RuntimeError(text)
        return True

    matcher = Matcher([Rule(id="r", type="R", expression="a[0-9]{4}", check=raise_early)])
    text = "".join(f"a{number:04} and so on " for number in range(1_500))
    state, found = MatchState(), []
    for chunk in at_random(text, Random(seed)):
        found += matcher.push(state, chunk)
        state = MatchState.restore(pickle.loads(pickle.dumps(state.snapshot())))
    found += matcher.push(state, "", final=True)
    failed = [match.start for match in found if match.failed]
    assert len(found) == 1_500
    # Five in a row, then once behind 5,000 characters, then behind twice as many: all is well.
    assert asked[:5] == [f"a{number:04}" for number in range(5)]
    assert asked[5:7] == ["a0317", "a0942"]
    assert len(failed) == 942
    assert failed == [match.start for match in found[: len(failed)]]
    assert len(asked) == 1_500 - len(failed) + 6
