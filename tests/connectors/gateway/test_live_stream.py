"""What the gateway keeps of one stream is bounded, whatever is said of it."""

from __future__ import annotations

import asyncio
import time

from connectors.gateway.entry import View
from connectors.gateway.live_stream import LiveStream
from connectors.gateway.subscription import Subscription
from connectors.gateway.timing import Timing
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


def held(stream: LiveStream, seq: int) -> None:
    verdict = Verdict("s", seq, Action.ALLOW, (), 0, seq + 1, (), "chunk", "active", "v")
    stream.take_verdict(Record("verdicts", 0, seq, 1, b"s", b"{}"), verdict)


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


def test_readers_that_keep_up_share_what_they_are_sent() -> None:
    stream = LiveStream("s", "e", max_bytes=10_000_000)
    told(stream, 600, "x" * 10)
    view, other = View("sse"), View("json")

    async def read() -> tuple[list[bytes], list[bytes]]:
        first, again = stream.batch(view, 0), stream.batch(view, 0)
        assert first.messages[0] is again.messages[0]
        assert 0 < first.end < 600
        parts, apart, at = [], [], 0
        while at < stream.end:
            batch = stream.batch(view, at)
            at = batch.end
            parts += batch.messages
        at = 0
        while at < stream.end:
            batch = stream.batch(other, at)
            at = batch.end
            apart += batch.messages
        return parts, apart

    parts, apart = asyncio.run(read())
    assert b"".join(parts).count(b"event: partial_result") == 600
    # With the progress of each.
    assert len(apart) == 1_200


def test_a_client_that_is_shown_nothing_gets_heartbeats() -> None:
    stream = LiveStream("s", "e", max_bytes=10_000_000)
    timing = Timing(heartbeat_s=0.2)
    subscription = Subscription(
        stream, View("json", detailed=False, progress=False), timing, epoch="e"
    )

    async def read() -> bytes:
        async def hold() -> None:
            # Nothing of it can be shown.
            for seq in range(20):
                held(stream, seq)
                await asyncio.sleep(0.05)

        holding = asyncio.create_task(hold())
        begun = time.monotonic()
        (message,) = await anext(subscription.batches())
        assert time.monotonic() - begun < 0.9
        holding.cancel()
        return message

    assert b'"type":"heartbeat"' in asyncio.run(read())
