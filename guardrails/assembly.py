"""Text and questions back together: what the guard has published becomes jobs to be run.

Everything may come twice, after a crash of the guard; nothing is run twice for it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from hashlib import blake2b
from typing import Any

import msgspec

from guardrails.checked_text import CheckedText
from guardrails.errors import SnapshotError
from guardrails.events import CheckEvent, CheckRequest, CheckResult, CheckText, Segment
from guardrails.job import Job
from guardrails.plan import Plan
from guardrails.plans import Plans

SNAPSHOT_VERSION = 2

# The questions of complete streams are remembered, by log time, so that a replay of the guard,
# which goes back one epoch, runs none again. A guard that comes back later than that asks those of
# its last epoch once more, and takes the first answer.
REMEMBERED_MS = 10 * 60 * 1000
# Of a question, within its stream: 8 bytes meet by chance once in a million million streams.
_DIGEST_BYTES = 8
# A stream the guard never closed: a day is longer than any lives.
FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000


class _Text(msgspec.Struct):
    """What is known of one stream.

    segments: of the text from `wanted_from` to `end`, which may still be asked about; original: the
    same as it was written, if a check asks for it. asked: digests of the ids of its questions.
    asked_to: by guardrail, the end of what it was asked about.
    """

    segments: list[Segment] = []
    original: str = ""
    wanted_from: int = 0
    end: int = 0
    asked: set[bytes] = set()
    asked_to: dict[str, int] = {}
    touched_at_ms: int = 0


class _Closed(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a complete stream. asked: the digests, one behind the other."""

    at_ms: int
    asked: bytes

    def has(self, digest: bytes) -> bool:
        starts = range(0, len(self.asked), _DIGEST_BYTES)
        return any(self.asked.startswith(digest, start) for start in starts)


# Sorted, so that equal states are equal bytes.
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Assembly:
    """The streams of one shard, as the checks know them."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._texts: dict[str, _Text] = {}
        # By time of closing.
        self._closed: dict[str, _Closed] = {}
        # The snapshot of both; None when it has to be made anew.
        self._saved_texts: bytes | None = None
        self._saved_closed: bytes | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not self._texts and not self._closed

    def take(
        self, event: CheckEvent, timestamp_ms: int, partition: int
    ) -> Job | CheckResult | None:
        """Take what the guard has published; return the job it makes, or the answer if it cannot
        be run.

        timestamp_ms: the broker's, of the record. partition: it was read from.
        """
        self._saved_texts = None
        if isinstance(event, CheckText):
            text = self._texts.setdefault(event.stream_id, _Text())
            text.touched_at_ms = timestamp_ms
            _append(text, event)
        elif isinstance(event, CheckRequest):
            return self._ask(event, timestamp_ms, partition)
        elif event.stream_id in self._texts:
            self._close(event.stream_id, timestamp_ms)
        return None

    def _close(self, stream_id: str, timestamp_ms: int) -> None:
        asked = self._texts.pop(stream_id).asked
        before = self._closed.pop(stream_id, None)
        known = b"" if before is None else before.asked
        self._closed[stream_id] = _Closed(timestamp_ms, known + b"".join(sorted(asked)))
        self._saved_closed = None

    def _ask(
        self, request: CheckRequest, timestamp_ms: int, partition: int
    ) -> Job | CheckResult | None:
        digest = blake2b(request.id.encode(), digest_size=_DIGEST_BYTES).digest()
        closed = self._closed.get(request.stream_id)
        if closed is not None and closed.has(digest):
            return None
        text = self._texts.get(request.stream_id)
        if text is not None and digest in text.asked:
            return None
        plan = self._plans.loaded(request.policy_version)
        if text is None or not text.wanted_from <= request.start < request.end <= text.end:
            return _refuse(request, timestamp_ms, "the text was not published")
        text.asked.add(digest)
        text.asked_to[request.guardrail] = request.end
        setting = None if plan is None else plan.setting(request.guardrail)
        if plan is None or setting is None or setting.check is None:
            reason = f"policy {request.policy!r} version {request.policy_version} is not loaded"
            return _refuse(request, timestamp_ms, reason)
        seen = _cut(text, request.start, request.end, original=setting.check.original)
        _forget(text, plan)
        return Job(request, setting, seen, timestamp_ms, partition)

    def tick(self, now_ms: int) -> None:
        """Forget streams that are complete, and those the guard has not spoken of for long."""
        old = now_ms - FORGOTTEN_AFTER_MS
        for stream_id in [key for key, text in self._texts.items() if text.touched_at_ms < old]:
            del self._texts[stream_id]
            self._saved_texts = None
        while self._closed:
            stream_id = next(iter(self._closed))
            if self._closed[stream_id].at_ms >= now_ms - REMEMBERED_MS:
                break
            del self._closed[stream_id]
            self._saved_closed = None

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives, what has not changed as it was."""
        if self._saved_texts is None:
            self._saved_texts = _encode(self._texts)
        if self._saved_closed is None:
            self._saved_closed = _encode(list(self._closed.items()))
        return (SNAPSHOT_VERSION, self._saved_texts, self._saved_closed)

    @classmethod
    def restore(cls, saved: tuple[Any, ...] | None, plans: Plans) -> Assembly:
        """Continue from a snapshot. Raises SnapshotError when it is of another version."""
        assembly = cls(plans)
        if saved is None:
            return assembly
        if saved[0] != SNAPSHOT_VERSION:
            raise SnapshotError(
                f"the snapshot has version {saved[0]}, expected {SNAPSHOT_VERSION}; start with a "
                "new recovery directory"
            )
        _, assembly._saved_texts, assembly._saved_closed = saved
        assembly._texts = msgspec.msgpack.decode(saved[1], type=dict[str, _Text])
        assembly._closed = dict(msgspec.msgpack.decode(saved[2], type=list[tuple[str, _Closed]]))
        return assembly


def _append(text: _Text, piece: CheckText) -> None:
    """Append what is new of a piece. One that leaves a hole is dropped: its questions fail."""
    known = text.end - piece.start
    if known < 0 or piece.end <= text.end:
        return
    if known:
        # After a crash of the guard the same text may come in other pieces.
        text.segments.extend(CheckedText(piece.segments).cut(text.end, piece.end).segments)
    else:
        text.segments.extend(piece.segments)
    text.end = piece.end
    if isinstance(piece.original, str):
        text.original += piece.original[known:]


def _cut(text: _Text, start: int, end: int, *, original: bool) -> CheckedText:
    if original:
        base = text.end - len(text.original)
        return CheckedText.original(text.original[start - base : end - base], start)
    first = bisect_right(text.segments, start, key=lambda segment: segment.end)
    last = bisect_left(text.segments, end, key=lambda segment: segment.start)
    return CheckedText(text.segments[first:last]).cut(start, end)


def _forget(text: _Text, plan: Plan) -> None:
    """Forget what no check of the plan will ask about any more."""
    wanted_from = min(text.asked_to.get(check.id, 0) for check in plan.checks)
    if wanted_from > text.wanted_from:
        text.wanted_from = wanted_from
        text.segments = [segment for segment in text.segments if segment.end > wanted_from]
        text.original = text.original[max(0, len(text.original) - (text.end - wanted_from)) :]


def _refuse(request: CheckRequest, timestamp_ms: int, reason: str) -> CheckResult:
    return CheckResult(
        *(request.id, request.stream_id, request.guardrail, "failed"),
        *(timestamp_ms, request.deadline_ms),
        reason=reason,
    )
