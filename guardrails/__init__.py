"""Tidegate's engine: pure, and usable on its own.

from guardrails import Session, default_plan

session = Session("my-stream", default_plan())
for piece in pieces:
    print(session.push(piece).segments)
print(session.finish().segments, session.audit())
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrails.plan import Plan
    from guardrails.policy import Policy
    from guardrails.policy_text import parse_policy
    from guardrails.session import Session
else:

    def __getattr__(name: str) -> object:
        """Import what is asked for, when it is: the catalogue takes half a second, and who wants
        an error or an event of ours needs none of it.
        """
        if name not in _MODULES:
            raise AttributeError(f"module 'guardrails' has no attribute '{name}'")
        return getattr(import_module(f"guardrails.{_MODULES[name]}"), name)


__all__ = ["Plan", "Policy", "Session", "default_plan", "default_policy", "parse_policy"]

_MODULES = {"Plan": "plan", "Policy": "policy", "Session": "session", "parse_policy": "policy_text"}


def default_policy() -> Policy:
    """Return the policy Tidegate ships: what a team wants on day one."""
    from guardrails.policy_text import parse_policy
    from guardrails.shipped import DEFAULT, shipped_text

    return parse_policy(shipped_text(DEFAULT), "default.yaml")


@cache
def default_plan() -> Plan:
    """Return the shipped policy, compiled; once per process."""
    from guardrails.plan import Plan

    return Plan(default_policy())
