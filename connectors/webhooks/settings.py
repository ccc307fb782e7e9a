"""How far webhooks may reach: read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import NamedTuple

from connectors.settings import SettingError, refuse_unknown
from connectors.webhooks.reach import HTTPS_PORT, Network, Reach

PREFIX = "TIDEGATE_WEBHOOKS_"
KNOWN = tuple(
    f"{PREFIX}{name}" for name in ("FILE", "RECOVERY_DIR", "LOOPBACK", "NETWORKS", "PORTS")
)


class WebhookSettings(NamedTuple):
    """file: subscriptions; None where nobody named any. reach: where they may be sent to."""

    file: Path | None = None
    reach: Reach = Reach()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> WebhookSettings:
        """Read the settings; absent and empty variables keep their defaults. Raises SettingError
        naming the variable.

        >>> sorted(WebhookSettings.from_env({"TIDEGATE_WEBHOOKS_PORTS": "8443"}).reach.ports)
        [443, 8443]
        """
        # Names of secrets are for those who subscribe to choose.
        refuse_unknown(PREFIX, KNOWN, (name for name in environ if "SECRET" not in name))
        file = environ.get(f"{PREFIX}FILE")
        ports = frozenset({HTTPS_PORT, *_ports(environ)})
        return cls(
            Path(file) if file else None, Reach(_loopback(environ), _networks(environ), ports)
        )


def _loopback(environ: Mapping[str, str]) -> bool:
    value = environ.get(f"{PREFIX}LOOPBACK") or "0"
    if value not in ("0", "1"):
        raise SettingError(f"{PREFIX}LOOPBACK: expected 0 or 1, got {value[:40]!r}; correct it")
    return value == "1"


def _networks(environ: Mapping[str, str]) -> tuple[Network, ...]:
    found = []
    for text in _list(environ, "NETWORKS"):
        try:
            found.append(ip_network(text))
        except ValueError:
            raise SettingError(
                f"{PREFIX}NETWORKS: expected networks such as 10.1.0.0/16,fd12::/48, got "
                f"{text[:60]!r}; correct it (no bits may be set behind the prefix)"
            ) from None
    return tuple(found)


def _ports(environ: Mapping[str, str]) -> list[int]:
    ports = _list(environ, "PORTS")
    for text in ports:
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) < 65_536):
            raise SettingError(
                f"{PREFIX}PORTS: expected ports such as 8443,9443, got {text[:40]!r}; correct it"
            )
    return [int(text) for text in ports]


def _list(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environ.get(PREFIX + name, "").split(",") if part.strip()]
