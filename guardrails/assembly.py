"""Text and questions back together: what the guard has published becomes jobs to be run.

Everything may come twice, after a crash of the guard; nothing is run twice for it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from typing import Any

import msgspec

from guardrails.checked_text import CheckedText
from guardrails.events import CheckEvent, CheckRequest, CheckResult, CheckText, Segment
from guardrails.job import Job
from guardrails.plan import Plan
from guardrails.plans import Plans

SNAPSHOT_VERSION = 1

# Complete streams whose questions are remembered, so that a replay of the guard, which goes back
# one epoch, runs none again. A shard has so many streams in minutes, not in one epoch.
MAX_REMEMBERED = 1_000
# A stream the guard never closed: a day is longer than any lives.
FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000


class _Text(msgspec.Struct):
    """What is known of one stream. segments: of the text from `wanted_from` to `end`, which may
    still be asked about; original: the same as it was written, if a check asks for it. asked: ids
    of its questions. asked_to: by guardrail, the end of what it was asked about.
    """

    segments: list[Segment] = []
    original: str = ""
    wanted_from: int = 0
    end: int = 0
    asked: set[str] = set()
    asked_to: dict[str, int] = {}
    touched_at_ms: int = 0


class Assembly:
    """The streams of one shard, as the checks know them."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._texts: dict[str, _Text] = {}
        self._closed: OrderedDict[str, frozenset[str]] = OrderedDict()

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
        stream_id = event.stream_id
        if isinstance(event, CheckText):
            self._texts.setdefault(stream_id, _Text()).touched_at_ms = timestamp_ms
            _append(self._texts[stream_id], event)
        elif isinstance(event, CheckRequest):
            return self._ask(event, timestamp_ms, partition)
        elif stream_id in self._texts:
            asked = self._texts.pop(stream_id).asked
            self._closed[stream_id] = self._closed.pop(stream_id, frozenset()) | frozenset(asked)
            while len(self._closed) > MAX_REMEMBERED:
                self._closed.popitem(last=False)
        return None

    def _ask(
        self, request: CheckRequest, timestamp_ms: int, partition: int
    ) -> Job | CheckResult | None:
        text = self._texts.get(request.stream_id)
        if request.id in self._closed.get(request.stream_id, ()):
            return None
        if text is not None and request.id in text.asked:
            return None
        plan = self._plans.loaded(request.policy_version)
        if text is None or not text.wanted_from <= request.start < request.end <= text.end:
            return _refuse(request, timestamp_ms, "the text was not published")
        text.asked.add(request.id)
        text.asked_to[request.guardrail] = request.end
        setting = None if plan is None else plan.setting(request.guardrail)
        if plan is None or setting is None or setting.check is None:
            reason = f"policy {request.policy!r} version {request.policy_version} is not loaded"
            return _refuse(request, timestamp_ms, reason)
        seen = _cut(text, request.start, request.end, original=setting.check.original)
        _forget(text, plan)
        return Job(request, setting, seen, timestamp_ms, partition)

    def tick(self, now_ms: int) -> None:
        """Forget streams the guard has not spoken of for long."""
        old = now_ms - FORGOTTEN_AFTER_MS
        for stream_id in [key for key, text in self._texts.items() if text.touched_at_ms < old]:
            del self._texts[stream_id]

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        closed = [(key, sorted(ids)) for key, ids in self._closed.items()]
        return (SNAPSHOT_VERSION, msgspec.msgpack.encode((self._texts, closed)))

    @classmethod
    def restore(cls, saved: tuple[Any, ...] | None, plans: Plans) -> Assembly:
        """Continue from a snapshot."""
        assembly = cls(plans)
        if saved is not None:
            kind = tuple[dict[str, _Text], list[tuple[str, list[str]]]]
            assembly._texts, closed = msgspec.msgpack.decode(saved[1], type=kind)
            assembly._closed = OrderedDict((key, frozenset(ids)) for key, ids in closed)
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
