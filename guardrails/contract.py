"""What every guardrail of the catalogue keeps to. Checked when the catalogue is built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from guardrails.check import TYPE_PATTERN, CheckOptions
from guardrails.errors import TidegateError
from guardrails.guardrail import (
    CHECKPOINTS,
    DEFAULT_CHECKPOINTS,
    LEVELS,
    MAX_LATENCY_MS,
    Check,
    CheckpointLevel,
    Guardrail,
    PerformanceClass,
    Resource,
)

# No slash: behind it a policy writes its own name for a check.
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Violation(msgspec.Struct, frozen=True):
    """One guardrail breaks one clause. clause: short and stable; text: expected what, got what."""

    clause: str
    guardrail: str
    text: str


class CatalogueError(TidegateError):
    """Guardrails break the contract. Next: correct the definition of each one that is named.

    violations: all of them.
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(
            "\n".join(
                f"guardrail '{one.guardrail}': {one.text} ({one.clause})" for one in violations
            )
        )
        self.violations = tuple(violations)


def require_contract(guardrails: Sequence[Guardrail]) -> None:
    """Raises CatalogueError with every violation."""
    violations = [*_across(guardrails)]
    for guardrail in guardrails:
        for clause, text in _each(guardrail):
            violations.append(Violation(clause, guardrail.id, text))
    if violations:
        raise CatalogueError(violations)


def _across(guardrails: Sequence[Guardrail]) -> Iterator[Violation]:
    families = {guardrail.family for guardrail in guardrails}
    ids = Counter(guardrail.id for guardrail in guardrails)
    for name, count in ids.items():
        if count > 1:
            yield Violation("id-repeated", name, f"{count} guardrails have this id; expected one")
        if name in families:
            yield Violation("id-is-a-family", name, "a family is called so; choose another id")
    rules = Counter(rule.id for guardrail in guardrails for rule in guardrail.rules)
    for guardrail in guardrails:
        for rule in guardrail.rules:
            if rules[rule.id] > 1:
                text = f"{rules[rule.id]} rules have the id '{rule.id}'; expected one"
                yield Violation("rule-id-repeated", guardrail.id, text)


def _each(guardrail: Guardrail) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(guardrail.id):
        yield "id-malformed", "expected lower-case letters, digits and single '-' between them"
    finders = (guardrail.rules, guardrail.build, guardrail.max_chars, guardrail.check)
    if not any(finders):
        yield "finds-nothing", "expected rules, build, max_chars or check, got none"
    if guardrail.rules and guardrail.build is not None:
        yield "rules-and-build", "expected rules, or build that makes them, got both"
    yield from _performance(guardrail)
    yield from _check(guardrail)


def _performance(guardrail: Guardrail) -> Iterator[tuple[str, str]]:
    performance = guardrail.performance
    kind = performance.performance_class
    at_most = MAX_LATENCY_MS[kind]
    if not 0 < performance.expected_latency_ms <= at_most:
        got = f"{performance.expected_latency_ms:g}"
        yield "latency-outside-class", f"class {kind} takes 0 to {at_most:g} ms, got {got}"
    cost = performance.cost
    if min(cost.cpu_ms, cost.calls, cost.tokens) < 0:
        yield "cost-negative", "expected costs of 0 or more"
    if not 0 <= performance.cacheable_s < float("inf"):
        yield "cacheable-negative", f"expected 0 s or more, got {performance.cacheable_s:g}"
    if performance.client_safe:
        if kind not in (PerformanceClass.INSTANT, PerformanceClass.FAST):
            yield "client-safe-and-slow", f"only class instant and fast may be, got {kind}"
        if not guardrail.rules and guardrail.build is None:
            yield "client-safe-without-patterns", "only patterns and keywords may be handed out"


def _check(guardrail: Guardrail) -> Iterator[tuple[str, str]]:
    kind = guardrail.performance.performance_class
    deferred = LEVELS[kind] is not CheckpointLevel.IMMEDIATE
    if guardrail.check is None:
        if deferred:
            yield "slow-without-check", f"class {kind} cannot run at every chunk; add a check"
        return
    if not deferred:
        yield "check-too-fast", f"class {kind} runs at every chunk; remove the check or its class"
    if guardrail.rules or guardrail.build is not None or guardrail.max_chars is not None:
        yield "check-with-rules", "rules and length limits run at every chunk; make two guardrails"
    if guardrail.options is None or not issubclass(guardrail.options, CheckOptions):
        yield "check-without-options", "its options must extend CheckOptions"
    yield from _checkpoints(guardrail.check, kind)
    yield from _times(guardrail, guardrail.check)
    if not re.match(TYPE_PATTERN, guardrail.check.type):
        yield "type-malformed", "the type of its findings is capitals, digits and '_'"
    resources = guardrail.performance.resources
    if guardrail.check.external != (Resource.NETWORK in resources):
        yield "external-without-network", "a check is external if and only if it uses the network"
    if guardrail.check.external and not guardrail.performance.cost.calls:
        yield "external-without-calls", "an external check costs at least one call"


def _checkpoints(check: Check, kind: PerformanceClass) -> Iterator[tuple[str, str]]:
    if not check.checkpoints:
        yield "checkpoint-missing", "expected at least one checkpoint"
        return
    for checkpoint in check.checkpoints:
        if checkpoint not in CHECKPOINTS[kind]:
            known = " or ".join(sorted(CHECKPOINTS[kind]))
            yield "checkpoint-outside-class", f"class {kind} is asked at {known}, got {checkpoint}"
    default, level = check.checkpoints[0], LEVELS[kind]
    if default not in DEFAULT_CHECKPOINTS[level]:
        known = " or ".join(sorted(DEFAULT_CHECKPOINTS[level]))
        text = f"class {kind} is {level}: by default asked at {known}, got {default}"
        yield "checkpoint-default-outside-level", text


def _times(guardrail: Guardrail, check: Check) -> Iterator[tuple[str, str]]:
    expected_s = guardrail.performance.expected_latency_ms / 1000
    if not expected_s <= check.timeout_s <= check.deadline_s:
        text = (
            f"expected latency, timeout and deadline in this order, got {expected_s:g}, "
            f"{check.timeout_s:g} and {check.deadline_s:g} s"
        )
        yield "times-out-of-order", text
