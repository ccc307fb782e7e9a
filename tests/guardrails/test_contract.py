"""Every clause of the contract, broken by one guardrail each."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from guardrails.catalogue import CATALOGUE
from guardrails.check import CheckOptions
from guardrails.contract import CatalogueError, require_contract
from guardrails.guardrail import (
    CHECKPOINTS,
    DEFAULT_CHECKPOINTS,
    DEFAULT_MODES,
    FIXED_MODES,
    LEVELS,
    MAX_LATENCY_MS,
    Check,
    Checkpoint,
    CheckpointLevel,
    Cost,
    Guardrail,
    Mode,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
    Resource,
)
from guardrails.rule import Rule

RULE = Rule(id="r", type="R", expression="r+")
PLAIN = Guardrail(id="plain", family="content", summary="A rule", rules=(RULE,))
MODERATE = Guardrail(
    id="slow",
    family="checks",
    summary="A check",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.MODERATE, expected_latency_ms=100.0
    ),
    options=CheckOptions,
    check=Check(type="SLOW", checkpoints=(Checkpoint.SENTENCE,), deadline_s=2.0, timeout_s=1.0),
)


def of_class(kind: PerformanceClass, *checkpoints: Checkpoint) -> Guardrail:
    return check(
        performance(MODERATE, performance_class=kind, expected_latency_ms=5.0),
        checkpoints=checkpoints,
    )


def performance(guardrail: Guardrail, **values: Any) -> Guardrail:
    changed = msgspec.structs.replace(guardrail.performance, **values)
    return msgspec.structs.replace(guardrail, performance=changed)


def check(guardrail: Guardrail, **values: Any) -> Guardrail:
    assert guardrail.check is not None
    return msgspec.structs.replace(
        guardrail, check=msgspec.structs.replace(guardrail.check, **values)
    )


def changed(guardrail: Guardrail, **values: Any) -> Guardrail:
    return msgspec.structs.replace(guardrail, **values)


BROKEN = [
    ("id-malformed", changed(PLAIN, id="Plain")),
    ("id-malformed", changed(MODERATE, id="slow/one")),
    ("id-is-a-family", changed(PLAIN, id="content")),
    ("finds-nothing", changed(PLAIN, rules=())),
    ("rules-and-build", changed(PLAIN, build=lambda _: ())),
    ("latency-outside-class", performance(PLAIN, expected_latency_ms=10.1)),
    ("latency-outside-class", performance(PLAIN, expected_latency_ms=0.0)),
    ("latency-outside-class", performance(MODERATE, expected_latency_ms=1_001.0)),
    ("cost-negative", performance(PLAIN, cost=Cost(cpu_ms=-1.0))),
    ("cacheable-negative", performance(PLAIN, cacheable_s=-1.0)),
    ("client-safe-and-slow", performance(MODERATE, client_safe=True)),
    (
        "client-safe-without-patterns",
        performance(changed(PLAIN, rules=(), max_chars=lambda _: 3), client_safe=True),
    ),
    ("slow-without-check", performance(PLAIN, performance_class=PerformanceClass.SLOW)),
    ("check-too-fast", of_class(PerformanceClass.FAST, Checkpoint.SENTENCE)),
    ("check-with-rules", changed(MODERATE, rules=(RULE,))),
    ("check-without-options", changed(MODERATE, options=Options)),
    ("check-without-options", changed(MODERATE, options=None)),
    ("checkpoint-missing", check(MODERATE, checkpoints=())),
    ("checkpoint-outside-class", of_class(PerformanceClass.MODERATE, Checkpoint.CHUNK)),
    (
        "checkpoint-outside-class",
        of_class(PerformanceClass.SLOW, Checkpoint.END, Checkpoint.SENTENCE),
    ),
    (
        "checkpoint-outside-class",
        of_class(PerformanceClass.VERY_SLOW, Checkpoint.END, Checkpoint.PARAGRAPH),
    ),
    ("checkpoint-default-outside-level", of_class(PerformanceClass.MODERATE, Checkpoint.END)),
    ("checkpoint-default-outside-level", of_class(PerformanceClass.SLOW, Checkpoint.PARAGRAPH)),
    ("type-malformed", check(MODERATE, type="slow")),
    ("times-out-of-order", check(MODERATE, timeout_s=3.0)),
    ("times-out-of-order", check(MODERATE, timeout_s=0.05)),
    ("external-without-network", check(MODERATE, external=True)),
    ("external-without-network", performance(MODERATE, resources=(Resource.NETWORK,))),
    (
        "external-without-calls",
        performance(check(MODERATE, external=True), resources=(Resource.NETWORK,)),
    ),
]


@pytest.mark.parametrize(("clause", "guardrail"), BROKEN)
def test_each_clause_is_named_with_the_guardrail_that_breaks_it(
    clause: str, guardrail: Guardrail
) -> None:
    with pytest.raises(CatalogueError) as caught:
        require_contract([guardrail])
    found = {(one.clause, one.guardrail) for one in caught.value.violations}
    assert (clause, guardrail.id) in found
    assert f"guardrail '{guardrail.id}': " in str(caught.value)
    assert f"({clause})" in str(caught.value)


def test_ids_of_guardrails_and_rules_are_given_once() -> None:
    with pytest.raises(CatalogueError) as caught:
        require_contract([PLAIN, PLAIN, changed(PLAIN, id="other")])
    found = [(one.clause, one.guardrail) for one in caught.value.violations]
    assert ("id-repeated", "plain") in found
    assert ("rule-id-repeated", "other") in found


def test_all_violations_are_reported_at_once() -> None:
    with pytest.raises(CatalogueError) as caught:
        require_contract([guardrail for _, guardrail in BROKEN])
    assert {clause for clause, _ in BROKEN} <= {one.clause for one in caught.value.violations}


def test_what_keeps_the_contract_passes() -> None:
    require_contract([PLAIN, MODERATE])
    require_contract([of_class(PerformanceClass.MODERATE, Checkpoint.PARAGRAPH, Checkpoint.END)])
    require_contract([of_class(PerformanceClass.SLOW, Checkpoint.END, Checkpoint.PARAGRAPH)])
    require_contract(CATALOGUE)


def test_the_matrix_of_classes_is_the_documented_one() -> None:
    """Class, upper bound in ms, level, default mode, whether a policy may override it."""
    instant, fast, moderate, slow, very_slow = PerformanceClass
    assert {
        instant: 10,
        fast: 100,
        moderate: 1_000,
        slow: 5_000,
        very_slow: float("inf"),
    } == MAX_LATENCY_MS
    immediate, batched, deferred = CheckpointLevel
    assert {
        instant: immediate,
        fast: immediate,
        moderate: batched,
        slow: deferred,
        very_slow: deferred,
    } == LEVELS
    block, monitor = Mode.BLOCK, Mode.MONITOR
    assert {
        instant: block,
        fast: block,
        moderate: block,
        slow: monitor,
        very_slow: monitor,
    } == DEFAULT_MODES
    assert {instant: block, very_slow: monitor} == FIXED_MODES
    for kind in (moderate, slow, very_slow):
        assert DEFAULT_CHECKPOINTS[LEVELS[kind]] <= CHECKPOINTS[kind]
