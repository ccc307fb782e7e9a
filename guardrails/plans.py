"""The policies that are loaded: by name and log time for new streams, by version for running ones.

A policy may be replaced while streams run. What judges a stream depends on the log time of its
first chunk alone, so a replay asks the same question and gets the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakValueDictionary

import msgspec

from guardrails.errors import PolicyError, RuleError, SnapshotError
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.policy_text import parse_policy
from guardrails.setting import Setting

_DAY_MS = 24 * 60 * 60 * 1000
# 14 days: chunks are kept for 3, and Kafka deletes them in segments of up to 7 (its default), so
# no older chunk is left that could begin a stream; rounded up to whole weeks.
REACHABLE_MS = 14 * _DAY_MS
# The newest, which is in force or will be within seconds, and the one before it.
_COMPILED = 2


class _Activation(msgspec.Struct):
    """A policy and when it came into force. policy, plan: None until a stream needs them."""

    name: str
    at_ms: int
    source: str = ""
    policy: Policy | None = None
    plan: Plan | None = None
    broken: bool = False

    def read(self) -> Policy | None:
        """Return the policy; None if this release cannot read it."""
        if self.policy is None and not self.broken:
            try:
                self.policy = parse_policy(self.source, self.name)
            except PolicyError:
                self.broken = True
            else:
                self.broken = self.policy.name != self.name
        return None if self.broken else self.policy


class Plans:
    """The policies streams may be judged by.

    Safe to read from several threads while one thread activates: a name's activations are
    replaced as a whole.
    """

    def __init__(
        self,
        default: Plan,
        named: dict[str, Plan] | None = None,
        compile_policy: Callable[[Policy], Plan] = Plan,
    ) -> None:
        """All of these hold from the beginning of time, until another is activated.

        default: for chunks that name no policy; reachable by its own name too. compile_policy:
        compiles policies that are activated, and those that streams of a snapshot began with.
        """
        self.default = default
        self._compile = compile_policy
        self._catch_up: Callable[[], None] | None = None
        plans = {**(named or {}), default.policy.name: default}
        self._activations = {
            name: (_Activation(name, 0, policy=plan.policy, plan=plan),)
            for name, plan in plans.items()
        }
        # Weak: a plan lives as long as a stream or an activation needs it.
        self._versions = WeakValueDictionary({plan.version: plan for plan in plans.values()})

    def named(self, name: str | None, at_ms: int) -> Plan | None:
        """Return the plan of a stream that begins at a log time, or None without such a policy."""
        if self._catch_up is not None:
            self._catch_up()
        activations = self._activations.get(self.default.policy.name if name is None else name, ())
        for activation in reversed(activations):
            if activation.at_ms <= at_ms:
                plan = activation.plan or self._revive(activation)
                if plan is not None:
                    return plan
        return None

    def in_force(self, name: str | None, at_ms: int) -> tuple[Policy, int] | None:
        """Return the policy of a log time, and that from which it holds; None without such a one.

        For those who judge nothing: as far as is known, and nothing is compiled.
        """
        activations = self._activations.get(self.default.policy.name if name is None else name, ())
        for activation in reversed(activations):
            if activation.at_ms <= at_ms and (policy := activation.read()) is not None:
                return policy, activation.at_ms
        return None

    def activate(self, policy: Policy, at_ms: int) -> Plan:
        """Judge streams that begin at a log time or later by this policy; return its plan.

        Compiles in the caller's thread and then replaces in one step. Raises PolicyError or
        RuleError when it cannot be compiled; what was in force stays so.
        """
        plan = self.prepare(policy)
        self._insert(_Activation(policy.name, at_ms, policy=policy, plan=plan))
        return plan

    def prepare(self, policy: Policy) -> Plan:
        """Compile a policy that is to be activated; it stays compiled while the plan is kept.

        Raises PolicyError or RuleError.
        """
        plan = self._versions.get(policy.version) or self._compile(policy)
        self._versions[plan.version] = plan
        return plan

    def remember(self, name: str, source: str, at_ms: int) -> None:
        """Take in an activation of the past, which is read and compiled when a stream needs it.

        source: the policy as YAML. If it turns out to be broken, the one before it holds.
        """
        self._insert(_Activation(name, at_ms, source))

    def follow(self, catch_up: Callable[[], None]) -> None:
        """Say that activations are told from outside.

        catch_up: called before a stream is opened; returns when every activation that may be in
        force for it has been told, and raises when that cannot be.
        """
        self._catch_up = catch_up

    def version(self, version: str, source: str) -> Plan:
        """Return the plan a stream began with. source: that policy as JSON, as it was saved.

        Raises SnapshotError when rules or engine have changed since.
        """
        plan = self._versions.get(version)
        if plan is None:
            plan = self._compile(Policy.model_validate_json(source))
            if plan.version != version:
                raise SnapshotError(
                    f"streams are open under policy {plan.policy.name!r} version {version}, which "
                    f"this release compiles to {plan.version}; let them end under the release "
                    "that opened them, or start with an empty recovery directory"
                )
            self._versions[version] = plan
        return plan

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names streams may ask for: the default's, then the others as they came."""
        first = self.default.policy.name
        return (first, *(name for name in list(self._activations) if name != first))

    @property
    def check_settings(self) -> list[Setting]:
        """Return the checks of the policies that are in force."""
        plans = [one.plan for one in self._all() if one.plan is not None]
        settings = [setting for plan in plans for setting in plan.settings]
        return [setting for setting in settings if setting.check is not None]

    @property
    def has_checks(self) -> bool:
        """Whether a policy that is in force has guardrails that run outside of the guard."""
        return bool(self.check_settings)

    def loaded(self, version: str) -> Plan | None:
        """Return the plan of a version, if it is in force or a stream may still carry it."""
        if self._catch_up is not None:
            self._catch_up()
        return self._versions.get(version) or self._search(version)

    def _all(self) -> list[_Activation]:
        """Return all activations; copied, because another thread may bring a new name."""
        return [one for known in list(self._activations.values()) for one in known]

    def _insert(self, activation: _Activation) -> None:
        """Put an activation behind those of its time or before; drop what nothing can reach."""
        known = [*self._activations.get(activation.name, ()), activation]
        known.sort(key=lambda one: one.at_ms)
        horizon_ms = known[-1].at_ms - REACHABLE_MS
        first = max((n for n, one in enumerate(known) if one.at_ms <= horizon_ms), default=0)
        if first:
            # It stands for all that came before it.
            known[first] = msgspec.structs.replace(known[first], at_ms=0)
        for old in known[:-_COMPILED]:
            old.plan = None
        self._activations[activation.name] = tuple(known[first:])

    def _search(self, version: str) -> Plan | None:
        for activation in self._all():
            policy = activation.read()
            if policy is not None and policy.version == version:
                return self._revive(activation)
        return None

    def _revive(self, activation: _Activation) -> Plan | None:
        """Compile an activation of the past; None if this release cannot."""
        policy = activation.read()
        if policy is None:
            return None
        try:
            plan = self.prepare(policy)
        except (PolicyError, RuleError):
            activation.broken = True
            return None
        # Another thread may let go of it again at once.
        activation.plan = plan
        return plan
