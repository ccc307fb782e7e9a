"""Hardware addresses of network interfaces.

Catches: EUI-48 with colons or dashes between pairs, or with dots between groups of four; those of
decimal digits only, which may be times or counted pairs, near words such as "mac". Misses: twelve
digits without separators, EUI-64, and on purpose the broadcast address and the one of zeros. Cost:
holds the current hexadecimal word; six pairs of decimal digits hold the 24 characters behind them.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# IEEE 802, 8: six octets in hexadecimal, with dashes; colons (RFC 7042) and Cisco's dots are as
# common.
_PAIR, _FOUR = "[0-9A-Fa-f]{2}", "[0-9A-Fa-f]{4}"
_SHAPE = rf"(?:{_PAIR}(?::{_PAIR}){{5}}|{_PAIR}(?:-{_PAIR}){{5}}|{_FOUR}\.{_FOUR}\.{_FOUR})"
_EXPRESSION = rf"(?<![0-9A-Za-z_])(?<![0-9A-Fa-f][:.-]){_SHAPE}(?![0-9A-Za-z_]|[:.-][0-9A-Fa-f])"


def _has_letters(text: str) -> bool:
    digits = [character for character in text.lower() if character.isalnum()]
    return len(set(digits)) > 1 and not "".join(digits).isdigit()


def _is_decimal(text: str) -> bool:
    digits = [character for character in text if character.isalnum()]
    return len(set(digits)) > 1 and "".join(digits).isdigit()


MAC_ADDRESS = Guardrail(
    id="mac-address",
    family="pii",
    summary="Hardware addresses of network interfaces",
    rules=(
        Rule(
            id="mac-address",
            type="MAC_ADDRESS",
            expression=_EXPRESSION,
            confidence=0.8,
            check=_has_letters,
        ),
        Rule(
            id="mac-address-decimal",
            type="MAC_ADDRESS",
            expression=_EXPRESSION,
            confidence=0.7,
            check=_is_decimal,
            context=("hardware", "ethernet", "hwaddr", "bssid"),
            words=("mac", "macs", "wlan"),
            context_chars=24,
            bare=0.2,
        ),
    ),
    catches=(
        "ether «3c:5a:b4:0e:19:f2», up",
        "物理地址：«3C-5A-B4-0E-19-F2»。",
        "the switch says «3c5a.b40e.19f2».",
        "its mac address is «10:20:30:40:50:60»",
    ),
    ignores=(
        "00:00:00:00:00:00 and ff:ff:ff:ff:ff:ff",
        "at 10:20:30:40:50:60",
        "a stomach 10:20:30:40:50:60",
        "fingerprint 3c:5a:b4:0e:19:f2:77:01",
        "3c:5a:b4:0e:19:fz, 3c:5a-b4:0e:19:f2",
    ),
)
