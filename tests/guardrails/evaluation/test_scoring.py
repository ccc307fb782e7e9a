"""What counts as found, right, exact, leaked and held."""

from collections.abc import Sequence

import pytest

from guardrails.evaluation.scoring import By, Tally
from guardrails.evaluation.suite import Case, Span
from guardrails.evaluation.summary import (
    Summary,
    ThresholdError,
    parse_thresholds,
    shortfalls,
    summarise,
)
from guardrails.evaluation.trial import run
from guardrails.guardrail import Action
from guardrails.plan import Plan
from tests.plans import block, plan_of, redact, warn


def case(text: str, *spans: Span, size: int = 1) -> Case:
    chunks = tuple(text[at : at + size] for at in range(0, len(text), size))
    return Case(chunks, spans, bool(spans))


def judge(plan: Plan, cases: Sequence[Case], by: By = "type", **options: object) -> Summary:
    tally = Tally(plan, by, **options)  # type: ignore[arg-type]
    for one in cases:
        tally.add(one, run(plan, one))
    return summarise(tally, "p", "v", ("s.jsonl",))


def test_overlap_and_type_make_a_finding_right_and_equal_edges_make_it_exact() -> None:
    plan = plan_of(redact("[0-9]+", "n"), redact("[a-z]+", "w"))
    summary = judge(plan, [case("12 ab 34", Span(0, 2, "N"), Span(3, 5, "N"), Span(7, 8, "N"))])
    n, w = summary.lines
    assert (n.name, n.labels, n.found, n.findings, n.right) == ("N", 3, 2, 2, 2)
    assert (n.precision, n.recall, n.f1) == (1.0, 2 / 3, 0.8)
    # One of two findings and one of three labels have the same edges.
    assert n.exact_f1 == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    # Nobody labelled this type: what was found of it may be right.
    assert (w.labels, w.findings, w.right, w.precision, w.recall) == (0, 1, 0, None, None)
    assert (summary.total.labels, summary.total.findings) == (3, 2)


def test_false_positives_are_counted_on_texts_without_labels_only() -> None:
    plan = plan_of(redact("[0-9]+", "n"))
    summary = judge(plan, [case("a 1 b 2", Span(0, 1, "X")), case("x" * 96 + " 12 ")])
    assert (summary.clean_chars, summary.clean_findings) == (100, 1)
    assert summary.false_positives == pytest.approx(10_000)


def test_a_text_that_is_only_labelled_as_a_whole_counts_as_a_text() -> None:
    plan = plan_of(redact("[0-9]+", "n"))
    rows = [Case(("1",), None, True), Case(("x",), None, True), case("2"), case("y")]
    texts = judge(plan, rows).texts
    assert (texts.labels, texts.found, texts.findings, texts.right) == (2, 1, 2, 1)
    assert (texts.precision, texts.recall) == (0.5, 0.5)


def test_rules_are_measured_on_texts_that_are_only_labelled_as_a_whole() -> None:
    plan = plan_of(redact("[0-9]+", "n"), redact("[a-z]+", "w"))
    rows = [Case(("1",), None, True), Case(("2 x",), None, True), case("3")]
    n, w = judge(plan, rows, "rule").lines
    assert (n.findings, n.right, w.findings, w.right, w.labels) == (3, 2, 1, 1, 0)
    assert judge(plan, rows).total.findings == 0


def test_what_is_released_before_it_is_found_is_leaked() -> None:
    # The label begins where no rule of the plan looks: those three characters are gone by then.
    plan = plan_of(redact("[0-9]{4}", "n"))
    summary = judge(plan, [case("id 1234 x", Span(0, 7, "N"))])
    assert (summary.leaked, summary.shown, summary.label_chars) == (3, 3, 7)


def test_a_guardrail_that_only_warns_leaks_nothing_and_shows_all() -> None:
    summary = judge(plan_of(warn("[0-9]{4}", "n")), [case("1234 x", Span(0, 4, "N"), size=6)])
    assert (summary.leaked, summary.shown) == (0, 4)


