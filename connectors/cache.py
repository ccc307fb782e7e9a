"""Compiled rules on disk, so that a start costs milliseconds instead of compiling anew."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

# In front of each file: its format, then the SHA-256 of what follows.
_MAGIC = b"tidegate-db-1\n"
_DIGEST_BYTES = hashlib.sha256().digest_size
# Of one policy's rules some 100 kB: a few policies, each with a few past versions.
MAX_FILES = 64
_KEY = re.compile(r"[0-9a-f]{16,128}")
_SUFFIX = ".hsdb"


def cache_directory(environ: Mapping[str, str]) -> Path:
    """Return where compiled rules are kept: TIDEGATE_CACHE_DIR, else the user's cache directory."""
    own = environ.get("TIDEGATE_CACHE_DIR")
    return Path(own) if own else user_cache_path("tidegate", appauthor=False)


class FileDatabaseCache:
    """A `guardrails.prefilter.DatabaseCache` in a directory. Any number of processes may share it.

    A file is written aside and renamed, so readers see all of it or nothing; what is damaged or
    was cut off is not given out but deleted. A directory that cannot be used costs time, no error.
    """

    def __init__(self, directory: Path | None = None, *, max_files: int = MAX_FILES) -> None:
        """directory: made on first use, private to the user. max_files: the oldest make room."""
        self.directory = cache_directory(os.environ) if directory is None else directory
        self._max_files = max_files

    def get(self, key: str) -> bytes | None:
        """Return what was put under the key, or None."""
        path = self._path(key)
        try:
            found = path.read_bytes()
        except OSError:
            return None
        head, database = found[: len(_MAGIC) + _DIGEST_BYTES], found[len(_MAGIC) + _DIGEST_BYTES :]
        if head != _MAGIC + hashlib.sha256(database).digest():
            with suppress(OSError):
                path.unlink()
            return None
        # The youngest is the one used last.
        with suppress(OSError):
            os.utime(path)
        return database

    def put(self, key: str, database: bytes) -> None:
        """Keep a compiled database; failing to is not an error."""
        path = self._path(key)
        with suppress(OSError):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, aside = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self.directory)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_MAGIC + hashlib.sha256(database).digest() + database)
                Path(aside).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(aside).unlink()
                raise
            self._make_room()

    def _make_room(self) -> None:
        dated = []
        for path in self.directory.glob(f"*{_SUFFIX}"):
            # Another process may delete it first.
            with suppress(OSError):
                dated.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(dated)[: -self._max_files]:
            with suppress(OSError):
                path.unlink()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"cache key: expected 16 to 128 hexadecimal digits, got {key[:40]!r}")
        return self.directory / f"{key}{_SUFFIX}"
