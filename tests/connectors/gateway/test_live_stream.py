"""What the gateway keeps of one stream is bounded, whatever is said of it."""

from __future__ import annotations

from connectors.gateway.live_stream import LiveStream
from guardrails.events import Finding, Segment, Verdict
from guardrails.guardrail import Action
from guardrails.records import Record


def told(stream: LiveStream, count: int, text: str) -> None:
    for seq in range(count):
        at = seq * len(text)
        segments = (Segment(at, at + len(text), text),)
        place = (at + len(text), 0, (), "chunk", "active", "v")
        verdict = Verdict("s", seq, Action.ALLOW, segments, *place)
        record = Record("verdicts", 0, seq, 1, b"s", text.encode())
        stream.take_verdict(record, verdict)


def test_text_of_entries_that_are_gone_is_kept_nowhere() -> None:
    stream = LiveStream("s", "e", max_bytes=50_000)
    told(stream, 1_000, "x" * 1_000)
    kept = sum(len(segment.text) for seen in stream.seen for segment in seen.segments)
    assert kept <= 50_000
    assert (stream.size <= 50_000, stream.seen.end) == (True, 1_000)
    assert stream.verdict is not None
    assert stream.verdict.seq == 999


def test_one_verdict_is_kept_however_large_it_is() -> None:
    stream = LiveStream("s", "e", max_bytes=10)
    told(stream, 5, "x" * 100)
    assert [seen.verdict.seq for seen in stream.seen] == [4]


def test_findings_are_told_once_and_not_remembered_for_ever() -> None:
    stream = LiveStream("s", "e", max_bytes=50_000)
    for seq in range(20_000):
        finding = Finding("EMAIL", "email", seq, seq + 1, Action.WARN, 0.9, "block")
        place = (seq, 0, (finding,), "chunk", "active", "v")
        verdict = Verdict("s", seq, Action.WARN, (), *place)
        # Each one twice, as after a restart of the guard.
        for offset in (2 * seq, 2 * seq + 1):
            stream.take_verdict(Record("verdicts", 0, offset, 1, b"s", b"x" * 500), verdict)
    told = [finding for seen in stream.seen for finding in seen.findings]
    assert len(told) == len({finding.start for finding in told})
    assert len(stream._found) <= 10_000
