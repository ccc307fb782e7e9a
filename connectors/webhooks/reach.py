"""Which addresses a webhook may be sent to: those of the public internet, and nothing inside.

A URL comes from people who may want to see what our network answers. So the URL is looked at when
it is read, and the address when it is connected to (`connection.py`): names change their answers.
"""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

HTTPS_PORT = 443
# RFC 9110 asks for support of 8,000 octets; nobody's endpoint needs a quarter of it.
MAX_URL_CHARS = 2_048

# Where clouds answer questions about the machine, credentials included. Named, because the last
# ones stand in public space; refused even where a setting allows the network around them.
_METADATA = {
    *(IPv4Address("169.254.169.254"), IPv4Address("169.254.170.2")),
    *(IPv4Address("100.100.100.200"), IPv4Address("192.0.0.192")),
    *(IPv4Address("169.254.0.23"), IPv4Address("169.254.170.23")),
    *(IPv4Address("168.63.129.16"), IPv6Address("fd00:ec2::254")),
    *(IPv6Address("fd00:ec2::23"), IPv6Address("fd20:ce::254")),
}
# IANA's registry of special IPv4 addresses, RFC 6890 and its updates.
_SPECIAL_V4 = {
    "0.0.0.0/8": "an address of this network",
    "10.0.0.0/8": "a private address",
    "100.64.0.0/10": "an address behind a carrier's NAT",
    "127.0.0.0/8": "a loopback address",
    "169.254.0.0/16": "a link-local address",
    "172.16.0.0/12": "a private address",
    "192.0.0.0/24": "a reserved address",
    "192.0.2.0/24": "an address of documentation",
    "192.88.99.0/24": "a reserved address",
    "192.168.0.0/16": "a private address",
    "198.18.0.0/15": "an address of benchmarks",
    "198.51.100.0/24": "an address of documentation",
    "203.0.113.0/24": "an address of documentation",
    "224.0.0.0/4": "a multicast address",
    "240.0.0.0/4": "a reserved address",
}
# The same for IPv6: whatever is not global unicast (2000::/3) is refused anyway; names for the
# common ones, and what is special within it. What carries an IPv4 address is refused whole.
_SPECIAL_V6 = {
    "::1/128": "a loopback address",
    "::ffff:0:0/96": "an IPv4 address in IPv6 clothes",
    "64:ff9b::/96": "an IPv4 address behind NAT64",
    "64:ff9b:1::/48": "an IPv4 address behind NAT64",
    "fc00::/7": "a private address",
    "fe80::/10": "a link-local address",
    "ff00::/8": "a multicast address",
    "2001::/23": "a reserved address",
    "2001:db8::/32": "an address of documentation",
    "2002::/16": "an IPv4 address in IPv6 clothes",
    "3fff::/20": "an address of documentation",
}
_SPECIAL: list[tuple[Network, str]] = [
    (ip_network(network), words) for network, words in (_SPECIAL_V4 | _SPECIAL_V6).items()
]
_NEEDS_TLS = "expected https://; http is for loopback alone, with TIDEGATE_WEBHOOKS_LOOPBACK=1"
_GLOBAL_UNICAST = IPv6Network("2000::/3")

_UNFIT = re.compile(r"""[^!-~]|[\\<>"'{}|^`]""")
_NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z][a-z0-9-]{0,62}\.?")


class Reach(NamedTuple):
    """How far webhooks may reach. loopback: to this machine as well, at any port and without TLS;
    for tests and demonstrations. networks: inner ones that are allowed, over HTTPS. ports: besides
    443.
    """

    loopback: bool = False
    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({HTTPS_PORT})

    def why_refused(self, address: Address, port: int, *, tls: bool = True) -> str | None:
        """Return why an address may not be connected to, in words; None if it may.

        >>> Reach().why_refused(ip_address("10.0.0.1"), 443)
        'a private address'
        >>> Reach().why_refused(ip_address("1.1.1.1"), 443)
        """
        if address in _METADATA:
            return "an address of a metadata service"
        if self.loopback and address.is_loopback:
            return None
        if not tls:
            return "an address that needs https"
        if port not in self.ports:
            return "a port that is not allowed"
        if any(address in network for network in self.networks):
            return None
        return _what_is_special(address)

    def check_url(self, url: str) -> str | None:
        """Return what is wrong with a URL and what to do, in words; None if nothing is.

        >>> Reach().check_url("http://hooks.example.com/in")
        'expected https://; http is for loopback alone, with TIDEGATE_WEBHOOKS_LOOPBACK=1'
        """
        if len(url) > MAX_URL_CHARS or _UNFIT.search(url):
            return (
                f"expected at most {MAX_URL_CHARS:,} printable ASCII characters, without spaces, "
                "quotes, backslashes and brackets; write others as %XX, names as xn--..."
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return "this is no URL; expected https://host/path"
        if parts.scheme not in ("https", "http") or not parts.hostname:
            return "this is no URL of a receiver; expected https://host/path"
        if "@" in parts.netloc:
            return "holds a name or a password; use 'headers_env' for credentials"
        if parts.fragment or url.endswith("#"):
            return "has a fragment ('#...'), which is never sent; remove it"
        if port == 0:
            return "port 0 cannot be connected to; remove it"
        return self._check_host(parts, parts.hostname, port)

    def _check_host(self, parts: SplitResult, host: str, port: int | None) -> str | None:
        tls = parts.scheme == "https"
        address = _read_address(host)
        if address is None and not _NAME.fullmatch(host):
            return "the host is neither a name nor an IP address as they are usually written"
        local = host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
        near = local if address is None else address.is_loopback
        if not tls and not (near and self.loopback):
            return _NEEDS_TLS
        if near and self.loopback:
            return None
        if local:
            return "the host is this machine; set TIDEGATE_WEBHOOKS_LOOPBACK=1 to allow that"
        if (port or HTTPS_PORT) not in self.ports:
            return f"port {port} is not allowed; use 443, or add it to TIDEGATE_WEBHOOKS_PORTS"
        why = None if address is None else self.why_refused(address, port or HTTPS_PORT)
        return why and f"the host is {why}; expected one of the public internet"


def _read_address(host: str) -> Address | None:
    try:
        # A zone (`%eth0`) names an interface of this machine.
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def _what_is_special(address: Address) -> str | None:
    for network, words in _SPECIAL:
        if address in network:
            return words
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "a reserved address"
    return None
