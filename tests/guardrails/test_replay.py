"""What a replay must not change: no clock comes between its records, and answers come at once."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from guardrails.events import (
    Audit,
    AuditContent,
    CheckFinding,
    CheckRequest,
    CheckResult,
    Chunk,
    DeadLetter,
    Verdict,
)
from guardrails.guardrail import Action, Checkpoint
from guardrails.plans import Plans
from guardrails.policy import Limits
from guardrails.records import Record
from guardrails.session import Session
from guardrails.shard import Shard
from tests.plans import Checked, plan_of, redact

LIMITS = Limits(idle_timeout_s=10, gap_timeout_s=2)
WARNS = Plans(plan_of(redact(r"\d+", "d"), on_gap="warn", limits=LIMITS))
TOXIC = Checked("toxic")


class Log:
    """Chunks of one stream that are read with clocks between them, or all at once."""

    def __init__(self, *, clocks: bool) -> None:
        self.shard = Shard(WARNS)
        self.events: list[object] = []
        self._clocks = clocks
        self._now_ms = 0

    def __call__(self, time_ms: int, seq: int, text: str, **more: bool) -> None:
        while self._clocks and self._now_ms < time_ms:
            self.events += self.shard.tick(self._now_ms, 0)
            self._now_ms += 50
        value = msgspec.json.encode({"stream_id": "s", "seq": seq, "text": text, **more})
        record = Record("chunks", 0, time_ms, time_ms, b"s", value)
        self.events += self.shard.receive(Chunk("s", seq, text, **more), record, 0)

    def restart(self) -> None:
        saved = pickle.loads(pickle.dumps(self.shard.snapshot()))
        self.shard = Shard.restore(saved, WARNS, keep_snapshots=True)

    def end(self) -> AuditContent:
        self.events += self.shard.tick(1_000_000, 0)
        return next(event for event in self.events if isinstance(event, Audit)).content


@pytest.fixture(params=[True, False], ids=["with clocks", "all at once"])
def log(request: pytest.FixtureRequest) -> Log:
    return Log(clocks=request.param)


def test_a_chunk_that_comes_when_its_gap_is_over_is_late(log: Log) -> None:
    log(0, 0, "a")
    log(100, 2, "c")
    log(2_100, 1, "b", final=True)
    content = log.end()
    assert (content.chars, len(content.unscanned)) == (2, 1)


def test_a_second_gap_waits_from_when_the_first_was_over(log: Log) -> None:
    log(0, 0, "a")
    log(100, 2, "c")
    log(200, 4, "e")
    log(4_000, 3, "d")
    log(4_200, 5, "f", final=True)
    content = log.end()
    assert (content.chars, len(content.unscanned)) == (5, 1)


def test_a_chunk_that_comes_when_its_stream_was_idle_comes_behind_the_end(log: Log) -> None:
    log(0, 0, "a")
    log(10_000, 1, "b", final=True)
    assert log.end().chars == 1
    assert [event.reason for event in log.events if isinstance(event, DeadLetter)] == ["after-end"]


def test_a_beginning_that_comes_too_late_finds_nobody_waiting(log: Log) -> None:
    log(0, 1, "b")
    log(2_000, 0, "a", final=True)
    assert log.end().chars == 1
    reasons = [event.reason for event in log.events if isinstance(event, DeadLetter)]
    assert reasons == ["no-beginning"]


def test_what_waits_for_its_beginning_waits_no_longer_after_a_restart(log: Log) -> None:
    log(0, 1, "b")
    log.restart()
    log(2_000, 0, "a", final=True)
    assert log.end().chars == 1


def test_a_stream_of_contents_goes_on_where_it_was_after_a_restart() -> None:
    plan = plan_of(redact(r"\d+", "d"))
    session = Session("s", plan)
    verdicts: list[Verdict] = []
    for seq, content in enumerate(["ab 1", "ab 12 c", "ab 12 cd 3", "ab 12 cd 34 e"]):
        verdicts += session.receive(Chunk("s", seq, content=content, final=seq == 3), seq)
        session = Session.restore(pickle.loads(pickle.dumps(session.snapshot())), plan)
    shown = "".join(one.text for verdict in verdicts for one in verdict.segments)
    assert shown == "ab [D] cd [D] e"
    assert session.audit().content.chars == 13


@pytest.mark.parametrize("on_gap", ["warn", "block"])
def test_a_gap_behind_the_cut_of_a_check_is_not_told_whenever_the_check_answers(
    on_gap: str,
) -> None:
    contents = []
    for answer_first in (True, False):
        end = Checked("judge", Checkpoint.END, mode="monitor")
        session = Session("s", plan_of(TOXIC, end, on_gap=on_gap))
        asked = Asked(session)
        asked.receive(0, "One. Two")
        if answer_first:
            asked.answer("toxic", (0, 3))
        asked.receive(2, "four", final=True)
        asked.verdicts += session.tick(1_000_000)
        asked.collect()
        asked.answer("toxic", (0, 3))
        asked.answer("toxic")
        asked.answer("toxic")
        asked.answer("judge")
        assert session.state == "complete"
        contents.append(session.audit().content)
    first, second = contents
    assert first == second
    assert (first.outcome, first.unscanned) == (Action.BLOCK, ())
    assert first.reason is msgspec.UNSET


class Asked:
    """A session whose questions are answered by hand."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.verdicts: list[Verdict] = []
        self.requests: list[CheckRequest] = []

    def receive(self, seq: int, text: str, **more: bool) -> None:
        self.verdicts += self.session.receive(Chunk("s", seq, text, **more), 1_000)
        self.collect()

    def collect(self) -> None:
        self.requests += [one for one in self.session.ask() if isinstance(one, CheckRequest)]

    def answer(self, name: str, *spans: tuple[int, int]) -> None:
        """Answer the oldest open question to a check, if there is one."""
        request = next((one for one in self.requests if one.guardrail == name), None)
        if request is None:
            return
        self.requests.remove(request)
        found = tuple(CheckFinding(name.upper(), *span) for span in spans)
        place = (request.id, "s", name, "done")
        result = CheckResult(*place, 1_000, request.deadline_ms, found)
        self.verdicts += self.session.answer(result, 1_000)
        self.collect()
