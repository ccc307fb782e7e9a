"""Made-up values for the samples of guardrails: random as real ones are, and nobody's."""

from __future__ import annotations

import string
from hashlib import shake_256

HEX = "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
MIXED = string.ascii_letters + string.digits


def drawn(alphabet: str, count: int) -> str:
    """Draw so many characters, the same ones in every process. They begin and end as words do.

    >>> drawn("0", 3)
    '000'
    """
    # By the count too, so that no value is the beginning of another.
    bytes_drawn = shake_256(f"{alphabet} {count}".encode()).digest(count)
    return "".join(alphabet[byte % len(alphabet)] for byte in bytes_drawn)


def uuid() -> str:
    """Write a UUID (RFC 9562).

    >>> [len(part) for part in uuid().split("-")]
    [8, 4, 4, 4, 12]
    """
    return "-".join(drawn(HEX, count) for count in (8, 4, 4, 4, 12))


def issued(start: str, alphabet: str, count: int, end: str = "") -> str:
    """Write a text with a token in it, marked as the finding.

    >>> issued("npm_", "0", 3)
    'key «npm_000», and'
    """
    return f"key «{start}{drawn(alphabet, count)}{end}», and"


def named(name: str, alphabet: str, count: int, start: str = "", end: str = "") -> str:
    """Write an assignment of a value to a name, marked as the finding.

    >>> named("algolia_key", "0", 3)
    'my.«algolia_key = "000»";'
    """
    return f'my.«{name} = "{start}{drawn(alphabet, count)}{end}»";'
