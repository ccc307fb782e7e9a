"""The secret all replicas share, and the keys that are derived from it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.settings import SettingError

SECRET = "TIDEGATE_GATEWAY_SECRET"  # noqa: S105 - the name of a variable
# 256 bits, the strength of the keys derived from it.
KEY_BYTES = 32
# Two are enough to rotate; more than a few are a mistake.
MAX_SECRETS = 4
# 4 secrets of 1,000 characters; a file that is larger is another file.
_MAX_FILE_BYTES = 4096
_FILE_NAME = "gateway-secret"


class Keychain:
    """Keys by purpose. The first secret makes what is new, the others are still believed.

    A stream id lives as long as its stream, so a secret is rotated by putting a new one in front
    and taking the old one away a day later.
    """

    def __init__(self, roots: Sequence[bytes]) -> None:
        """roots: secrets, newest first, of 16 bytes or more each."""
        self._roots = tuple(roots)

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return a key of 32 bytes for each secret, newest first.

        purpose: what they are for; keys of different purposes tell nothing of each other.
        HKDF with SHA-256 (RFC 5869).
        """
        return tuple(
            HKDF(SHA256(), KEY_BYTES, None, f"tidegate gateway {purpose}".encode()).derive(root)
            for root in self._roots
        )


def read_secrets(environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the secrets of TIDEGATE_GATEWAY_SECRET or the file that ..._FILE names; may be none.

    One a line, newest first. Raises SettingError naming the variable.
    """
    value, path = environ.get(SECRET), environ.get(f"{SECRET}_FILE")
    if value and path:
        raise SettingError(f"{SECRET} and {SECRET}_FILE are both set; unset one of them")
    name = f"{SECRET}_FILE" if path else SECRET
    return _split(name, _read(Path(path)) if path else value or "")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_FILE_BYTES).decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{SECRET}_FILE: expected a readable text file, got {str(path)!r} "
            f"({type(error).__name__}); mount the secret or correct the path"
        ) from None


def _split(name: str, text: str) -> tuple[bytes, ...]:
    found = tuple(line.strip().encode() for line in text.splitlines() if line.strip())
    if len(found) > MAX_SECRETS:
        raise SettingError(
            f"{name}: expected at most {MAX_SECRETS} secrets, one a line, got {len(found)}; "
            "remove the oldest"
        )
    for number, one in enumerate(found, 1):
        if len(one) < KEY_BYTES:
            raise SettingError(
                f"{name}: secret {number}: expected at least {KEY_BYTES} characters, "
                f"got {len(one)}; make one with: openssl rand -hex 32"
            )
    return found


def secret_in(directory: Path) -> bytes:
    """Return the secret of a data directory; made when it is first asked for.

    For a gateway that stands alone: several replicas need one secret that they share. Raises
    SettingError when the file cannot be written or read.
    """
    path = directory / _FILE_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_hex(KEY_BYTES))
        found = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{path}: the secret of the gateway can be neither read nor made "
            f"({type(error).__name__}); make the directory writable, or set {SECRET}_FILE"
        ) from None
    if len(found) < KEY_BYTES:
        raise SettingError(
            f"{path}: expected {2 * KEY_BYTES} hexadecimal digits, got {len(found)} characters; "
            "remove the file and another is made (streams that are running are then unknown)"
        )
    return found.encode()


def _write_once(path: Path, secret: str) -> None:
    """Write a file whole or not at all, for the owner alone; another process may be first."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
