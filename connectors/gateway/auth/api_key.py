"""What an API key looks like: `tg_<id>_<secret>`."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

PREFIX = "tg_"
# 256 bits: nobody can search them, so that a plain hash protects a stolen file; a slow one would
# cost us every request and gain nothing.
SECRET_BYTES = 32
# 56 bits: two ids of one file are never the same.
_ID_BYTES = 7
# Hexadecimal: an id holds no underscore, a secret (base64url) may.
_SHAPE = re.compile(r"tg_([0-9a-z]{1,32})_([A-Za-z0-9_-]{43})", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
# What the secret is compared with when nobody has the id: the work is the same.
_NOBODY = "sha256:" + "0" * 64


class ApiKey(NamedTuple):
    """A key taken apart. Its text is shown once, when it is made, and never logged."""

    id: str
    secret: str

    @classmethod
    def new(cls, token_bytes: Callable[[int], bytes] = secrets.token_bytes) -> ApiKey:
        """Make a key. token_bytes: where randomness comes from."""
        secret = urlsafe_b64encode(token_bytes(SECRET_BYTES)).decode().rstrip("=")
        # A letter in front: YAML takes some hexadecimal for numbers (12, 1e5).
        return cls(f"k{token_bytes(_ID_BYTES).hex()}", secret)

    @classmethod
    def parse(cls, text: str) -> ApiKey | None:
        """Return the key of a text; None if it is none.

        >>> ApiKey.parse("tg_0a1b_" + "s" * 43).id
        '0a1b'
        """
        found = _SHAPE.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def text(self) -> str:
        """The key as it is sent."""
        return f"{PREFIX}{self.id}_{self.secret}"

    @property
    def digest(self) -> str:
        """What a file keeps of the secret."""
        return f"sha256:{sha256(self.secret.encode()).hexdigest()}"

    def matches(self, digest: str | None) -> bool:
        """Whether the secret has this digest, in the same time for every answer.

        digest: None when the id is nobody's.
        """
        same = hmac.compare_digest(self.digest, digest or _NOBODY)
        return same and digest is not None
