"""Who calls, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from guardrails.errors import TidegateError


class Scope(StrEnum):
    """What a credential allows. None of them includes another."""

    PRODUCE = "streams:write"
    READ = "streams:read"
    ADMINISTER = "admin"


ALL_SCOPES = frozenset(Scope)


class Priority(StrEnum):
    """Who is served last when the gateway has too much to do: low waits first, high last."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a credential speaks for.

    tenant: whose streams these are. name: unique within the tenant; a key's name or a token's
    subject. scopes: what it allows. priority: the credential's own; None for the tenant's.

    >>> Principal("acme", "plugin", frozenset({Scope.READ})).allows(Scope.PRODUCE)
    False
    """

    tenant: str
    name: str
    scopes: frozenset[Scope]
    priority: Priority | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether this credential has the scope."""
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raises Forbidden without the scope."""
        if scope not in self.scopes:
            raise Forbidden(
                f"this credential lacks the scope {scope}",
                f"use one that has it, or have {scope} added to this one",
            )


class AccessError(TidegateError):
    """A request is refused for who sent it. The message never carries a credential.

    what: what is wrong. next: what the caller does about it. status, kind, headers: of the answer;
    the kind is short and stable.
    """

    status: int
    kind: str
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, what: str, next: str) -> None:  # noqa: A002 - the word of our messages
        super().__init__(f"{what}; {next}")
        self.what = what
        self.next = next


class Unauthorized(AccessError):
    """Nobody we know. Next: answer 401 with `challenge`; the caller sends a valid credential."""

    status = 401
    kind = "unauthorized"
    # RFC 6750, section 3. What was wrong stands in the body, for people.
    challenge = 'Bearer realm="tidegate"'
    headers = MappingProxyType({"WWW-Authenticate": challenge})


class Forbidden(AccessError):
    """Somebody we know who may not do this. Next: answer 403; the caller asks for the scope."""

    status = 403
    kind = "forbidden"
