"""Policies by name: the shipped one, or a file."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from guardrails import default_policy, parse_policy
from guardrails.document import MAX_DOCUMENT_CHARS
from guardrails.errors import PolicyError

if TYPE_CHECKING:
    from guardrails.plan import Plan
    from guardrails.policy import Policy

DEFAULT = "default"


class UnknownPolicyError(PolicyError):
    """No policy has that name. Next: name the shipped one or an existing file."""


def read_text(name: str) -> str:
    """Return a policy as it is written. Raises PolicyError saying what to do."""
    if name == DEFAULT:
        from importlib.resources import files

        return files("guardrails").joinpath("policies/default.yaml").read_text("utf-8")
    path = Path(name)
    try:
        with path.open("rb") as file:
            # Four bytes a code point at most; what is longer is refused unread.
            content = file.read(4 * MAX_DOCUMENT_CHARS + 1)
    except OSError as error:
        close = difflib.get_close_matches(name, [DEFAULT], 1)
        hint = f"; did you mean '{DEFAULT}'?" if close else ""
        raise UnknownPolicyError(
            f"{name}: cannot be read ({error.strerror}); expected '{DEFAULT}' or the path of a "
            f"policy file{hint}"
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        if len(content) > 4 * MAX_DOCUMENT_CHARS:
            return content.decode("utf-8", "replace")
        raise PolicyError(
            f"{name}:{line}:{column}: byte 0x{content[error.start]:02X} is not UTF-8; save the "
            "file as UTF-8"
        ) from error


def read_policy(name: str) -> Policy:
    """Return a policy: `default`, or one read from a file. Raises PolicyError with all problems."""
    return default_policy() if name == DEFAULT else parse_policy(read_text(name), name)


def compile_policy(policy: Policy) -> Plan:
    """Return the policy compiled."""
    from guardrails.plan import Plan

    return Plan(policy)
