"""A consumer that remembers one offset sees each character once."""

from __future__ import annotations

from random import Random

import pytest

from guardrails.events import Segment, Verdict
from guardrails.guardrail import Action
from guardrails.reader import Gap, ProtocolError, Reader
from guardrails.session import Session
from tests import chunking
from tests.plans import plan_of, redact


def verdict(*segments: Segment) -> Verdict:
    frontier = segments[-1].end if segments else 0
    return Verdict("s", 0, Action.ALLOW, segments, frontier, 0, (), "chunk", "active", "v")


def plain(start: int, text: str) -> Segment:
    return Segment(start, start + len(text), text)


def test_a_replayed_segment_is_dropped() -> None:
    reader = Reader()
    assert reader.read(verdict(plain(0, "abc"))) == [plain(0, "abc")]
    assert reader.read(verdict(plain(0, "abc"))) == []
    assert reader.read(verdict(plain(1, "b"))) == []


def test_a_segment_that_straddles_the_frontier_is_trimmed() -> None:
    reader = Reader(2)
    assert reader.read(verdict(plain(0, "abcd"))) == [plain(2, "cd")]
    assert reader.frontier == 4


def test_a_segment_beyond_the_frontier_is_an_explicit_gap() -> None:
    reader = Reader()
    assert reader.read(verdict(plain(3, "de"))) == [plain(3, "de")]
    assert reader.gaps == [Gap(0, 3)]
    assert reader.frontier == 5


def test_a_redacted_segment_that_straddles_the_frontier_is_a_protocol_error() -> None:
    reader = Reader(2)
    with pytest.raises(ProtocolError, match="0-4"):
        reader.read(verdict(Segment(0, 4, "[X]", "x")))
    assert Reader(4).read(verdict(Segment(0, 4, "[X]", "x"))) == []
    assert Reader(0).read(verdict(Segment(0, 4, "[X]", "x"))) == [Segment(0, 4, "[X]", "x")]


def test_replays_cut_differently_show_the_same_text_once() -> None:
    plan = plan_of(redact(r"\d{4}"))
    text = "see 1234, and 5678 or 9 and 12345 " * 4
    random = Random(1)
    expected = "see [R], and [R] or 9 and [R]5 " * 4
    for _ in range(50):
        runs = []
        for _ in range(2):
            session = Session("s", plan)
            verdicts = [session.push(piece) for piece in chunking.at_random(text, random)]
            runs.append([*verdicts, session.finish()])
        crash = random.randint(0, len(runs[0]))
        reader = Reader()
        seen = [segment.text for one in runs[0][:crash] for segment in reader.read(one)]
        seen += [segment.text for one in runs[1] for segment in reader.read(one)]
        assert "".join(seen) == expected
        assert reader.gaps == []
