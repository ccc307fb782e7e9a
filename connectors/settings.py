"""Where the guard finds what it needs beside Kafka: read once from the environment."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from guardrails.errors import TidegateError

# A keyed digest needs a key that cannot be guessed: 16 bytes, as NIST SP 800-107 asks of HMAC.
MIN_KEY_BYTES = 16


class SettingError(TidegateError):
    """An environment variable is wrong. Next: correct the variable the message names."""


class GuardSettings(NamedTuple):
    """policies: from TIDEGATE_POLICY, comma-separated, each the name of a shipped one or the path
    of a file; the first judges streams that name none. fingerprint_key: secret of the digests in
    audit records, from TIDEGATE_FINGERPRINT_KEY or the file that TIDEGATE_FINGERPRINT_KEY_FILE
    names; None leaves the digests out.
    """

    policies: tuple[str, ...] = ("default",)
    fingerprint_key: bytes | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> GuardSettings:
        """Read the settings. Raises SettingError naming the variable.

        >>> GuardSettings.from_env({"TIDEGATE_POLICY": "strict.yaml,default"}).policies
        ('strict.yaml', 'default')
        """
        policies = split_policies(environ.get("TIDEGATE_POLICY", ""))
        return cls(policies, read_key("TIDEGATE_FINGERPRINT_KEY", environ))


def split_policies(names: str) -> tuple[str, ...]:
    """Return the policies of a comma-separated list; the shipped one if it is empty."""
    return tuple(name.strip() for name in names.split(",") if name.strip()) or ("default",)


def read_key(name: str, environ: Mapping[str, str], min_bytes: int = MIN_KEY_BYTES) -> bytes | None:
    """Return the secret of a variable, or of the file that `<name>_FILE` names; None without both.

    min_bytes: of secrets that we choose; those of others are as long as they are. Raises
    SettingError if it is shorter, or the file cannot be read.
    """
    value, path = environ.get(name), environ.get(f"{name}_FILE")
    if value and path:
        raise SettingError(f"{name} and {name}_FILE are both set; unset one of them")
    if path:
        try:
            value = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(
                f"{name}_FILE: expected a readable text file, got {path!r} "
                f"({type(error).__name__}); mount the secret or correct the path"
            ) from None
    if not value:
        return None
    if len(value.encode()) < min_bytes:
        raise SettingError(
            f"{name}: expected at least {min_bytes} bytes, got {len(value.encode())}; "
            "make one with: openssl rand -hex 32"
        )
    return value.encode()


def refuse_unknown(
    prefix: str,
    known: Collection[str],
    names: Iterable[str],
    error: type[TidegateError] = SettingError,
) -> None:
    """Refuse a variable with our prefix that nothing reads: a mistyped one would leave what it was
    meant for as it is, and a door open, in silence.

    names: of the environment. Raises `error` naming the variable and the nearest one there is.

    >>> refuse_unknown("TIDEGATE_", ["TIDEGATE_FILE"], ["TIDEGATE_FIEL"])
    Traceback (most recent call last):
    connectors.settings.SettingError: TIDEGATE_FIEL: there is no such setting; did you mean ...
    """
    for name in names:
        if name.startswith(prefix) and name not in known:
            # What they share would make all of them alike.
            ends = {one.removeprefix(prefix): one for one in sorted(known)}
            close = difflib.get_close_matches(name.removeprefix(prefix), ends, 1)
            hint = (
                f"did you mean {ends[close[0]]}?" if close else f"known: {', '.join(ends.values())}"
            )
            raise error(f"{name}: there is no such setting; {hint}")
