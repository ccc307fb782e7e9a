"""A bundle: the rules of one policy that clients may run, as one document that says how long.

Pure: the same policy, version and time give the same bytes, in every replica.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from connectors.gateway.rules.client_rule import LeftOut, Selection, select
from connectors.gateway.rules.tables import folding, phrase_reading
from guardrails.policy import Policy

# What the document says; another number when a client of today could misread it.
FORMAT = 1


class Bundle(NamedTuple):
    """A bundle, not yet signed. content: canonical JSON. left_out: not part of it."""

    content: bytes
    version: int
    issued_at: datetime
    expires_at: datetime
    left_out: tuple[LeftOut, ...]


def bundle(
    policy: Policy,
    version: int,
    now: datetime,
    ttl: timedelta,
    selection: Selection | None = None,
) -> Bundle:
    """Make the bundle of a policy.

    version: grows with every change of the policy, also with one that brings an older one back;
    see `docs/client-rules.md`. now: aware; ttl: so long clients may use it. selection: of that
    policy, if it is at hand: writing 600 rules takes half a second.
    """
    rules, left_out = selection or select(policy)
    issued_at = now.astimezone(UTC).replace(microsecond=0)
    expires_at = issued_at + ttl
    tables: dict[str, Any] = dict(folding())
    if any(rule["kind"] == "phrases" for rule in rules):
        tables |= phrase_reading()
    content = {
        "format": FORMAT,
        "policy": policy.name,
        "policy_version": policy.version,
        "version": version,
        "issued_at": write_time(issued_at),
        "expires_at": write_time(expires_at),
        "tables": tables,
        "rules": rules,
    }
    return Bundle(canonical(content), version, issued_at, expires_at, left_out)


def canonical(content: object) -> bytes:
    """Return JSON that is the same bytes for the same content.

    >>> canonical({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def write_time(time: datetime) -> str:
    """Return a time as RFC 3339 writes it, whole seconds of UTC.

    >>> write_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
