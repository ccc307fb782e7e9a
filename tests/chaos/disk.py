"""A small disk for recovery stores, which can be full."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

# Room for the stores of a campaign and no more.
SIZE_MB = 192


class Disk:
    """A tmpfs of its own where this process may mount one; else a directory, and files that must
    not grow. kind: which of the two.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory
        self.path.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(directory)]
        mounted = shutil.which("mount") is not None and os.geteuid() == 0
        mounted = mounted and (
            subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
        )
        self.kind = f"a tmpfs of {SIZE_MB} MB" if mounted else "RLIMIT_FSIZE"
        self._mounted = mounted
        self._ballast = directory / "ballast"

    def fill(self, pids: Iterable[int]) -> None:
        """Leave no room. pids: of the processes that must not write."""
        if not self._mounted:
            for pid in pids:
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
            return
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (1 << 16, 512):
                # Large blocks first, then what they left.
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(bytes(size))

    def free(self) -> None:
        """Give the room back. A process whose files must not grow is to be started anew."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the disk."""
        if self._mounted:
            subprocess.run(["umount", "-l", str(self.path)], capture_output=True, check=False)
