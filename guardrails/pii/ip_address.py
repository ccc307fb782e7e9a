"""IP addresses.

Catches: IPv4 addresses that cannot be taken for a version (some part has three digits), others near
words such as "server" or "ping"; IPv6 addresses in full, or compressed within the ranges IANA has
opened; both with a prefix length. With a low confidence, so only where a policy asks for it:
addresses of private networks, links and documentation, which lead to nobody from outside (0.4),
small IPv4 addresses on their own (0.3), and the loopback, unspecified, broadcast and netmask
addresses, which name nobody anywhere (0.2). Misses: octal and integer spellings, zone names. Cost:
holds the current number or hexadecimal word; an IPv4-shaped number holds the 24 characters behind
it.
"""

from __future__ import annotations

import ipaddress
from enum import Enum, auto

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
# IANA's special-purpose address registries (RFC 6890): what no router outside carries, and what
# reaches a group. Private networks (RFC 1918), carriers' own (RFC 6598), links (RFC 3927),
# protocols (RFC 6890), documentation (RFC 5737), measuring (RFC 2544), multicast and reserved
# (RFC 1112).
_PRIVATE_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"),
        "224.0.0.0/3",
    )
)
# Sites' own (RFC 4193), links (RFC 4291), documentation (RFC 3849, RFC 9637).
_PRIVATE_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("fc00::/7", "fe80::/10", "2001:db8::/32", "3fff::/20")
)


class _Kind(Enum):
    """What an address says of whoever has it."""

    PUBLIC = auto()
    PRIVATE = auto()
    MAYBE_A_VERSION = auto()
    NOBODY = auto()


def _kind(text: str) -> _Kind:
    address = text.partition("/")[0]
    parts = address.split(".")
    if parts[0] in ("0", "127", "255") or "255.255" in address:
        return _Kind.NOBODY
    if _is_private_v4(ipaddress.IPv4Address(address)):
        return _Kind.PRIVATE
    if any(len(part) == 3 for part in parts):
        return _Kind.PUBLIC
    return _Kind.MAYBE_A_VERSION


def _is_private_v4(address: ipaddress.IPv4Address) -> bool:
    return any(address in network for network in _PRIVATE_V4)


def _is_public_v4(text: str) -> bool:
    return _kind(text) is _Kind.PUBLIC


def _is_private(text: str) -> bool:
    return _kind(text) is _Kind.PRIVATE


def _may_be_a_version(text: str) -> bool:
    return _kind(text) is _Kind.MAYBE_A_VERSION


def _names_nobody(text: str) -> bool:
    return _kind(text) is _Kind.NOBODY


def _is_public_v6(text: str) -> bool:
    return _is_v6(text) and not _leads_nowhere(text)


def _is_private_v6(text: str) -> bool:
    return _is_v6(text) and _leads_nowhere(text)


def _leads_nowhere(text: str) -> bool:
    address = ipaddress.IPv6Address(text.partition("/")[0])
    if address.ipv4_mapped:
        return _is_private_v4(address.ipv4_mapped)
    return any(address in network for network in _PRIVATE_V6)


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


# Below what policies want unless they say otherwise, above what may be a version.
PRIVATE_CONFIDENCE = 0.4
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
            check=_is_public_v4,
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
            id="ipv4-private",
            type="IP_ADDRESS",
            expression=f"{_V4_LEFT}{_V4}{_PREFIX}{_V4_RIGHT}",
            confidence=PRIVATE_CONFIDENCE,
            check=_is_private,
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
            check=_is_public_v6,
        ),
        Rule(
            id="ipv6-private",
            type="IP_ADDRESS",
            expression=f"{_V6_LEFT}{_V6}{_PREFIX}{_V6_RIGHT}",
            confidence=PRIVATE_CONFIDENCE,
            check=_is_private_v6,
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
        "the dns server «8.8.4.4» answered, «198.41.0.4» did not",
        "«2001:500:2::c» and «2001:db8::8a2e:370:7334»: refused",
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
