"""Policies by name: a shipped one, or a file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.plugins import load_plugins
from guardrails import parse_policy
from guardrails.document import MAX_DOCUMENT_CHARS
from guardrails.errors import PolicyError
from guardrails.shipped import SHIPPED, shipped_text

if TYPE_CHECKING:
    from connectors.kafka.settings import KafkaSettings
    from connectors.policies.follower import Follower
    from guardrails.plan import Plan
    from guardrails.plans import Plans
    from guardrails.policy import Policy

# Seconds without Kafka, where nothing is waited for that could take long.
_PATIENCE_S = 60.0


class UnknownPolicyError(PolicyError):
    """No policy has that name. Next: name a shipped one or an existing file."""


def read_text(name: str) -> str:
    """Return a policy as it is written; what it may name is loaded first.

    Raises PolicyError saying what to do.
    """
    load_plugins()
    if name in SHIPPED:
        return shipped_text(name)
    path = Path(name)
    try:
        with path.open("rb") as file:
            # Four bytes a code point at most; what is longer is refused unread.
            content = file.read(4 * MAX_DOCUMENT_CHARS + 1)
    except OSError as error:
        close = difflib.get_close_matches(name, SHIPPED, 1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise UnknownPolicyError(
            f"{name}: cannot be read ({error.strerror}); expected the path of a policy file, "
            f"or one of {', '.join(SHIPPED)}{hint}"
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
    """Return a policy: a shipped one, or one of a file. Raises PolicyError with all problems."""
    return parse_policy(read_text(name), f"{name}.yaml" if name in SHIPPED else name)


def compile_policy(policy: Policy) -> Plan:
    """Return the policy compiled."""
    from guardrails.plan import Plan

    return Plan(policy)


def follow_policies(
    plans: Plans,
    names: Sequence[str],
    *,
    kafka: KafkaSettings | None,
    recovery_dir: Path | None,
    buries: bool = True,
) -> Follower:
    """Return what changes the plans while a flow runs: start it before the flow, close it after.

    names: of the policies the plans were made of; files among them are watched, shipped ones
    only change with the release. kafka: also follow the topic `policies`. recovery_dir: where the
    times of changed files are written down; without it they are forgotten, as all of the flow's
    state is. buries: see `PolicyTopic`.
    """
    from connectors.clock import steady_ms
    from connectors.policies.files import PolicyFiles
    from connectors.policies.follower import Follower, Origin
    from connectors.policies.journal import FileJournal, Journal, MemoryJournal
    from connectors.policies.topic import PolicyTopic

    origins: list[Origin] = []
    if files := [name for name in names if name not in SHIPPED]:
        journal: Journal = FileJournal(recovery_dir) if recovery_dir else MemoryJournal()
        origins.append(PolicyFiles(files, plans, journal, read_text=read_text, now_ms=steady_ms))
    if kafka is not None:
        origins.append(PolicyTopic(kafka, plans, buries=buries))
    patience_s = _PATIENCE_S if kafka is None else kafka.delivery_timeout_s
    return Follower(plans, origins, patience_s=patience_s)
