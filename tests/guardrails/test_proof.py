"""Every clause of the proof, broken by one guardrail each."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from guardrails.guardrail import Cost, Guardrail, PerformanceCharacteristics, PerformanceClass
from guardrails.proof.proof import prove
from guardrails.proof.samples import Finder
from guardrails.proof.speed import Speed, keep_class, measure
from guardrails.proof.stream import cut, glue, mix
from guardrails.rule import Rule

DOCSTRING = "Badges.\n\nCatches: all. Misses: none. Cost: none."
CATCHES = ("a «B-12» c", "中「«B-34»」文", "(«B-56»,«B-78»)", "x «B-90»\n")
IGNORES = ("B-1", "AB-12", "B-123", "b 12")
PERFORMANCE = PerformanceCharacteristics(
    performance_class=PerformanceClass.INSTANT, expected_latency_ms=0.01, cost=Cost(cpu_ms=0.05)
)


def rule(**fields: Any) -> Rule:
    plain = {"id": "badge", "type": "BADGE", "expression": r"(?<![0-9A-Z])B-[0-9]{2}(?![0-9A-Z])"}
    return Rule(**plain | fields)


def guardrail(*, rule_: Rule | None = None, **fields: Any) -> Guardrail:
    plain = {"id": "badge", "family": "acme", "summary": "Badges", "rules": (rule_ or rule(),)}
    samples = {"catches": CATCHES, "ignores": IGNORES, "performance": PERFORMANCE}
    return Guardrail(**plain | samples | fields)


def clauses(one: Guardrail, docstring: str = DOCSTRING) -> set[str]:
    steady = iter(range(10**9))
    found = prove([one], {one.id: [docstring]}, Random(1), lambda: next(steady) / 1e9)
    return {violation.clause for violation in found}


def test_a_sound_guardrail_keeps_all_of_it() -> None:
    assert clauses(guardrail()) == set()


@pytest.mark.parametrize(
    ("fields", "clause"),
    [
        ({"summary": "Badges."}, "summary-malformed"),
        ({"summary": ""}, "summary-malformed"),
        ({"family": "Acme Inc"}, "family-malformed"),
        (
            {
                "performance": PerformanceCharacteristics(
                    performance_class=PerformanceClass.INSTANT, expected_latency_ms=1
                )
            },
            "cost-unsaid",
        ),
        ({"catches": CATCHES[:3]}, "samples-few"),
        ({"ignores": IGNORES[:3]}, "samples-few"),
        ({"catches": (*CATCHES, "B-12")}, "samples-unmarked"),
        ({"ignores": (*IGNORES, "«B»")}, "samples-unmarked"),
        ({"catches": (*CATCHES[:1], *CATCHES[2:], "d «B-11»")}, "samples-without-cjk"),
        ({"catches": (*CATCHES, "e «B-1»")}, "sample-not-found"),
        ({"ignores": (*IGNORES, "f B-11")}, "sample-not-found"),
    ],
)
def test_a_description_that_lacks_something_is_named(fields: dict[str, Any], clause: str) -> None:
    assert clause in clauses(guardrail(**fields))


@pytest.mark.parametrize(
    ("fields", "clause"),
    [
        ({"id": "Badge"}, "rule-id-malformed"),
        ({"type": "Badge"}, "type-malformed"),
        ({"confidence": 0.0}, "confidence-outside"),
        ({"context": ("a",)}, "context-incomplete"),
        ({"context_chars": 9}, "context-incomplete"),
        ({"expression": "(a+)+b"}, "rule-refused"),
        ({"expression": "B-[0-9]{2}("}, "rule-refused"),
        ({"expression": r"(?<![0-9A-Z])B-[0-9]{2}(?![0-9A-Z])(?= ?[a-z,)])"}, "sample-not-found"),
    ],
)
def test_a_rule_that_is_wrong_is_named(fields: dict[str, Any], clause: str) -> None:
    assert clause in clauses(guardrail(rule_=rule(**fields)))


def test_context_words_in_capitals_are_never_found_and_named() -> None:
    found = clauses(guardrail(rule_=rule(context=("ID",), context_chars=9)))
    assert found == {"context-capitals", "sample-not-found", "neighbours-hide-finding"}


@pytest.mark.parametrize("topic", ["Catches:", "Misses:", "Cost:"])
def test_a_docstring_has_to_say_all_three(topic: str) -> None:
    assert clauses(guardrail(), DOCSTRING.replace(topic, "")) == {"docstring-incomplete"}


def test_a_rule_that_needs_what_stands_beside_its_sample_is_named() -> None:
    spaced = rule(expression=r"(?<= )B-[0-9]{2}(?= )|(?<=\n )B-[0-9]{2}(?= \n)")
    catches = ("«B-12»", *(f"{text} «B-12» 中" for text in "abc"))
    found = clauses(guardrail(rule_=spaced, catches=catches))
    assert "sample-not-found" in found
    edge = rule(expression=r"(?:(?<=^ab)|(?<=^x))B-[0-9]{2}")
    assert "neighbours-hide-finding" in clauses(guardrail(rule_=edge, catches=("ab«B-12» c",) * 4))


class Forgetful(Finder):
    """A matcher that looks at each chunk alone, as a naive one would."""

    def find(self, chunks: Sequence[str], *, restored: bool = False) -> Any:  # type: ignore[override]
        found, at = [], 0
        for chunk in chunks:
            found += [
                (name, start + at, end + at) for name, start, end in Finder.find(self, [chunk])
            ]
            at += len(chunk)
        return sorted(found)


def test_a_matcher_that_forgets_between_chunks_is_caught_by_every_way_to_stream() -> None:
    one, forgetful = guardrail(), Forgetful([rule()])
    assert {violation.clause for violation in cut(one, forgetful, Random(1))} == {
        "cut-changes-findings"
    }
    assert list(mix(one, forgetful, {"badge": Finder([rule()])}))
    assert list(glue([one], forgetful, Random(1), 5))


def test_a_violation_says_where_and_what_and_not_the_sample() -> None:
    [found, *_] = cut(guardrail(), Forgetful([rule()]), Random(1))
    assert found.text == "catches[0] in chunks of 1 1 1 1 1 1 1 1: lost badge 2-6, and got nothing"


def test_a_run_that_takes_longer_than_its_class_is_named() -> None:
    kept = Speed(mean_ms=3.0, p99_ms=9.9)
    assert not list(keep_class(guardrail(), kept))
    [violation] = keep_class(guardrail(), Speed(mean_ms=3.0, p99_ms=10.1))
    assert violation.clause == "slower-than-class"
    assert violation.text == "class instant takes 10 ms at most, got 10.1"


def test_speed_is_that_of_one_chunk_by_the_clock_that_was_given() -> None:
    steady = iter(range(10**9))
    assert measure(guardrail(), Finder([rule()]), lambda: next(steady) / 1000) == Speed(
        mean_ms=pytest.approx(1.0),  # type: ignore[arg-type]
        p99_ms=pytest.approx(1.0),  # type: ignore[arg-type]
    )
