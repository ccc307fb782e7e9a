"""A policy made ready to run: its rules compiled into the two matchers a session pushes through.

Rules that hold text back (mode block, action redact or block) and rules that only watch are matched
apart, so that a monitor can never delay what is shown.
"""

from __future__ import annotations

import hmac
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from guardrails.check import CheckSetting
from guardrails.errors import PolicyError, RuleError
from guardrails.guardrail import Action, Checkpoint, Mode
from guardrails.joined_matcher import LaneMatcher, LaneState, compile_rules
from guardrails.matcher import MatchState
from guardrails.policy import Policy, Setting
from guardrails.rule import Rule

# An offset behind every text.
END_OF_TEXT = 2**62


class BoundRule(msgspec.Struct, frozen=True):
    """A rule together with what the policy does about its findings."""

    rule: Rule
    guardrail: str
    action: Action
    mode: Mode
    label: str


class Lane(msgspec.Struct, frozen=True):
    """Rules that share one frontier, and their matcher. `rules` are in the matcher's order.

    state: makes what a stream's matching needs.
    """

    rules: tuple[BoundRule, ...]
    matcher: LaneMatcher
    state: type[LaneState]


class LengthLimit(msgspec.Struct, frozen=True):
    """The stream's text may have this many code points; the next one is a finding."""

    max_chars: int
    bound: BoundRule

    @property
    def enforced(self) -> bool:
        """Whether the text is cut there, not only watched."""
        return _holds(self.bound)


class PlannedCheck(msgspec.Struct, frozen=True):
    """A check as the plan runs it. holds: text is not released before it has answered."""

    id: str
    setting: CheckSetting
    action: Action
    mode: Mode
    holds: bool
    label: str

    def bind(self, finding_type: str, confidence: float) -> BoundRule:
        """Return the rule a finding of this check is listed under."""
        rule = Rule(id=self.id, type=finding_type, expression="", confidence=confidence)
        label = _fill(self.label, rule)
        return BoundRule(rule, self.id, self.action, self.mode, label)


class Plan:
    """A compiled policy version; immutable, shared by its streams.

    guardrails: the settings by name. enforced: rules text waits for; None when there are none.
    watching: all others. checks: what is asked outside of the guard step; holds_for_checks: whether
    text waits for one of them; asks_windows: whether one sees less than whole streams;
    asks_original: whether one sees text as it was written. quiet: nothing but verdicts and audit
    records comes of a stream.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        fingerprint_key: bytes | None = None,
    ) -> None:
        """fingerprint_key: secret of the keyed digests in audit records; None leaves them out.

        Raises PolicyError naming the guardrail whose rule cannot be compiled.
        """
        self.policy = policy
        self.version = policy.version
        self.settings = policy.resolve()
        self.guardrails = {setting.guardrail.id: setting for setting in self.settings}
        self._fingerprint_key = fingerprint_key
        bound = [rule for setting in self.settings for rule in _bind(setting, policy.label)]
        self.enforced = _lane([rule for rule in bound if _holds(rule)])
        self.watching = _lane([rule for rule in bound if not _holds(rule)])
        # Where nothing is enforced, the state of a stream is that of no rules.
        self.enforced_state = MatchState if self.enforced is None else self.enforced.state
        self.length_limit = _length_limit(self.settings, policy.label)
        limit = self.length_limit
        self.max_chars = END_OF_TEXT if limit is None else limit.max_chars
        self.bound_rules = {rule.rule.id: rule for rule in bound}
        if limit is not None:
            self.bound_rules[limit.bound.rule.id] = limit.bound
        self.checks = tuple(_plan_checks(self.settings, policy.label))
        self._checks = {check.id: check for check in self.checks}
        self.holds_for_checks = any(check.holds for check in self.checks)
        self.asks_windows = any(
            check.setting.checkpoint is not Checkpoint.END for check in self.checks
        )
        # Nothing follows from a verdict but, at the end, the audit record.
        self.quiet = not self.checks and not policy.events
        self.asks_original = any(check.setting.original for check in self.checks)

    @cached_property
    def packed(self) -> bytes:
        """The policy as JSON, compressed: it goes into the snapshot of every shard that uses it."""
        return zlib.compress(self.policy.model_dump_json().encode())

    def check(self, guardrail: str) -> PlannedCheck:
        """Return the check of a guardrail. Raises KeyError if the plan has none."""
        return self._checks[guardrail]

    def setting(self, guardrail: str) -> Setting | None:
        """Return how the policy runs a guardrail; None if it does not."""
        return self.guardrails.get(guardrail)

    def guardrail_of(self, rule_id: str) -> str:
        """Return the guardrail a rule belongs to; a check is its own rule."""
        return rule_id if rule_id in self._checks else self.bound_rules[rule_id].guardrail

    def bind(self, rule_id: str, finding_type: str, confidence: float) -> BoundRule:
        """Return the rule of a finding: one of the policy's, or that of a check."""
        check = self._checks.get(rule_id)
        return self.bound_rules[rule_id] if check is None else check.bind(finding_type, confidence)

    def fingerprint(self, text: str) -> str | None:
        """Return a keyed digest of matched text, 16 hexadecimal digits, or None without a key."""
        if self._fingerprint_key is None:
            return None
        return hmac.digest(self._fingerprint_key, text.encode(), "sha256").hex()[:16]


def _bind(setting: Setting, label: str) -> list[BoundRule]:
    return [
        BoundRule(
            rule,
            setting.guardrail.id,
            setting.action,
            setting.mode,
            _fill(label, rule),
        )
        for rule in setting.rules
    ]


def _fill(label: str, rule: Rule) -> str:
    return label.replace("{type}", rule.type).replace("{rule}", rule.id)


def _holds(bound: BoundRule | Setting) -> bool:
    return bound.mode is Mode.BLOCK and bound.action in (Action.REDACT, Action.BLOCK)


def _plan_checks(settings: Sequence[Setting], label: str) -> Iterator[PlannedCheck]:
    for setting in settings:
        if setting.check is not None:
            yield PlannedCheck(
                *(setting.guardrail.id, setting.check, setting.action, setting.mode),
                *(_holds(setting), label),
            )


def _lane(rules: Sequence[BoundRule]) -> Lane | None:
    if not rules:
        return None
    try:
        matcher, state = compile_rules([bound.rule for bound in rules])
    except RuleError as error:
        raise PolicyError(str(error)) from error
    return Lane(tuple(rules), matcher, state)


def _length_limit(settings: Sequence[Setting], label: str) -> LengthLimit | None:
    for setting in settings:
        if setting.max_chars is not None:
            rule = Rule(id=setting.guardrail.id, type="LENGTH", expression="", confidence=1.0)
            bound = _bind(msgspec.structs.replace(setting, rules=(rule,)), label)[0]
            return LengthLimit(setting.max_chars, bound)
    return None
