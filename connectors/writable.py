"""Whether a directory can still be written to: Bytewax's store only panics when it cannot."""

from __future__ import annotations

import os
from pathlib import Path

# A full disk may have a few blocks left that were too few: 256 kB, a snapshot of a busy second.
_PROBE_BYTES = 262_144


def why_not_writable(directory: Path) -> str | None:
    """Return the system's words for why nothing can be written there; None if it can."""
    probe = directory / f"probe-{os.getpid()}"
    try:
        try:
            with probe.open("wb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return str(error.strerror or error)
    return None
