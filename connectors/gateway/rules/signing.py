"""Bundles signed as JSON Web Signatures (RFC 7515, flattened JSON) with Ed25519 (RFC 8037).

The key id is the thumbprint of the public key (RFC 7638): nobody has to choose one, and two keys
never share it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors.gateway.rules.bundle import canonical
from connectors.settings import SettingError, read_key

KEY = "TIDEGATE_RULES_KEY"
# What stands in the header beside algorithm and key: no other kind of signed document of the same
# key can be taken for a bundle.
TYPE = "tidegate-rules+jws"
_SEED_BYTES = 32


class RuleSigner:
    """Signs with one private key. key_id: by which clients find its public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = _encode(key.public_key().public_bytes_raw())
        members = {"crv": "Ed25519", "kty": "OKP", "x": self._public}
        self.key_id = _encode(hashlib.sha256(canonical(members)).digest())
        self._protected = _encode(canonical({"alg": "EdDSA", "kid": self.key_id, "typ": TYPE}))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> RuleSigner | None:
        """Read the key of TIDEGATE_RULES_KEY, or of the file TIDEGATE_RULES_KEY_FILE names.

        As PEM (PKCS #8), or as 64 hexadecimal digits, its 32 random bytes. None without both:
        there are no bundles then. Raises SettingError naming the variable.
        """
        given = read_key(KEY, environ, min_bytes=_SEED_BYTES)
        return None if given is None else cls(_read(given))

    @property
    def public_key(self) -> dict[str, str]:
        """The public key as a JSON Web Key, for the clients."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self._public, "kid": self.key_id}

    def sign(self, payload: bytes) -> bytes:
        """Return the signed document; the same bytes for the same payload."""
        encoded = _encode(payload)
        signature = self._key.sign(f"{self._protected}.{encoded}".encode())
        return canonical(
            {"payload": encoded, "protected": self._protected, "signature": _encode(signature)}
        )


def _read(given: bytes) -> Ed25519PrivateKey:
    if given.startswith(b"-----BEGIN"):
        try:
            key = load_pem_private_key(given, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if isinstance(key, Ed25519PrivateKey):
            return key
    elif len(given) == 2 * _SEED_BYTES:
        try:
            return Ed25519PrivateKey.from_private_bytes(binascii.unhexlify(given))
        except ValueError:
            pass
    raise SettingError(
        f"{KEY}: expected an Ed25519 private key, as PEM without a password or as 64 hexadecimal "
        "digits; make one with: openssl genpkey -algorithm ed25519"
    )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
