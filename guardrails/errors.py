"""Every error Tidegate raises, each with what its reader does next."""

from __future__ import annotations


class TidegateError(Exception):
    """The root of all errors raised on purpose. The message never carries user text."""


class MalformedEvent(TidegateError):
    """Bytes are not a valid event. Next: dead letter, keep the stream."""

    def __init__(self, reason: str, detail: str) -> None:
        """reason: short stable identifier for dead letters and metrics; detail: for people."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class PolicyError(TidegateError):
    """A policy cannot be used. Next: correct the file at the line the message names."""


class RuleError(TidegateError):
    """A rule cannot be compiled or could explode. Next: rewrite the rule as the message says."""


class SessionClosed(TidegateError):
    """Text was pushed into a session that is complete. Next: drop it, it changes nothing."""


class SnapshotError(TidegateError):
    """A saved state was written by an incompatible version. Next: start from the log again."""


class ConnectorError(TidegateError):
    """An edge failed: broker, file, offset. Next: stop; restart resumes from the snapshot."""
