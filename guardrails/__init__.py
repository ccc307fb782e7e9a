"""Tidegate's engine: pure, and usable on its own.

from guardrails import Session, default_plan

session = Session("my-stream", default_plan())
for piece in pieces:
    print(session.push(piece).segments)
print(session.finish().segments, session.audit())
"""

from __future__ import annotations

from functools import cache

from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.policy_text import parse_policy
from guardrails.session import Session
from guardrails.shipped import DEFAULT, shipped_text

__all__ = ["Plan", "Policy", "Session", "default_plan", "default_policy", "parse_policy"]


def default_policy() -> Policy:
    """Return the policy Tidegate ships: what a team wants on day one."""
    return parse_policy(shipped_text(DEFAULT), "default.yaml")


@cache
def default_plan() -> Plan:
    """Return the shipped policy, compiled; once per process."""
    return Plan(default_policy())
