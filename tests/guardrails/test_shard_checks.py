"""A shard whose streams have checks, and one that holds more than it has room for."""

from __future__ import annotations

import pickle

from guardrails.budget import Budget
from guardrails.check import GRACE_MS
from guardrails.events import (
    Audit,
    CheckClose,
    CheckFinding,
    CheckRequest,
    CheckResult,
    CheckText,
    Chunk,
    Verdict,
)
from guardrails.plans import Plans
from guardrails.records import Record
from guardrails.shard import SHARDS, Shard
from tests.plans import Checked, block, plan_of

CHECKED = Plans(plan_of(Checked("toxic")))
HELD = Plans(plan_of(block("x{100,200}z", "held")))


def send(shard: Shard, time_ms: int, seq: int, text: str, stream_id: str = "s", **more):
    record = Record("chunks", 0, time_ms, time_ms, b"k", b"raw")
    return shard.receive(Chunk(stream_id, seq, text, **more), record, time_ms + 0.5)


def kinds(events):
    return [type(event) for event in events]


def answer(shard: Shard, request: CheckRequest, *found: CheckFinding, at_ms: int = 50):
    place = (request.id, request.stream_id, request.guardrail, "done")
    return shard.answer(CheckResult(*place, 40, request.deadline_ms, found), at_ms, 60.0)


def again(shard: Shard, plans: Plans) -> Shard:
    return Shard.restore(pickle.loads(pickle.dumps(shard.snapshot())), plans, keep_snapshots=True)


def test_questions_follow_the_verdict_and_the_audit_follows_the_answers() -> None:
    shard = Shard(CHECKED)
    events = send(shard, 10, 0, "One.", final=True)
    assert kinds(events) == [Verdict, CheckText, CheckRequest]
    assert kinds(answer(shard, events[-1])) == [Verdict, Audit, CheckClose]
    assert len(shard) == 0


def test_a_restored_shard_waits_for_the_answers_it_waited_for() -> None:
    shard = Shard(CHECKED)
    request = send(shard, 10, 0, "One. Two", final=True)[-2]
    shard = again(shard, CHECKED)
    (verdict,) = answer(shard, request)
    assert verdict.frontier == 5


def test_an_answer_that_a_replay_reads_before_its_stream_is_kept_for_it() -> None:
    first = Shard(CHECKED)
    request = send(first, 10, 0, "One.", final=True)[-1]
    shard = Shard(CHECKED)
    assert answer(shard, request) == []
    shard = again(shard, CHECKED)
    assert kinds(send(shard, 10, 0, "One.", final=True)) == [Verdict, CheckText, Audit, CheckClose]


def test_a_shard_that_keeps_an_answer_is_not_forgotten_before_its_stream_comes() -> None:
    first = Shard(CHECKED)
    events = send(first, 10, 0, "One.", final=True)
    replayed = Shard(CHECKED)
    answer(replayed, events[-1])
    assert not replayed.empty
    assert Audit in kinds(send(again(replayed, CHECKED), 10, 0, "One.", final=True))


def test_an_answer_to_a_stream_that_is_over_changes_nothing() -> None:
    shard = Shard(CHECKED)
    request = send(shard, 10, 0, "One.", final=True)[-1]
    answer(shard, request)
    assert answer(shard, request, CheckFinding("TOXIC", 0, 4)) == []


def test_a_question_is_given_up_by_the_log_time_of_answers_even_after_a_restart() -> None:
    shard = Shard(CHECKED)
    send(shard, 10, 0, "One.", final=True)
    shard = again(shard, CHECKED)
    due_ms = 10 + 5_000 + GRACE_MS
    assert shard.tick_answers(due_ms - 1, 0) == []
    assert shard.tick(10**9, 0) == []
    (given_up,) = shard.tick_answers(due_ms, 0)
    assert given_up.status == "timed_out"
    assert shard.tick_answers(due_ms + 1, 0) == []
    # It counts when it is read, as any other.
    assert kinds(shard.answer(given_up, due_ms + 2, 0)) == [Verdict, Audit, CheckClose]


def test_the_end_of_a_finite_input_waits_for_open_checks() -> None:
    shard = Shard(CHECKED)
    send(shard, 10, 0, "One. Two")
    events = shard.tick(2**62, 0)
    assert CheckRequest in kinds(events)
    assert shard.ended
    assert len(shard) == 1


def test_when_there_are_too_many_streams_the_idlest_are_ended() -> None:
    shard = Shard(HELD, budget=Budget(streams=64 * SHARDS))
    for number in range(64):
        assert kinds(send(shard, number, 0, "hi", f"s{number}")) == [Verdict]
    send(shard, 100, 1, "hi", "s0")
    events = send(shard, 101, 0, "hi", "new")
    ended = {event.stream_id: event.transport.ended_by for event in events if type(event) is Audit}
    assert ended == dict.fromkeys(["s1", "s2", "s3", "s4"], "evicted")
    assert len(shard) == 61


def test_when_too_much_text_is_held_the_streams_that_hold_most_are_ended() -> None:
    shard = Shard(HELD, budget=Budget(held_chars=100 * SHARDS))
    send(shard, 0, 0, "x" * 70, "large")
    send(shard, 0, 0, "x" * 20, "small")
    assert shard.tick(1, 0) == []
    send(shard, 2, 1, "x" * 20, "small")
    events = shard.tick(3, 0)
    assert [event.stream_id for event in events if type(event) is Audit] == ["large"]
    assert events[0].reason == "evicted"
    assert events[0].segments[0].text == "x" * 70
    assert len(shard) == 1
