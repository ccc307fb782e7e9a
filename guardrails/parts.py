"""Verdicts, and texts for the checks, that are too large for one record, as several.

A chunk may be as large as a record of Kafka may be, and its verdict is larger still: offsets,
labels and findings come on top. Every part is a verdict of the same seq with a frontier of its own,
so a reader notices nothing; texts are put together by their offsets anyway.
"""

from __future__ import annotations

import msgspec

from guardrails.events import CheckText, Segment, Verdict, encode

# Kafka's default max.message.bytes is 1,048,588 with key and headers; a quarter is left for them
# and for brokers that are set lower.
MAX_RECORD_BYTES = 786_432


def encode_parts(event: Verdict | CheckText, max_bytes: int = MAX_RECORD_BYTES) -> list[bytes]:
    """Return a verdict or a text as JSON records of at most `max_bytes` each.

    A single segment of one code point, a label, or a single finding, is never divided further.
    """
    value = encode(event)
    if len(value) <= max_bytes:
        return [value]
    halves: tuple[Verdict, Verdict] | tuple[CheckText, CheckText] | None
    halves = _halve_text(event) if isinstance(event, CheckText) else _halve(event)
    if halves is None:
        return [value]
    first, second = halves
    return encode_parts(first, max_bytes) + encode_parts(second, max_bytes)


def _halve_text(text: CheckText) -> tuple[CheckText, CheckText] | None:
    segments = text.segments
    if len(segments) == 1 and segments[0].rule is msgspec.UNSET and len(segments[0].text) > 1:
        segments = _cut(segments[0])
    if len(segments) < 2:
        return None
    middle = len(segments) // 2
    at = segments[middle].start
    first: str | msgspec.UnsetType = msgspec.UNSET
    second: str | msgspec.UnsetType = msgspec.UNSET
    if text.original is not msgspec.UNSET:
        first, second = text.original[: at - text.start], text.original[at - text.start :]
    return (
        CheckText(text.stream_id, text.start, at, segments[:middle], first),
        CheckText(text.stream_id, at, text.end, segments[middle:], second),
    )


def _halve(verdict: Verdict) -> tuple[Verdict, Verdict] | None:
    segments, findings = verdict.segments, verdict.findings
    if len(segments) == 1 and segments[0].rule is msgspec.UNSET and len(segments[0].text) > 1:
        segments = _cut(segments[0])
    if len(segments) > 1:
        middle = len(segments) // 2
        frontier = segments[middle - 1].end
        early = tuple(finding for finding in findings if finding.start < frontier)
        late = tuple(finding for finding in findings if finding.start >= frontier)
        return (
            _part(verdict, segments[:middle], early, frontier),
            msgspec.structs.replace(verdict, segments=segments[middle:], findings=late),
        )
    if len(findings) > 1:
        middle = len(findings) // 2
        start = segments[0].start if segments else verdict.frontier
        return (
            _part(verdict, (), findings[:middle], start),
            msgspec.structs.replace(verdict, findings=findings[middle:]),
        )
    return None


def _cut(segment: Segment) -> tuple[Segment, Segment]:
    middle = len(segment.text) // 2
    at = segment.start + middle
    return (
        Segment(segment.start, at, segment.text[:middle]),
        Segment(at, segment.end, segment.text[middle:]),
    )


def _part(
    verdict: Verdict, segments: tuple[Segment, ...], findings: tuple[object, ...], frontier: int
) -> Verdict:
    """Return a part that comes before the last one: the stream goes on behind it."""
    return msgspec.structs.replace(
        verdict,
        segments=segments,
        findings=findings,
        frontier=frontier,
        held=verdict.held + verdict.frontier - frontier,
        state="active",
        checkpoint="chunk",
    )
