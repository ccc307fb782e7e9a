"""The public keys of an issuer, as it publishes them (JWK Set, RFC 7517)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from guardrails.errors import TidegateError

# RFC 7518, 3.3.
MIN_RSA_BITS = 2048
# Of one issuer: a handful in rotation.
MAX_KEYS = 100
MAX_KID_CHARS = 256

# Which signatures a key may make, by `kty` and `crv` (RFC 7518, RFC 8037).
_FAMILIES: Mapping[tuple[str, str | None], frozenset[str]] = {
    ("RSA", None): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
}


class KeySetError(TidegateError):
    """What an issuer publishes is no set of keys. Next: keep the set before it."""


class PublicKey(NamedTuple):
    """kid: its name, None without one. algorithms: signatures it may make. key: what checks them,
    of the library `cryptography`.
    """

    kid: str | None
    algorithms: frozenset[str]
    key: Any


class KeySet:
    """Keys by name."""

    def __init__(self, keys: Collection[PublicKey]) -> None:
        self._keys = tuple(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """Return the key of this name that makes such signatures.

        kid: None finds a key only if a single one fits: a signature is never tried on several.
        """
        fitting = [one for one in self._keys if algorithm in one.algorithms]
        if kid is not None:
            return next((one for one in fitting if one.kid == kid), None)
        return fitting[0] if len(fitting) == 1 else None


def parse_key_set(content: bytes) -> KeySet:
    """Return the keys of a JWK Set that can check signatures.

    Others in it are passed over: keys for encryption, secret ones (`oct`), short ones, kinds we do
    not know. Raises KeySetError when nothing is left.
    """
    try:
        entries = json.loads(content)["keys"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise KeySetError("expected a JSON object with the member 'keys'") from None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise KeySetError(f"expected 'keys' to be a list of at most {MAX_KEYS}")
    keys = [key for entry in entries if (key := _read(entry)) is not None]
    if not keys:
        raise KeySetError("none of the keys can check a signature that we accept")
    return KeySet(keys)


def _read(entry: Any) -> PublicKey | None:
    if not isinstance(entry, dict):
        return None
    kid, kty, crv, alg = (entry.get(name) for name in ("kid", "kty", "crv", "alg"))
    named = kid is None or (isinstance(kid, str) and len(kid) <= MAX_KID_CHARS)
    for_signing = entry.get("use", "sig") == "sig" and _verifies(entry.get("key_ops"))
    if not (named and for_signing and isinstance(kty, str) and isinstance(crv, str | None)):
        return None
    algorithms = _FAMILIES.get((kty, crv), frozenset())
    if alg is not None:
        algorithms = frozenset({one for one in algorithms if one == alg})
    if not algorithms:
        return None
    try:
        key = PyJWK(entry, min(algorithms)).key
    except (PyJWTError, ValueError, TypeError, LookupError):
        return None
    # A private key that was published by mistake: whoever reads it can sign.
    if not hasattr(key, "verify"):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        return None
    return PublicKey(kid, algorithms, key)


def _verifies(operations: Any) -> bool:
    return operations is None or (isinstance(operations, list) and "verify" in operations)
