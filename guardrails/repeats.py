"""Recognising audit records that come again: each stream counts once."""

from __future__ import annotations

import hashlib
from array import array
from enum import Enum

import msgspec

from guardrails.errors import SnapshotError
from guardrails.events import Audit
from guardrails.records import Record

# 32,768: after a crash a guard writes the records since its last closed epoch again, 10 s by
# default; that is 3,276 streams per second and partition. Costs 0.5 MB of snapshot and 5 MB of
# memory for each partition of the audit topic.
REMEMBERED_STREAMS = 32_768
SNAPSHOT_VERSION = 1


class Standing(Enum):
    """What a record is among those of its stream."""

    FIRST = "first"
    REPEAT = "repeat"
    CONTRADICTION = "contradiction"


class Reading(msgspec.Struct, frozen=True, gc=False):
    """An audit record and the record of the log it came in. contradicts: the stream has an earlier
    one whose context, policy or content differ.
    """

    record: Record
    audit: Audit
    contradicts: bool = False


class Repeats:
    """The last streams of one partition of the audit topic, and what was said of them.

    A record is recognised while fewer than `limit` other streams have followed the first one of
    its stream: a bound by number, not by time, so that a guard may be down for as long as it likes
    between a record and its repeat. What arrived how (`transport`) may differ in a repeat.
    """

    def __init__(self, limit: int = REMEMBERED_STREAMS) -> None:
        self._limit = limit
        self._said: dict[int, int] = {}
        self._saved: bytes | None = None

    def note(self, audit: Audit) -> Standing:
        """Return what this record is, and remember it if it is the first of its stream."""
        stream = _digest(audit.stream_id.encode())
        said = _digest(
            msgspec.json.encode((audit.context, audit.policy, audit.policy_version, audit.content))
        )
        known = self._said.get(stream)
        if known is not None:
            return Standing.REPEAT if known == said else Standing.CONTRADICTION
        if len(self._said) >= self._limit:
            del self._said[next(iter(self._said))]
        self._said[stream] = said
        self._saved = None
        return Standing.FIRST

    def snapshot(self) -> tuple[int, bytes]:
        """Return the state as immutable primitives, made anew only when it has changed."""
        if self._saved is None:
            self._saved = array("Q", (*self._said, *self._said.values())).tobytes()
        return SNAPSHOT_VERSION, self._saved

    @classmethod
    def restore(cls, saved: tuple[int, bytes], limit: int = REMEMBERED_STREAMS) -> Repeats:
        """Continue from a snapshot. Raises SnapshotError when it is of another version."""
        version, content = saved
        if version != SNAPSHOT_VERSION:
            raise SnapshotError(
                f"snapshot version {version} of the audit flow cannot continue as version "
                f"{SNAPSHOT_VERSION}; start it with a new recovery directory"
            )
        numbers = array("Q", content)
        half = len(numbers) // 2
        repeats = cls(limit)
        repeats._said = dict(zip(numbers[:half], numbers[half:], strict=True))
        return repeats


def _digest(content: bytes) -> int:
    """Return 64 bits: two of 32,768 streams are taken for one in one of 34 billion cases."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
