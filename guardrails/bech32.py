"""Bech32 and Bech32m: a readable prefix, and data whose checksum finds any four wrong characters.

Source: BIP 173 and BIP 350.
"""

from __future__ import annotations

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# What the checksum leaves: Bech32, Bech32m.
_CONSTANTS = (1, 0x2BC830A3)


def is_bech32(text: str) -> bool:
    """Tell whether a text, in one case throughout, ends in its checksum.

    >>> is_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    True
    >>> is_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    False
    """
    if text not in (text.lower(), text.upper()):
        return False
    prefix, _, data = text.lower().rpartition("1")
    if not prefix or not set(data) <= set(_ALPHABET):
        return False
    values = [ord(character) >> 5 for character in prefix]
    values += [0, *(ord(character) & 31 for character in prefix)]
    values += [_ALPHABET.index(character) for character in data]
    return _remainder(values) in _CONSTANTS


def _remainder(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                remainder ^= generator
    return remainder