def test_what_was_never_found_is_shown() -> None:
    summary = judge(plan_of(redact("zz")), [case("1234 x", Span(0, 4, "N"))])
    assert (summary.leaked, summary.shown, summary.total.recall) == (0, 4, 0.0)


def test_labels_behind_a_block_count_for_nothing() -> None:
    plan = plan_of(block("[0-9]{4}", "n"))
    summary = judge(plan, [case("1234 and 5678", Span(0, 4, "N"), Span(9, 13, "N"))])
    assert (summary.total.labels, summary.total.found, summary.unreached) == (1, 1, 1)


def test_holds_are_counted_behind_each_chunk() -> None:
    plan = plan_of(redact("a{4}"))
    summary = judge(plan, [case("aaab")])
    assert (summary.chunks, summary.max_held, summary.mean_held) == (4, 3, 1.5)
    assert summary.holds == (1, 1, 2)


def test_findings_are_grouped_by_rule_or_guardrail() -> None:
    plan = plan_of(redact("[0-9]+", "n"), redact("[a-z]+", "w"))
    rows = [case("12 ab", Span(0, 2, "N"))]
    by_rule, by_guardrail = judge(plan, rows, "rule"), judge(plan, rows, "guardrail")
    assert [(one.name, one.found, one.right) for one in by_rule.lines] == [("n", 1, 1), ("w", 0, 0)]
    assert [one.name for one in by_guardrail.lines] == ["guard-n", "guard-w"]
    assert by_rule.total == judge(plan, rows).total


def test_labels_of_other_types_can_be_passed_over() -> None:
    plan = plan_of(redact("[0-9]+", "n"))
    rows = [case("12 ab", Span(0, 2, "N"), Span(3, 5, "NAME"))]
    assert judge(plan, rows).total.recall == 0.5
    chosen = judge(plan, [*rows, case("xy", Span(0, 2, "NAME"))], types=frozenset({"N"}))
    assert (chosen.total.recall, chosen.texts.labels, chosen.texts.recall) == (1.0, 1, 1.0)
    # What is labelled for other things alone is neither missed nor clean.
    assert chosen.clean_chars == 0


def test_the_cut_of_a_text_changes_only_the_hold() -> None:
    plan = plan_of(redact("[0-9]{2,4}", "n"), block("[a-c]{3}", "w"))
    text, spans = "12 345 x abc 99", (Span(0, 2, "N"), Span(3, 6, "N"), Span(9, 12, "W"))
    seen = {
        (one.total, one.lines, one.shown, one.clean_findings)
        for size in (1, 2, 5, 50)
        for one in [judge(plan, [case(text, *spans, size=size)])]
    }
    assert len(seen) == 1


def test_thresholds_are_kept_or_said_to_be_missed() -> None:
    plan = plan_of(redact("[0-9]+", "n"))
    summary = judge(plan, [case("12 ab", Span(0, 2, "N"), Span(3, 5, "N"))])
    at_least = parse_thresholds("recall=0.5,precision=1", at_least=True)
    assert shortfalls(summary, at_least, parse_thresholds("leaked=0", at_least=False)) == []
    assert shortfalls(summary, {"recall": 0.6}, {"shown": 1}) == [
        "recall is 0.5, expected at least 0.6",
        "shown is 2, expected at most 1",
    ]


def test_a_figure_that_is_not_known_keeps_no_threshold() -> None:
    summary = judge(plan_of(redact("x")), [case("abc")])
    assert shortfalls(summary, {"recall": 0.0}, {})[0].startswith("recall is not known")
    assert shortfalls(summary, {}, {"leaked": 9})[0].startswith("leaked is not known")


@pytest.mark.parametrize("text", ["recall", "recall=x", "leaked=1", "recal=1", "recall=-1"])
def test_a_threshold_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ThresholdError, match="expected NAME=NUMBER of precision"):
        parse_thresholds(text, at_least=True)


def test_monitors_are_measured_as_well() -> None:
    plan = plan_of(warn("[0-9]+", "n"), enforcement="audit_only")
    assert plan.enforced is None
    assert judge(plan, [case("12", Span(0, 2, "N"))]).total.recall == 1.0
    assert Action.WARN is plan.watching.rules[0].action  # type: ignore[union-attr]
