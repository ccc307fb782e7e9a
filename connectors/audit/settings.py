"""Where audit records go beside Kafka: read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, cast
from urllib.parse import urlsplit

from connectors.settings import SettingError, read_key, refuse_unknown

PREFIX = "TIDEGATE_AUDIT_"
_CHAIN_KEY = f"{PREFIX}CHAIN_KEY"
_TOKEN = f"{PREFIX}WEBHOOK_TOKEN"
KNOWN = {
    *(_CHAIN_KEY, f"{_CHAIN_KEY}_FILE", _TOKEN, f"{_TOKEN}_FILE"),
    *(f"{PREFIX}CHAIN_DIR", f"{PREFIX}CHAIN_FILE_MIB"),
    *(f"{PREFIX}WEBHOOK_URL", f"{PREFIX}WEBHOOK_ON_REFUSED"),
    *(f"{PREFIX}WAIT_S", f"{PREFIX}CORRECT_S", f"{PREFIX}RECOVERY_DIR"),
}


class AuditSettings(NamedTuple):
    """What the audit flow does with its records.

    chain_dir: hash chains are written below it; None for none. chain_key: secret that the hashes
    are keyed with. chain_file_mib: MiB after which a chain goes on in another file. webhook_url:
    where records are posted; None for nowhere. webhook_token: sent along, as a bearer's.
    on_refused: what becomes of a record the webhook refuses. wait_s: seconds that a minute waits
    for its streams. correct_s: seconds in which late ones still correct it.
    """

    chain_dir: Path | None = None
    chain_key: bytes | None = None
    chain_file_mib: float = 64
    webhook_url: str | None = None
    webhook_token: str | None = None
    on_refused: Literal["hold", "skip"] = "hold"
    wait_s: float = 10.0
    correct_s: float = 3600.0

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> AuditSettings:
        """Read the settings; absent and empty variables keep their defaults. Raises SettingError
        naming the variable.

        >>> AuditSettings.from_env({"TIDEGATE_AUDIT_WAIT_S": "30"}).wait_s
        30.0
        """
        refuse_unknown(PREFIX, KNOWN, environ)
        directory = environ.get(f"{PREFIX}CHAIN_DIR")
        return cls(
            Path(directory) if directory else None,
            read_key(_CHAIN_KEY, environ),
            _number(environ, "CHAIN_FILE_MIB", cls().chain_file_mib, 0.001, 1024),
            _url(environ),
            _token(environ),
            _on_refused(environ),
            # More than an hour would delay every rollup by as much.
            _number(environ, "WAIT_S", cls().wait_s, 0, 3600),
            # A minute at least: a stream's record needs a moment to be written. More than a week
            # would keep ten thousand minutes of each tenant in memory.
            _number(environ, "CORRECT_S", cls().correct_s, 60, 604_800),
        )


def _number(
    environ: Mapping[str, str], name: str, default: float, least: float, most: float
) -> float:
    value = environ.get(PREFIX + name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise SettingError(
            f"{PREFIX}{name}: expected a number from {least:g} to {most:g}, got {value[:40]!r}; "
            "correct the variable or unset it"
        )
    return number


def _url(environ: Mapping[str, str]) -> str | None:
    name = f"{PREFIX}WEBHOOK_URL"
    value = environ.get(name)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise SettingError(f"{name}: expected http://host/path or https://host/path; correct it")
    if parts.username is not None or parts.password is not None:
        raise SettingError(f"{name}: holds a name or a password; use {_TOKEN} instead")
    return value


def _token(environ: Mapping[str, str]) -> str | None:
    token = (read_key(_TOKEN, environ, min_bytes=1) or b"").decode()
    if not (token.isascii() and token.isprintable()):
        raise SettingError(f"{_TOKEN}: expected printable ASCII, as headers carry it; correct it")
    return token or None


def _on_refused(environ: Mapping[str, str]) -> Literal["hold", "skip"]:
    name = f"{PREFIX}WEBHOOK_ON_REFUSED"
    value = environ.get(name) or "hold"
    if value not in ("hold", "skip"):
        raise SettingError(f"{name}: expected hold or skip, got {value[:40]!r}; correct it")
    return cast("Literal['hold', 'skip']", value)
