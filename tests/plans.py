"""Plans made of rules a test writes down, without a policy file and without the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from guardrails.check import CheckSetting
from guardrails.guardrail import Action, Checkpoint, Guardrail, Mode, Options
from guardrails.plan import Plan
from guardrails.policy import Policy, Setting
from guardrails.rule import Rule


class Checked(msgspec.Struct, frozen=True):
    """A check and what the policy does about it; as its own guardrail."""

    id: str
    checkpoint: Checkpoint = Checkpoint.SENTENCE
    action: Action = Action.BLOCK
    mode: Mode = Mode.BLOCK
    fails_closed: bool = True
    original: bool = False
    deadline_ms: int = 5_000


class Ruled(msgspec.Struct, frozen=True):
    """A rule and what the policy does about it; as its own guardrail."""

    rule: Rule
    action: Action = Action.REDACT
    mode: Mode = Mode.BLOCK


def rule(expression: str, rule_id: str = "r", **options: Any) -> Rule:
    return Rule(id=rule_id, type=rule_id.upper(), expression=expression, **options)


def redact(expression: str, rule_id: str = "r", **options: Any) -> Ruled:
    return Ruled(rule(expression, rule_id, **options))


def block(expression: str, rule_id: str = "r", **options: Any) -> Ruled:
    return Ruled(rule(expression, rule_id, **options), Action.BLOCK)


def warn(expression: str, rule_id: str = "r", **options: Any) -> Ruled:
    return Ruled(rule(expression, rule_id, **options), Action.WARN)


def monitor(expression: str, rule_id: str = "r", **options: Any) -> Ruled:
    return Ruled(rule(expression, rule_id, **options), Action.BLOCK, Mode.MONITOR)


def plan_of(
    *ruled: Ruled | Checked,
    max_chars: int | None = None,
    length_action: Action = Action.BLOCK,
    fingerprint_key: bytes | None = None,
    **policy_options: Any,
) -> Plan:
    """Compile the rules; a length limit, if any, is the guardrail `length`."""
    policy = Policy(guardrails={}, **policy_options)
    policy._settings = tuple(_settings(ruled, max_chars, length_action))
    return Plan(policy, fingerprint_key=fingerprint_key)


def _settings(
    ruled: Iterable[Ruled | Checked], max_chars: int | None, length_action: Action
) -> Iterable[Setting]:
    for item in ruled:
        if isinstance(item, Checked):
            yield _check_setting(item)
            continue
        guardrail = Guardrail(id=f"guard-{item.rule.id}", family="content", summary="of a test")
        yield Setting(guardrail, item.mode, item.action, (item.rule,), None)
    if max_chars is not None:
        guardrail = Guardrail(id="length", family="content", summary="of a test")
        yield Setting(guardrail, Mode.BLOCK, length_action, (), max_chars)


def _check_setting(item: Checked) -> Setting:
    guardrail = Guardrail(id=item.id, family="checks", summary="of a test")
    check = CheckSetting(
        item.id.upper(),
        item.checkpoint,
        item.deadline_ms,
        item.deadline_ms,
        fails_closed=item.fails_closed,
        original=item.original,
    )
    return Setting(guardrail, item.mode, item.action, (), None, Options(), check)
