"""Which web pages may use the gateway: the `Origin` that browsers send (RFC 6454)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
# Ten minutes without asking again; Chromium caps it at two hours.
_PREFLIGHT_S = 600
_SENT = ("Authorization", "X-Api-Key", "Content-Type", "Content-Encoding", "Last-Event-ID")
_SHOWN = ("RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "ETag")


class Origins:
    """The pages that may. A caller that is no browser sends no origin and is judged by its
    credential alone.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        """allowed: origins as browsers write them, see `parse_origin`."""
        self._allowed = frozenset(allowed)

    @classmethod
    def of_listener(cls, allowed: Iterable[str], port: int, *, on_loopback: bool) -> Origins:
        """Return the allowed ones and, on loopback, our own page under the names of this machine.

        Elsewhere we cannot know under which name we are reached, and what the request says
        (`Host`) is the sender's choice: our own page is then one of those to allow.
        """
        own = [f"http://{name}:{port}" for name in _LOOPBACK_NAMES] if on_loopback else []
        return cls([*allowed, *(parse_origin(one) for one in own)])

    @property
    def allowed(self) -> tuple[str, ...]:
        """All of them, sorted."""
        return tuple(sorted(self._allowed))

    def allows(self, origin: str | None) -> bool:
        """Whether a request with this origin may be answered; None if it has none.

        Character by character: `null`, other ports, other schemes and names below are refused.
        """
        return origin is None or origin in self._allowed

    def cors(self) -> dict[str, Any]:
        """Return the arguments of Starlette's `CORSMiddleware`.

        Credentials of browsers (cookies) are never asked for: ours are headers that a page adds
        itself, so that no other page can make a browser send them.
        """
        return {
            "allow_origins": list(self.allowed),
            "allow_credentials": False,
            "allow_methods": ["GET", "POST", "DELETE"],
            "allow_headers": list(_SENT),
            "expose_headers": list(_SHOWN),
            "max_age": _PREFLIGHT_S,
        }


def is_loopback(host: str) -> bool:
    """Whether an address or name can be reached from this machine alone.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.1")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parse_origin(text: str) -> str:
    """Return an origin as browsers send it. Raises ValueError for what no browser would.

    >>> parse_origin("https://App.example:443")
    'https://app.example'
    """
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("ascii").decode()
    except ValueError:
        raise _no_origin(text) from None
    rest = (parts.path, parts.query, parts.fragment)
    odd = "@" in parts.netloc or "*" in host or any(rest)
    if parts.scheme not in _DEFAULT_PORTS or not host or odd or port == 0:
        raise _no_origin(text)
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{suffix}"


def _no_origin(text: str) -> ValueError:
    return ValueError(
        f"expected an origin such as https://app.example or http://localhost:3000, without a path "
        f"or *, names in their ASCII form (xn--...), got {text[:80]!r}"
    )
