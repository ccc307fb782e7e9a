"""Signatures by the Standard Webhooks specification: `v1` with a shared secret, `v1a` with a key.

What is signed is `<id>.<timestamp>.<body>`; neither id nor timestamp may hold a full stop.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"
# 192 to 512 bits, by the specification.
MIN_SECRET_BYTES = 24
MAX_SECRET_BYTES = 64
# 32 bytes, as random as HMAC-SHA256 can use.
_NEW_SECRET_BYTES = 32
_SEED_BYTES = 32


class SecretError(ValueError):
    """A secret cannot be used. Next: make one with `tidegate webhooks secret`."""


class Signer:
    """Signs with every secret there is, so that one can be replaced while both are known.

    >>> signer = Signer(["whsec_" + base64.b64encode(bytes(24)).decode()])
    >>> signer.sign("msg_1", 1_700_000_000, b"{}")
    'v1,LzeNxZHo3O8fwpFJpLh/0B99ugILNFJw+/9lTgx0APs='
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """keys: `whsec_...` or `whsk_...`, the newest first. Raises SecretError, whose message
        holds none of them.
        """
        self._keys = [_read(key) for key in keys]

    def sign(self, message_id: str, timestamp_s: int, body: bytes) -> str:
        """Return the value of `webhook-signature`."""
        signed = f"{message_id}.{timestamp_s}.".encode() + body
        return " ".join(_sign(key, signed) for key in self._keys)


def _sign(key: bytes | Ed25519PrivateKey, signed: bytes) -> str:
    if isinstance(key, bytes):
        return f"v1,{_base64(hmac.digest(key, signed, 'sha256'))}"
    return f"v1a,{_base64(key.sign(signed))}"


def _read(key: str) -> bytes | Ed25519PrivateKey:
    if key.startswith(PUBLIC_PREFIX):
        raise SecretError(f"is a public key; signing needs the {PRIVATE_PREFIX}... it belongs to")
    prefix = next((known for known in (SECRET_PREFIX, PRIVATE_PREFIX) if key.startswith(known)), "")
    if not prefix:
        raise SecretError(f"expected {SECRET_PREFIX}... or {PRIVATE_PREFIX}...")
    try:
        content = base64.b64decode(key.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError(f"expected base64 behind {prefix}") from None
    if prefix == PRIVATE_PREFIX:
        # The public half may stand behind the seed.
        if len(content) not in (_SEED_BYTES, 2 * _SEED_BYTES):
            raise SecretError(f"expected 32 or 64 bytes behind {prefix}, got {len(content)}")
        return Ed25519PrivateKey.from_private_bytes(content[:_SEED_BYTES])
    if not MIN_SECRET_BYTES <= len(content) <= MAX_SECRET_BYTES:
        raise SecretError(
            f"expected {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes behind {prefix}, got "
            f"{len(content)}"
        )
    return content


def new_secret() -> str:
    """Return a new shared secret."""
    return SECRET_PREFIX + _base64(secrets.token_bytes(_NEW_SECRET_BYTES))


def new_keys() -> tuple[str, str]:
    """Return a new private key, and the public one for receivers."""
    key = Ed25519PrivateKey.generate()
    private = PRIVATE_PREFIX + _base64(key.private_bytes_raw())
    return private, PUBLIC_PREFIX + _base64(key.public_key().public_bytes_raw())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
