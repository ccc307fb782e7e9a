"""The pure parts of `make bench-peers`: what a reader saw, what leaked, what was held."""

from __future__ import annotations

import re
from random import Random

import pytest

from benchmarks.peers.expressions import EXPRESSIONS, Expression
from benchmarks.peers.measured import Measured
from benchmarks.peers.planted import answers, plant
from benchmarks.peers.report import figures, markdown
from benchmarks.peers.sight import LABEL, Score, of_covered, of_released, score

CHUNKS = ["call ", "555-", "01", "32 now", " please"]
VALUE = (5, 13)


def test_a_value_that_was_replaced_was_never_seen() -> None:
    sight = of_released(CHUNKS, ["call ", "", "", f"{LABEL} now", " please", ""])
    assert score(sight, [VALUE]) == Score(
        values=1, chars=8, found=1, chunks=5, held=4 + 6, longest=6
    )


def test_what_stands_before_the_label_of_a_value_has_leaked() -> None:
    sight = of_released(CHUNKS, ["call ", "555-", "", f"{LABEL} now", " please", ""])
    counted = score(sight, [VALUE])
    assert (counted.leaked, counted.touched, counted.found) == (4, 1, 1)


def test_what_stands_behind_the_label_of_a_value_has_leaked() -> None:
    counted = score(of_released(CHUNKS, ["call ", "", LABEL, "32 now", " please"]), [VALUE])
    assert (counted.leaked, counted.found) == (2, 1)


def test_a_value_that_was_never_found_has_leaked_whole() -> None:
    counted = score(of_released(CHUNKS, [*CHUNKS, ""]), [VALUE])
    assert (counted.leaked, counted.found, counted.recall, counted.held) == (8, 0, 0.0, 0)


def test_spaces_that_an_engine_loses_are_no_finding_and_no_leak() -> None:
    counted = score(of_released(CHUNKS, ["", "", "", f"call {LABEL}now", "please"]), [VALUE])
    assert (counted.leaked, counted.found, counted.wrong) == (0, 1, 0)


def test_all_is_held_until_something_comes_out() -> None:
    assert of_released(CHUNKS, ["", "", "", "", "", "call"]).held == (5, 9, 11, 17, 24)


def test_a_label_decides_all_that_it_stands_for() -> None:
    assert of_released(CHUNKS, ["call ", "", "", LABEL, " now please"]).held == (0, 4, 6, 4, 0)


def test_a_whole_view_shows_a_value_until_it_is_found() -> None:
    sight = of_covered(CHUNKS, [[], [], [], [VALUE], [VALUE]])
    counted = score(sight, [VALUE])
    assert (counted.leaked, counted.touched, counted.found, counted.held) == (6, 1, 1, 0)


def test_a_whole_view_that_uncovers_a_value_again_has_shown_it() -> None:
    counted = score(of_covered(CHUNKS, [[], [(5, 9)], [(5, 11)], [VALUE], []]), [VALUE])
    assert (counted.leaked, counted.found) == (8, 0)


def test_a_finding_that_touches_no_value_is_wrong() -> None:
    counted = score(of_covered(CHUNKS, [[], [], [], [], [(14, 17), VALUE]]), [VALUE])
    assert (counted.found, counted.wrong, counted.precision) == (1, 1, 0.5)


def test_counts_of_streams_are_added_and_the_longest_hold_stays() -> None:
    both = Score(chunks=2, held=10, longest=9).plus(Score(chunks=3, held=5, longest=4))
    assert (both.chunks, both.held, both.longest, both.mean_hold) == (5, 15, 9, 3.0)


@pytest.mark.parametrize("one", EXPRESSIONS, ids=lambda one: one.type)
def test_an_expression_matches_the_whole_of_what_is_made_for_it(one: Expression) -> None:
    for seed in range(50):
        value = one.make(Random(seed))
        found = re.search(one.expression, f"I wrote {value}, and so on.", re.ASCII)
        assert found is not None
        assert found[0] == value


def test_values_stand_where_they_are_said_to_stand() -> None:
    for answer in answers(8, EXPRESSIONS):
        for start, end in answer.planted:
            value = answer.text[start:end]
            assert any(re.fullmatch(one.expression, value, re.ASCII) for one in EXPRESSIONS)


def test_values_are_written_between_words_and_cut() -> None:
    tokens = ["One", " two", " thr", "ee", " four"]
    answer = plant(tokens, EXPRESSIONS[:2], Random(4))
    (first, second), spans = answer.planted, answer.planted
    assert first[1] < second[0]
    rest = "".join(
        answer.text[end:start]
        for end, start in zip(
            [0, *(end for _, end in spans)],
            [*(start - 1 for start, _ in spans), None],
            strict=True,
        )
    )
    assert rest == "".join(tokens)
    assert len(answer.chunks) > len(tokens) + 4


def measured(name: str, rates: list[float], at_least: float | None, leaked: int = 0) -> Measured:
    counted = Score(values=2, chars=20, found=2, leaked=leaked, chunks=10, held=40, longest=9)
    return Measured(name, "called so", 6, {name: "1.0"}, rates, rates, counted, at_least)


def test_a_ratio_is_of_the_best_rounds_and_short_of_its_target_is_said_so() -> None:
    own = measured("Tidegate", [900.0, 1000.0], None)
    near, far = measured("near", [10.0, 25.0], 50.0), measured("far", [10.0, 10.0], 50.0)
    found = {figure.name: figure for figure in figures([own, near, far])}
    assert (found["chunks/s against near"].value, found["chunks/s against near"].status) == (
        40.0,
        "SHORT",
    )
    assert (found["chunks/s against far"].value, found["chunks/s against far"].status) == (
        100.0,
        "pass",
    )
    assert found["mean hold"].value == 4.0


def test_one_leaked_character_of_ours_is_short_of_none() -> None:
    found = figures([measured("Tidegate", [1.0], None, leaked=1), measured("p", [1.0], None)])
    assert [figure.status for figure in found if figure.name == "leaked characters"] == ["SHORT"]


def test_the_report_names_every_peer_with_its_version_and_its_call() -> None:
    text = markdown({}, [measured("Tidegate", [2.0], None), measured("peer", [1.0], 5.0)], [])
    assert "peer 1.0" in text
    assert "- peer: called so" in text
    assert "| peer | 1 | 2x |" in text
