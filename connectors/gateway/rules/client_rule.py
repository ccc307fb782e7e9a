"""Which rules of a policy clients may run, written for them; and why the others stay here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from connectors.gateway.rules.condition import conditions
from connectors.gateway.rules.expression import Untranslatable, translate
from guardrails.guardrail import Mode, PerformanceClass
from guardrails.phrases import PhraseRule, normalise
from guardrails.policy import Policy
from guardrails.rule import Rule
from guardrails.scan import ScanRule
from guardrails.setting import Setting

# Written out they are a megabyte, a third of it on the wire; every page would load that.
MAX_PHRASES = 20_000

ClientRule = dict[str, Any]


class LeftOut(NamedTuple):
    """A rule that clients do not get. For administrators: it says what the server looks for."""

    guardrail: str
    rule: str
    reason: str


class Selection(NamedTuple):
    """A policy's rules for clients, in the policy's order, and what was left out."""

    rules: tuple[ClientRule, ...]
    left_out: tuple[LeftOut, ...]


def select(policy: Policy, withheld: frozenset[str] = frozenset()) -> Selection:
    """Choose and write the rules.

    withheld: guardrails and families that stay here although they could be run.
    """
    rules: list[ClientRule] = []
    left_out: list[LeftOut] = []
    for setting in policy.resolve():
        reason = _keeps(setting, withheld)
        for name, rule in _named_rules(setting):
            try:
                if reason is not None or rule is None:
                    raise Untranslatable(reason or "it is a limit, which only the whole text has")
                rules.append(write_rule(setting, rule))
            except Untranslatable as error:
                left_out.append(LeftOut(setting.guardrail.id, name, str(error)))
    return Selection(tuple(rules), tuple(left_out))


def _named_rules(setting: Setting) -> Iterator[tuple[str, Rule | None]]:
    """Yield the rules of a guardrail; a limit or a check stands for itself."""
    if setting.check is not None or setting.max_chars is not None:
        yield setting.guardrail.id, None
    for rule in setting.rules:
        yield rule.id, rule


def _keeps(setting: Setting, withheld: frozenset[str]) -> str | None:
    """Return why all rules of a guardrail stay here; None if they may be handed out."""
    guardrail = setting.guardrail
    performance = guardrail.performance
    if setting.check is not None or performance.performance_class not in (
        *(PerformanceClass.INSTANT, PerformanceClass.FAST),
    ):
        return f"it is of class {performance.performance_class}; clients run instant and fast ones"
    if not performance.client_safe:
        return "its guardrail is not marked client-safe"
    if withheld & {guardrail.id, guardrail.family}:
        return "it is withheld by the gateway's settings"
    if setting.mode is not Mode.BLOCK:
        return f"it runs in mode {setting.mode}: what it finds is for the audit only"
    return None


def write_rule(setting: Setting, rule: Rule) -> ClientRule:
    """Write one rule. Raises Untranslatable."""
    if isinstance(rule, ScanRule):
        raise Untranslatable("it follows the text with a state of its own")
    if rule.bounds is not None:
        raise Untranslatable("it asks about the characters beside a match")
    written: ClientRule = {
        "id": rule.id,
        "guardrail": setting.guardrail.id,
        "type": rule.type,
        "action": str(setting.action),
        "confidence": rule.confidence,
    }
    if isinstance(rule, PhraseRule):
        return written | _write_phrases(rule)
    written |= {"kind": "pattern", "expression": translate(rule.expression), "flags": "u"}
    if checks := conditions(rule.check):
        written["checks"] = checks
    if rule.context or rule.words:
        near = {"texts": rule.context, "words": rule.words, "chars": rule.context_chars}
        written["near"] = near
    return written


def _write_phrases(rule: PhraseRule) -> ClientRule:
    phrases = sorted(set(map(normalise, rule.phrases)))
    if len(phrases) > MAX_PHRASES:
        raise Untranslatable(f"it has {len(phrases):,} phrases, more than {MAX_PHRASES:,}")
    return {
        "kind": "phrases",
        "phrases": phrases,
        "whole_words": rule.whole_words,
        "leetspeak": rule.leetspeak,
    }
