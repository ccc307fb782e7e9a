"""API keys of a file that may change while the gateway runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.gateway.auth.api_key import ApiKey
from connectors.gateway.auth.key_file import KeyEntry, KeyFileError, read_key_file
from connectors.gateway.auth.principal import Principal, Unauthorized
from connectors.logs import logger

log = logger(__name__)

# A second: a key that was taken away is soon refused, and `stat` costs a microsecond or two.
LOOK_EVERY_S = 1.0

_Stamp = tuple[int, int, int, int]


class KeyRing:
    """Tells whom a key speaks for.

    The file is looked at when a key is, at most once a second, and a changed one is read beside
    (0.7 s for 1,000 keys). One that cannot be used is logged and changes nothing: the keys before
    it stay.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        """now: seconds since 1970. monotonic: seconds since anything.

        Raises KeyFileError if the file cannot be used to begin with.
        """
        self._path = path
        self._now = now
        self._monotonic = monotonic
        self._stamp = _stamp(path)
        self._keys: Mapping[str, KeyEntry] = read_key_file(path)
        self._looked_at = monotonic()
        self._reading: threading.Thread | None = None

    def authenticate(self, text: str) -> Principal:
        """Return whom a key speaks for. Raises Unauthorized; its message names no part of it."""
        self._look()
        key = ApiKey.parse(text)
        if key is None:
            raise Unauthorized(
                "this is no API key of Tidegate",
                "send the key as it was printed: tg_, its id, an underscore and 43 characters",
            )
        entry = self._keys.get(key.id)
        if not key.matches(None if entry is None else entry.hash) or entry is None:
            raise Unauthorized(
                "the API key is not known", "send a key of this gateway, or have one made"
            )
        # Only who has the secret learns what became of the key.
        if entry.disabled:
            raise Unauthorized("the API key is disabled", "have another one made")
        if entry.expires is not None and self._now() >= entry.expires.timestamp():
            raise Unauthorized("the API key has expired", "have another one made")
        return entry.principal

    def _look(self) -> None:
        now = self._monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        if self._reading is not None and self._reading.is_alive():
            return
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        # Told once for each change, however long the file stays broken.
        self._stamp = stamp
        self._reading = threading.Thread(target=self._read, name="api-keys", daemon=True)
        self._reading.start()

    def _read(self) -> None:
        try:
            self._keys = read_key_file(self._path)
        except KeyFileError as error:
            log.error(
                "the file of API keys cannot be used; the keys before it stay",
                file=self._path,
                problem=error,
            )
            return
        log.info("API keys taken in", file=self._path, size=len(self._keys))


def _stamp(path: Path) -> _Stamp | None:
    """Return what tells a file from its earlier self; None while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
