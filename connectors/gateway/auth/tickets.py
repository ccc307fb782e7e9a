"""Tickets for browsers, whose EventSource and WebSocket cannot send a credential.

The page asks for a ticket with its credential and puts it into the address it subscribes to. A
ticket counts once, for half a minute, for one principal, one stream and one purpose. It is sealed
(encrypted and signed: Fernet), so any replica can check it, and the names in it do not show in the
logs of whatever stands in front of us.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.principal import Principal, Priority, Scope, Unauthorized
from connectors.gateway.auth.redemptions import Redemptions

# A page subscribes at once; 30 s leave room for a slow network, and little for a log to be read.
TICKET_LIFE_S = 30.0
# Names of 256 characters in four bytes each, sealed and in base64, come to some 5,000.
MAX_TICKET_CHARS = 8192


class Purpose(StrEnum):
    """What a ticket opens."""

    EVENTS = "events"
    SOCKET = "socket"


class _Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed. Short names: it travels in an address."""

    id: Annotated[str, msgspec.Meta(max_length=64)]
    at: float
    tenant: str
    name: str
    scopes: tuple[Scope, ...]
    priority: Priority | None
    stream: str
    purpose: Purpose


class Tickets:
    """Issues tickets and takes them back."""

    def __init__(
        self,
        keychain: Keychain,
        redemptions: Redemptions,
        now: Callable[[], float],
        life_s: float = TICKET_LIFE_S,
    ) -> None:
        """now: seconds since 1970."""
        self._redemptions = redemptions
        self._now = now
        self._life_s = life_s
        self._seals = MultiFernet(
            [Fernet(urlsafe_b64encode(key)) for key in keychain.keys("tickets")]
        )

    def issue(self, principal: Principal, stream_id: str, purpose: Purpose) -> str:
        """Return a ticket. The caller has made sure that the principal may read the stream."""
        now = self._now()
        ticket = _Ticket(
            secrets.token_urlsafe(16),
            now,
            principal.tenant,
            principal.name,
            tuple(sorted(principal.scopes)),
            principal.priority,
            stream_id,
            purpose,
        )
        sealed = self._seals.encrypt_at_time(msgspec.json.encode(ticket), int(now))
        return sealed.decode().rstrip("=")

    async def redeem(self, ticket: str, stream_id: str, purpose: Purpose) -> Principal:
        """Return who the ticket was issued to. Raises Unauthorized; the ticket is spent only when
        it fits the stream and the purpose.
        """
        found = self._open(ticket)
        now = self._now()
        if not found.at - self._life_s <= now <= found.at + self._life_s:
            raise _refused("the ticket has expired")
        if found.stream != stream_id or found.purpose is not purpose:
            raise _refused("the ticket was issued for something else")
        if not await self._redemptions.first(found.id, found.at, found.at + self._life_s):
            raise _refused("the ticket has been used, or was issued before a restart")
        return Principal(found.tenant, found.name, frozenset(found.scopes), found.priority)

    def _open(self, ticket: str) -> _Ticket:
        if len(ticket) <= MAX_TICKET_CHARS:
            try:
                sealed = (ticket + "=" * (-len(ticket) % 4)).encode("ascii")
                return msgspec.json.decode(self._seals.decrypt(sealed), type=_Ticket)
            except (InvalidToken, UnicodeEncodeError, msgspec.DecodeError):
                pass
        raise _refused("this is no ticket of ours")


def _refused(what: str) -> Unauthorized:
    return Unauthorized(what, "ask for a new ticket and subscribe within 30 seconds")
