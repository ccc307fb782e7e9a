"""Sums per tenant and minute: any order, any grouping, one answer."""

import random

import msgspec
import pytest

from guardrails.events import CheckCost, Unscanned
from guardrails.guardrail import Action, Mode
from guardrails.rollup import Totals, observe
from tests.audits import NOON_MS, audit, finding, judge

HOUR_S = 3600.0


def streams(count: int, seed: int = 1):
    rng = random.Random(seed)
    for number in range(count):
        yield audit(
            f"s{number}",
            duration_ms=rng.randrange(1, 60_000),
            outcome=rng.choice(list(Action)),
            chars=rng.randrange(10, 5_000),
            findings=tuple(
                finding(rng.choice(["EMAIL_ADDRESS", "SECRET"]), rng.choice(list(Mode)))
                for _ in range(rng.randrange(3))
            ),
            guardrails={
                "judge": judge(findings=1, would_have_blocked=rng.randrange(2), runs=2),
                "email": judge(),
            },
            checks={"judge": CheckCost(rng.randrange(1, 4_000), 3, 1, 100, 20)},
            ended_by=rng.choice(["final", "idle", "blocked"]),
        )


def summed(audits) -> Totals:
    totals = Totals()
    for one in audits:
        totals.add(one)
    return totals


def test_a_minute_says_what_its_streams_came_to():
    totals = summed(
        [
            audit("a", findings=(finding(), finding("SECRET")), outcome=Action.REDACT),
            audit("b", findings=(finding("SECRET", Mode.MONITOR),), omitted=4, ended_by="idle"),
            audit("c", unscanned=(Unscanned(3, "gap"), Unscanned(9, "gap"))),
        ]
    )
    rollup = totals.rollup("acme", NOON_MS)
    assert (rollup.tenant, rollup.minute_ms, rollup.streams) == ("acme", NOON_MS, 3)
    assert rollup.outcomes == {Action.ALLOW: 2, Action.REDACT: 1}
    assert rollup.ended_by == {"final": 2, "idle": 1}
    assert (rollup.chars, rollup.released, rollup.redacted) == (300, 270, 30)
    assert rollup.findings == {
        "EMAIL_ADDRESS": {Mode.BLOCK: 1},
        "SECRET": {Mode.BLOCK: 1, Mode.MONITOR: 1},
    }
    assert (rollup.omitted, rollup.unscanned) == (4, 1)
    assert rollup.duration.count == 3
    assert rollup.slowest_verdict.count == 3
    assert rollup.slowest_verdict.max_ms == 12.0


def test_checks_are_summed_by_guardrail_and_their_latency_counts_once_per_run():
    slow = {"judge": judge(findings=1, would_have_blocked=1, runs=4, timeouts=1, errors=2)}
    cost = {"judge": CheckCost(8_000, 6, 1, 500, 50)}
    rollup = summed([audit("a", guardrails=slow, checks=cost)] * 2).rollup(None, NOON_MS)
    one = rollup.guardrails["judge"]
    assert (one.runs, one.timeouts, one.errors, one.calls, one.cached) == (8, 2, 4, 12, 2)
    assert (one.prompt_tokens, one.completion_tokens) == (1_000, 100)
    assert (one.findings, one.would_have_blocked, rollup.would_have_blocked) == (2, 2, 2)
    assert one.latency.count == 8
    assert one.latency.max_ms == 2_000
    assert one.latency.p99_ms == pytest.approx(2_000, rel=0.045)


def test_a_guardrail_that_has_nothing_to_say_is_left_out():
    rollup = summed([audit(guardrails={"email": judge()})]).rollup(None, NOON_MS)
    assert rollup.guardrails == {}


def test_sums_do_not_depend_on_order_or_grouping():
    audits = list(streams(60))
    expected = summed(audits).rollup("t", NOON_MS)
    rng = random.Random(2)
    for _ in range(20):
        rng.shuffle(audits)
        cut = rng.randrange(len(audits))
        totals = summed(audits[cut:])
        totals.merge(summed(audits[:cut]))
        assert totals.rollup("t", NOON_MS) == expected


def test_sums_survive_being_packed():
    totals = summed(streams(20))
    packed = msgspec.msgpack.encode(totals)
    assert msgspec.msgpack.decode(packed, type=Totals) == totals
    assert len(packed) < 2_000


def test_merging_leaves_the_merged_sum_as_it_was():
    other = summed(streams(5))
    before = msgspec.msgpack.encode(other)
    totals = Totals()
    totals.merge(other)
    totals.merge(other)
    assert msgspec.msgpack.encode(other) == before
    assert totals.streams == 10


def test_a_stream_counts_in_the_minute_it_ended_in():
    seen = observe(audit(ended_at_ms=NOON_MS + 1), NOON_MS + 90_000, correct_s=HOUR_S)
    assert (seen.kind, seen.at_ms) == ("stream", NOON_MS + 1)


def test_a_stream_that_comes_after_the_time_for_corrections_counts_as_too_late_on_arrival():
    arrived_at_ms = NOON_MS + 3_600_001
    seen = observe(audit(), arrived_at_ms, correct_s=HOUR_S)
    assert (seen.kind, seen.at_ms) == ("too_late", arrived_at_ms)
    totals = Totals()
    seen.add_to(totals)
    assert (totals.streams, totals.too_late) == (0, 1)
    assert observe(audit(), arrived_at_ms - 1, correct_s=HOUR_S).kind == "stream"


def test_a_contradiction_counts_on_arrival_and_not_as_a_stream():
    seen = observe(audit(), NOON_MS + 5, contradicts=True, correct_s=HOUR_S)
    assert (seen.kind, seen.at_ms) == ("contradiction", NOON_MS + 5)
    totals = Totals()
    seen.add_to(totals)
    assert (totals.streams, totals.contradictions) == (0, 1)


def test_an_end_in_the_future_is_taken_for_the_moment_of_arrival():
    seen = observe(audit(ended_at_ms=NOON_MS + 10**12), NOON_MS, correct_s=HOUR_S)
    assert seen.at_ms == NOON_MS


def test_timestamps_beyond_the_calendar_stay_within_it():
    assert observe(audit(ended_at_ms=2**60), 2**61, correct_s=HOUR_S).at_ms < 253_402_300_800_000
    assert observe(audit(ended_at_ms=-5), -1, correct_s=HOUR_S).at_ms == -5
