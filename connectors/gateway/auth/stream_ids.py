"""Ids of streams that say by themselves whose they are.

An id is 15 random bytes and two tags of 15 bytes, as 60 characters of base64url. The tags are keyed
hashes of the random part with the tenant, and with tenant and principal. So any replica knows
without any state who may touch a stream, and an id that leaked is of no use to anyone else.
"""

from __future__ import annotations

import binascii
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from hashlib import sha256

from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.principal import AccessError, Principal, Scope

# 120 bits: nobody guesses an id, and two are never the same; a multiple of 3 bytes fills the
# characters of base64 to the last bit, so that no two texts are one id.
_PART_BYTES = 15
STREAM_ID_CHARS = 60
# A stream's id comes with each of its updates: those of so many are not computed again.
_REMEMBERED = 10_000
_NEXT = "use an id that was started with this credential, or start a stream"
_SHAPE = re.compile(rf"[A-Za-z0-9_-]{{{STREAM_ID_CHARS}}}", re.ASCII)


class Access(Enum):
    """What an id grants a principal. OWN: it began the stream. TENANT: its tenant did."""

    OWN = "own"
    TENANT = "tenant"
    NONE = "none"


class UnknownStream(AccessError):
    """No such stream, or somebody else's: nobody learns which. Next: answer 404.

    next: for who may touch it, if it was there.
    """

    status = 404
    kind = "unknown-stream"

    def __init__(self, next: str = _NEXT) -> None:  # noqa: A002 - the word of our messages
        super().__init__("there is no such stream", next)


class StreamIds:
    """Makes ids and tells whose they are."""

    def __init__(
        self, keychain: Keychain, token_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        """token_bytes: where randomness comes from."""
        self._keys = keychain.keys("stream ids")
        self._token_bytes = token_bytes
        self._look = lru_cache(_REMEMBERED)(self._compute)

    def new(self, principal: Principal) -> str:
        """Return the id of a new stream of this principal."""
        nonce = self._token_bytes(_PART_BYTES)
        own, tenant = _tags(self._keys[0], nonce, principal)
        return urlsafe_b64encode(nonce + tenant + own).decode()

    def access(self, stream_id: str, principal: Principal) -> Access:
        """Return what the id grants. Takes as long for a foreign id as for an unknown one."""
        known = _SHAPE.fullmatch(stream_id) is not None
        # What has another shape is nobody's, may be long, and is not kept.
        return self._look(stream_id, principal) if known else self._compute(stream_id, principal)

    def _compute(self, stream_id: str, principal: Principal) -> Access:
        known = _SHAPE.fullmatch(stream_id) is not None
        raw = _decode(stream_id) if known else bytes(3 * _PART_BYTES)
        nonce = raw[:_PART_BYTES]
        tenant, own = raw[_PART_BYTES : 2 * _PART_BYTES], raw[2 * _PART_BYTES :]
        is_own = is_tenant = False
        for key in self._keys:
            right_own, right_tenant = _tags(key, nonce, principal)
            # Both, whatever the first says.
            is_own |= hmac.compare_digest(own, right_own)
            is_tenant |= hmac.compare_digest(tenant, right_tenant)
        if known and is_own and is_tenant:
            return Access.OWN
        return Access.TENANT if known and is_tenant else Access.NONE

    def require_write(self, stream_id: str, principal: Principal) -> None:
        """Only who began a stream adds to it or ends it.

        Raises Forbidden without the scope, whatever the id is, and then UnknownStream.
        """
        principal.require(Scope.PRODUCE)
        if self.access(stream_id, principal) is not Access.OWN:
            raise UnknownStream

    def require_read(self, stream_id: str, principal: Principal) -> None:
        """Who began a stream reads it, and so do administrators of the tenant.

        Raises Forbidden without the scope, whatever the id is, and then UnknownStream.
        """
        if not principal.allows(Scope.ADMINISTER):
            principal.require(Scope.READ)
        access = self.access(stream_id, principal)
        if access is Access.OWN:
            return
        if access is Access.NONE or not principal.allows(Scope.ADMINISTER):
            raise UnknownStream


def _tags(key: bytes, nonce: bytes, principal: Principal) -> tuple[bytes, bytes]:
    """Return the tags of the owner and of the tenant."""
    return (
        _tag(key, b"owner", nonce, principal.tenant, principal.name),
        _tag(key, b"tenant", nonce, principal.tenant),
    )


def _tag(key: bytes, kind: bytes, nonce: bytes, *names: str) -> bytes:
    # Each name behind its length: ("ab", "c") and ("a", "bc") are not the same.
    parts = [len(name.encode()).to_bytes(4) + name.encode() for name in names]
    return hmac.digest(key, b"\0".join((kind, nonce)) + b"".join(parts), sha256)[:_PART_BYTES]


def _decode(stream_id: str) -> bytes:
    try:
        return urlsafe_b64decode(stream_id)
    except (binascii.Error, ValueError):
        return bytes(3 * _PART_BYTES)
