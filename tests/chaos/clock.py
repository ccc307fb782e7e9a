"""The wall clock of one process, to be moved while it runs: see `clock.c`."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


def compile_preload(directory: Path) -> Path | None:
    """Build the library; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = directory / "clock.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


class MovableClock:
    """Where the clock of a process is written down."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self._file.write_bytes(struct.pack("q", 0))
        self.environ = {"LD_PRELOAD": str(library), "TIDEGATE_CHAOS_CLOCK": str(file)}

    def move(self, seconds: float) -> None:
        """Set the clock so far from the true time, at once."""
        # In place: the process has this very file mapped.
        with self._file.open("r+b") as file:
            file.write(struct.pack("q", int(seconds * 1e9)))
