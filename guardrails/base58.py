"""Base58: numbers in the 58 letters and digits that nobody takes for one another.

Source: draft-msporny-base58-03; Base58Check appends the first four bytes of a double SHA-256.
"""

from __future__ import annotations

import hashlib

BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# The XRP Ledger's order, so that its addresses begin with an r.
RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_CHECK_BYTES = 4


def decode_check(text: str, alphabet: str = BITCOIN) -> bytes | None:
    """Return the version and payload of a text in Base58Check; None where its checksum is wrong.

    >>> decode_check("1BoatSLRHtKNngkdXEeobR76b53LETtpyT") is not None
    True
    >>> decode_check("1BoatSLRHtKNngkdXEeobR76b53LETtpyU") is None
    True
    """
    number = 0
    for character in text:
        number = number * 58 + alphabet.index(character)
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    data = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    twice = hashlib.sha256(hashlib.sha256(payload).digest()).digest()
    return payload if payload and twice[:_CHECK_BYTES] == check else None
