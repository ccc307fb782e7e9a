"""The policies that are loaded: by name for new streams, by version for running ones."""

from __future__ import annotations

from collections.abc import Callable

from guardrails.errors import SnapshotError
from guardrails.plan import Plan
from guardrails.policy import Policy


class Plans:
    """The policies streams may be judged by: by name for new streams, by version for all others."""

    def __init__(
        self,
        default: Plan,
        named: dict[str, Plan] | None = None,
        compile_policy: Callable[[Policy], Plan] = Plan,
    ) -> None:
        """default: for chunks that name no policy; reachable by its own name too.

        compile_policy: compiles the policies that streams of a snapshot began with.
        """
        self.default = default
        self._named = {default.policy.name: default, **(named or {})}
        self._versions = {plan.version: plan for plan in (default, *self._named.values())}
        self._compile = compile_policy

    def named(self, name: str | None) -> Plan | None:
        """Return the plan a new stream is judged by, or None if there is no such policy."""
        return self.default if name is None else self._named.get(name)

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
