"""Tokens that were found good, so that the next request with the same one is answered at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from connectors.gateway.auth.key_set import PublicKey
from connectors.gateway.auth.principal import Principal

# People who use the gateway within an hour; some 1 kB each.
MAX_TOKENS = 10_000


class Verified(NamedTuple):
    """principal: whom the token speaks for. key, algorithm: what its signature was checked with.
    until: seconds since 1970, when it expires.
    """

    principal: Principal
    key: PublicKey
    algorithm: str
    until: float


class VerifiedTokens:
    """Remembers by the digest of the whole token, signature and all; those longest unused go first.

    A check of a signature takes some 350 CPU-µs, as much as all else of an update.
    """

    def __init__(self, now: Callable[[], float], max_tokens: int = MAX_TOKENS) -> None:
        """now: seconds since 1970."""
        self._now = now
        self._max = max_tokens
        self._tokens: OrderedDict[bytes, Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, token: str) -> Verified | None:
        """Return what was found of a token; None if it has to be checked."""
        digest = _digest(token)
        found = self._tokens.get(digest)
        if found is None:
            return None
        if self._now() >= found.until:
            del self._tokens[digest]
            return None
        self._tokens.move_to_end(digest)
        return found

    def keep(self, token: str, verified: Verified) -> None:
        """Remember a token that was found good."""
        self._tokens[_digest(token)] = verified
        self._tokens.move_to_end(_digest(token))
        if len(self._tokens) > self._max:
            self._tokens.popitem(last=False)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
