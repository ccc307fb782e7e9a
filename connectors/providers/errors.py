"""What can be wrong with a provider's stream, and where; never what it says."""

from __future__ import annotations

from guardrails.errors import TidegateError


class MalformedFrame(TidegateError):
    """Bytes are no frame of this API. Next: end the reply, keep what was released before it."""

    def __init__(self, reason: str, detail: str, *, frame: int, offset: int) -> None:
        """reason: short and stable. frame: its number from 0; offset: of its first byte."""
        super().__init__(f"frame {frame}, byte {offset:,}: {reason}: {detail}")
        self.reason = reason
        self.frame = frame
        self.offset = offset


class UnknownApi(TidegateError):
    """No API of this name is known. Next: use one of the names the message lists."""
