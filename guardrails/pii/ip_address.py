"""IP addresses.

Catches: IPv4 addresses that cannot be taken for a version (some part has three digits, or the first
is 10), others near words such as "server" or "ping"; IPv6 addresses in full, or compressed within
the ranges IANA has opened; both with a prefix length. With a low confidence, so only where a policy
asks for it: small IPv4 addresses on their own, and the loopback, unspecified, broadcast and netmask
addresses, which name nobody. Misses: octal and integer spellings, zone names. Cost: holds the
current number or hexadecimal word; an IPv4-shaped number holds the 24 characters behind it.
"""

from __future__ import annotations

import ipaddress

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_V4_LEFT = r"(?<![0-9A-Za-z_.])(?<!ersion )(?<!:[0-9A-Fa-f]{4}:)(?<!::)"
_PREFIX = r"(?:/[0-9]{1,3}(?![0-9]))?"
_V4_RIGHT = r"(?![0-9A-Za-z_]|\.[0-9]|/[0-9])"
# RFC 4291 2.2: the text forms of IPv6, the ones with an IPv4 tail first.
_H = r"[0-9A-Fa-f]{1,4}"
_V6 = (
    rf"(?:(?:{_H}:){{6}}{_V4}|(?:{_H}(?::{_H}){{0,4}})?::(?:{_H}:){{0,4}}{_V4}"
    rf"|(?:{_H}:){{7}}{_H}|{_H}(?::{_H}){{0,6}}::(?:{_H}(?::{_H}){{0,5}})?|::{_H}(?::{_H}){{0,6}})"
)
# IANA's IPv6 address space: 2000::/3, fc00::/7, fe80::/10, 64:ff9b::/96 and what maps IPv4.
_V6_RANGES = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2000::/3", "fc00::/7", "fe80::/10", "64:ff9b::/96", "::ffff:0:0/96", "::/96")
)


def _names_somebody(text: str) -> bool:
    first = text.partition(".")[0]
    return first not in ("0", "127", "255") and "255.255" not in text


def _names_nobody(text: str) -> bool:
    return not _names_somebody(text)


def _may_be_a_version(text: str) -> bool:
    return _names_somebody(text) and not _is_no_version(text)


def _is_no_version(text: str) -> bool:
    if not _names_somebody(text):
        return False
    parts = text.partition("/")[0].split(".")
    return parts[0] == "10" or any(len(part) == 3 for part in parts)


def _is_v6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Address(text.partition("/")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified or (mapped and mapped.is_loopback):
        return False
    return "." in text or _is_allocated(address, text)


def _is_allocated(address: ipaddress.IPv6Address, text: str) -> bool:
    groups = text.split(":")
    if "" not in groups:
        # Eight groups of one or two digits are bytes: a hardware address, a dump.
        return any(len(group) > 2 for group in groups)
    if groups[0] and (len(groups[0]) < 4 or not any("0" <= c <= "9" for c in text)):
        return text.startswith("64:")  # `a1::b2` and `dead::beef` are names in a program
    return any(address in network for network in _V6_RANGES)


def _is_unlikely_v6(text: str) -> bool:
    """Tell the addresses that are valid, and left out of those that count."""
    try:
        ipaddress.IPv6Address(text.partition("/")[0])
    except ValueError:
        return False
    return not _is_v6(text)


_V6_LEFT, _V6_RIGHT = "(?<![0-9A-Za-z:.])", r"(?![0-9A-Za-z]|:[0-9A-Za-z:]|\.[0-9])"

IP_ADDRESS = Guardrail(
    id="ip-address",
    family="pii",
    summary="IPv4 and IPv6 addresses",
    rules=(
        Rule(
            id="ipv4",
            type="IP_ADDRESS",
            expression=f"{_V4_LEFT}{_V4}{_PREFIX}{_V4_RIGHT}",
            confidence=0.8,
            check=_is_no_version,
        ),
        Rule(
            id="ipv4-small",
            type="IP_ADDRESS",
            expression=f"{_V4_LEFT}{_V4}{_PREFIX}{_V4_RIGHT}",
            confidence=0.6,
            check=_may_be_a_version,
            context=("address", "host", "server", "gateway", "subnet"),
            words=("ip", "ips", "dns", "ping"),
            context_chars=24,
            bare=0.3,
        ),
        Rule(
            id="ipv4-nobody",
            type="IP_ADDRESS",
            expression=f"{_V4_LEFT}{_V4}{_PREFIX}{_V4_RIGHT}",
            confidence=0.2,
            check=_names_nobody,
        ),
        Rule(
            id="ipv6",
            type="IP_ADDRESS",
            expression=f"{_V6_LEFT}{_V6}{_PREFIX}{_V6_RIGHT}",
            confidence=0.8,
            check=_is_v6,
        ),
        Rule(
            id="ipv6-unlikely",
            type="IP_ADDRESS",
            expression=f"{_V6_LEFT}(?:{_V6}|::){_PREFIX}{_V6_RIGHT}",
            confidence=0.2,
            check=_is_unlikely_v6,
        ),
    ),
    catches=(
        "from «192.168.1.17», port 80",
        "登录地址«10.0.0.7»，",
        "[«172.16.4.200»:8080] and «10.1.0.0/16».",
        "the dns server «8.8.4.4» answered",
        "«2001:db8::8a2e:370:7334»: refused",
        "（«fe80::1»）«2001:0db8:85a3:0000:0000:8a2e:0370:7334»",
        "«::ffff:192.168.1.17» 和«１９２.１６８.１.１７»",
        "nobody's: «127.0.0.1», «::1» and «255.255.255.0»",
    ),
    ignores=(
        "std::vec, my::b and ratio 1:2:3",
        "version 10.0.19041.388 and v10.4.200.1",
        "release 1.2.3.4, section 3.1.2.1",
        "shopping 1.2.3.4 in full",
        "192.168.1.256 and 1.192.168.1.17",
        "MyClass::toString and gggg::1",
        "at 12:30:45, 01:02:03:04:05:06, 1:2:3:4",
    ),
)
