"""Connections to receivers: to the address that was looked at, and to no other.

aiohttp asks `Lookup` for addresses once a connection; each is looked at there, and once more when
its socket is made, which is the last moment: what a name resolves to later changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.webhooks.reach import Reach

# Addresses of a name, as they stand in the system's or a test's answer.
Resolve = Callable[[str], list[str]]

# A name server that hangs takes the threads of its own receiver, and nobody else's.
_RESOLVING_THREADS = 2


class RefusedAddress(OSError):
    """A receiver stands where webhooks may not go. Next: correct its URL, or what its name says."""


def resolve_by_system(host: str) -> list[str]:
    """Return the addresses of a name. Raises OSError if it has none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Lookup(AbstractResolver):
    """Resolves names, and refuses one that has any address webhooks may not go to."""

    def __init__(self, reach: Reach, *, tls: bool, resolve: Resolve) -> None:
        """tls: whether what is asked for is https. resolve: blocks; called on a thread."""
        self._reach = reach
        self._tls = tls
        self._resolve = resolve
        self._threads = ThreadPoolExecutor(_RESOLVING_THREADS, "webhook-names")

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's signature
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises RefusedAddress, and OSError if there are none."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._resolve, host)
        if not found:
            raise OSError("the name has no address")
        for address in found:
            _require(self._reach, address, port, tls=self._tls)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Let go of the threads; one that waits for a name server ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _require(reach: Reach, address: str, port: int, *, tls: bool) -> None:
    why = reach.why_refused(ip_address(address.partition("%")[0]), port, tls=tls)
    if why is not None:
        raise RefusedAddress(f"the receiver stands at {why}")


def open_session(
    reach: Reach,
    trusted: ssl.SSLContext,
    *,
    tls: bool,
    connections: int,
    timeout_s: float,
    resolve: Resolve = resolve_by_system,
) -> tuple[aiohttp.ClientSession, Lookup]:
    """Return a session for one receiver, and its lookup, which is closed after it.

    trusted: authorities. connections: at once. No proxy of the environment is used, no `.netrc`
    read, no cookie kept, nothing unpacked.
    """

    def make_socket(info: Any) -> socket.socket:
        family, kind, proto, _, where = info
        _require(reach, str(where[0]), int(where[1]), tls=tls)
        return socket.socket(family, kind, proto)

    lookup = Lookup(reach, tls=tls, resolve=resolve)
    connector = aiohttp.TCPConnector(
        resolver=lookup,
        use_dns_cache=False,
        socket_factory=make_socket,
        ssl=trusted,
        limit=connections,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )
    return session, lookup
