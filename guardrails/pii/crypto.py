"""Addresses of crypto wallets.

Catches: addresses whose checksum holds of Bitcoin, Litecoin, Dogecoin, Dash, Zcash and Tron
(Base58Check), of Bitcoin, Litecoin, Cardano and Cosmos in Bech32, of the XRP Ledger and of Stellar;
extended public keys; Ethereum's, whose capitals are a checksum (EIP-55), or in one case throughout.
Misses: addresses without a checksum (Solana), Monero, Bitcoin Cash in CashAddr, names such as
`.eth`. Cost: holds the current word.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from guardrails.base58 import RIPPLE, decode_check
from guardrails.bech32 import is_bech32
from guardrails.guardrail import Guardrail
from guardrails.keccak import keccak256
from guardrails.rule import Rule

_LEFT, _RIGHT = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
# No 0, O, I and l. Looked back at, so that to the automata it is any letter or digit: they tell no
# words apart by it.
_BASE58 = "(?:[0-9A-Za-z](?<=[1-9A-HJ-NP-Za-km-z]))"
# Version bytes of addresses: Bitcoin 0 and 5, Litecoin 48 and 50, Dogecoin 30 and 22, Dash 76 and
# 16, Tron 65 (each network's chain parameters); Zcash has two bytes.
_VERSIONS = (0, 5, 16, 22, 30, 48, 50, 65, 76)
_ZCASH = (b"\x1c\xb8", b"\x1c\xbd")
_HASH_BYTES = 20
_EXTENDED_KEY_BYTES = 78  # BIP 32
_STELLAR_ACCOUNT = 6 << 3  # SEP 23
_HEX_DIGIT_OF_CAPITAL = 8


def _is_base58(text: str) -> bool:
    payload = decode_check(text)
    if payload is None:
        return False
    if len(payload) == 1 + _HASH_BYTES:
        return payload[0] in _VERSIONS
    return len(payload) == 2 + _HASH_BYTES and payload[:2] in _ZCASH


def _is_extended_key(text: str) -> bool:
    payload = decode_check(text)
    return payload is not None and len(payload) == _EXTENDED_KEY_BYTES


def _is_ripple(text: str) -> bool:
    payload = decode_check(text, RIPPLE)
    return payload is not None and len(payload) == 1 + _HASH_BYTES and payload[0] == 0


def _is_stellar(text: str) -> bool:
    data = base64.b32decode(text)
    crc = binascii.crc_hqx(data[:-2], 0)
    return data[0] == _STELLAR_ACCOUNT and crc == int.from_bytes(data[-2:], "little")


def _is_ethereum(text: str) -> bool:
    digits = text[2:]
    if len(set(digits)) == 1:
        return False  # the zero address is nobody's
    if digits in (digits.lower(), digits.upper()):
        return True
    digest = keccak256(digits.lower().encode()).hex()
    return all(
        character.isdigit() or character.isupper() == (int(digit, 16) >= _HEX_DIGIT_OF_CAPITAL)
        for character, digit in zip(digits, digest, strict=False)
    )


def _rule(
    name: str, expression: str, check: Callable[[str], bool], confidence: float = 0.95
) -> Rule:
    return Rule(
        id=f"crypto-{name}",
        type="CRYPTO",
        expression=_LEFT + expression + _RIGHT,
        confidence=confidence,
        check=check,
    )


CRYPTO = Guardrail(
    id="crypto",
    family="pii",
    summary="Addresses of crypto wallets with a valid checksum",
    rules=(
        _rule("base58", rf"[139ADLMTXt]{_BASE58}{{24,34}}", _is_base58),
        _rule("extended-key", rf"[xyz]pub{_BASE58}{{107}}", _is_extended_key),
        _rule("bech32", r"(?i:bc1|tb1|ltc1|cosmos1)[A-Za-z0-9]{38,71}", is_bech32),
        # 53 or 98 characters: with or without a part for the stake (CIP 19).
        _rule("cardano", r"(?:addr1[a-z0-9]{53}|addr1[a-z0-9]{98}|stake1[a-z0-9]{53})", is_bech32),
        _rule("ripple", rf"r{_BASE58}{{24,34}}", _is_ripple),
        _rule("stellar", r"G[A-Z2-7]{55}", _is_stellar),
        _rule("ethereum", r"0x[0-9A-Fa-f]{40}", _is_ethereum, 0.9),
    ),
    catches=(
        "send it to «17LQj6xKe9pzouP97ARTAo99yTC5APEpbA», «3MwVycnPgiWunjvxXsnnoppaGxWnQdCBZU»",
        "钱包地址「«bc1q4ynkn75t77trspkep6hcquztv80akksakx2j2g»」",
        "as a code: «BC1Q4YNKN75T77TRSPKEP6HCQUZTV80AKKSAKX2J2G»!",
        "«0x460C734bc117Af26bBED92911AE39Fa1c8f18DAd», TRON «TGK89qL2EtCDSvCPm2q7REKmQcVUWH4Wzc».",
        "XRP: «rDs5FzTknUkqWwAKo3iKQZSDUeSVHRJMhP»!",
        "ADA: «stake1ql4fmryw39yp4myelr88w8gjuftt62ydzxcy3r8egqm95llgt25eg»",
        "(«GC5ZY6C254DEJ4FNYH42ODTUZNP3D7RP5JO3MRIOL4ZGGI2RAKBLE7DM»)",
        "«t1QSw6Ncp9TrEy7JREofgLDp1kfKvTPgFHU» «LZrYGBMqMhyvpDhRU8PfPHDiZZxn5sNrCb» and so on",
    ),
    ignores=(
        "17LQj6xKe9pzouP97ARTAo99yTC5APEpbB and bc1q4ynkn75t77trspkep6hcquztv80akksakx2j2q",
        "0x460C734bc117Af26bBED92911AE39Fa1c8f18Dad has a wrong capital",
        "0x0000000000000000000000000000000000000000",
        "bc1Q4ynkn75t77trspkep6hcquztv80akksakx2j2g is in two cases",
        "commit 460c734bc117af26bbed92911ae39fa1c8f18dad",
    ),
)
