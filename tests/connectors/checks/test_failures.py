"""Services that are slow, wrong, dead, or too busy: what is tried again, and what is reported."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from random import Random

import pytest

from connectors.checks.backlog import Backlog
from connectors.checks.cache import AnswerCache
from connectors.checks.client import read_retry_after
from connectors.checks.ticket import Ticket
from guardrails.breaker import BreakerState
from guardrails.events import CheckResult
from guardrails.guardrail import Mode
from guardrails.setting import Setting
from tests.endpoint import (
    CUT,
    DROP,
    GARBAGE,
    HANG,
    HUGE,
    UNAVAILABLE,
    Endpoint,
    Reply,
    Script,
    completion,
    flaky,
    in_turn,
    judge_words,
    judgement,
    reply,
)
from tests.jobs import Running, eventually, job_of, setting_of

GOOD = judgement(0.1)


def judge_at(endpoint: Endpoint, **options: object) -> Setting:
    return setting_of("judge", url=endpoint.url, model="m", **options)


def ask(script: Script | Reply, **options: object) -> tuple[CheckResult, Endpoint]:
    """Ask a judge that answers so about one text."""
    with Endpoint(in_turn(script)) as endpoint, Running() as running:
        (result,) = running.run(job_of(judge_at(endpoint, **options), "some text"))
    return result, endpoint


@pytest.mark.parametrize(
    "failure",
    [UNAVAILABLE, Reply(status=500), Reply(status=429), Reply(status=408), DROP, CUT],
    ids=["503", "500", "429", "408", "dropped", "cut"],
)
def test_what_may_pass_is_tried_again(failure: Reply) -> None:
    result, endpoint = ask(in_turn(failure, failure, GOOD))
    assert (result.status, result.attempts, len(endpoint.asked)) == ("done", 3, 3)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Reply(status=400), "the service refuses the request with status 400"),
        (Reply(status=401), "the service does not accept the API key (401)"),
        (Reply(status=404), "the service has nothing at this address or of this model (404)"),
        (
            Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}),
            "the service redirects (302); put the address it names into the policy",
        ),
        (GARBAGE, "the response is not JSON"),
        (HUGE, "the response has more than 1,048,576 bytes"),
        (Reply(body=b"[" * 500_000), "the response is not JSON"),
        (reply({"choices": []}), "the response is no chat completion"),
        (reply({"choices": [{"message": {"content": 3}}]}), "the response is no chat completion"),
        (reply("some text"), "the response is no chat completion"),
        (completion("I will not"), "the judge's answer is not the JSON it was asked for"),
        (completion('{"score": "high"}'), "the judge's answer is not the JSON it was asked for"),
        (completion('{"score": 7}'), "the judge's answer is not the JSON it was asked for"),
        (completion('{"score": 0.', finish="length"), "the judge's answer was cut at max_tokens"),
        (completion("{}"), "the judge gave neither a score nor a flag"),
    ],
    ids=lambda value: None if isinstance(value, Reply) else str(value)[:40],
)
def test_what_will_not_pass_is_reported_after_one_call(failure: Reply, reason: str) -> None:
    result, endpoint = ask(failure)
    assert (result.status, result.reason) == ("failed", reason)
    assert (result.attempts, len(endpoint.asked)) == (1, 1)
    assert not result.findings


def test_a_call_that_never_ends_times_out_and_is_tried_again() -> None:
    result, _ = ask(in_turn(HANG, GOOD), timeout_s=0.2)
    assert (result.status, result.attempts) == ("done", 2)


def test_a_service_that_always_hangs_is_reported_as_timed_out() -> None:
    result, endpoint = ask(HANG, timeout_s=0.2, max_attempts=2)
    assert (result.status, result.reason) == ("timed_out", "the service did not answer in time")
    assert (result.attempts, len(endpoint.asked)) == (2, 2)


def test_at_its_deadline_a_check_times_out_however_long_an_attempt_may_take() -> None:
    result, endpoint = ask(HANG, deadline_s=0.4, timeout_s=0.4)
    assert result.status == "timed_out"
    assert result.reason == "there was no answer before its deadline"
    assert result.attempts == len(endpoint.asked) == 1


def test_past_its_deadline_a_check_is_not_run() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        hour_ago = int(time.time() * 1000) - 3_600_000
        (result,) = running.run(job_of(judge_at(endpoint), "text", requested_at_ms=hour_ago))
        assert (result.status, result.attempts, endpoint.asked) == ("timed_out", 0, [])
        assert result.reason == "its deadline had passed already"
        assert result.latency_ms >= 3_600_000


def test_a_check_that_waits_for_its_turn_beyond_its_deadline_is_not_run() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_concurrency=1)
        endpoint.pause()
        running.submit(job_of(setting, "first", stream_id="a"))
        eventually(lambda: len(endpoint.asked) == 1)
        (late,) = running.run(job_of(setting, "late", stream_id="b", deadline_ms=50))
        assert late.reason == "its deadline passed while it waited for its turn"
        assert (late.status, late.attempts) == ("timed_out", 0)
        endpoint.go_on()
        (first, *_) = running.wait(2)[1:]
        assert (first.status, len(endpoint.asked)) == ("done", 1)


def test_one_of_those_who_wait_for_a_call_may_give_up_without_ending_it() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        endpoint.pause()
        patient = job_of(setting, "bad", stream_id="a")
        running.submit(patient)
        eventually(lambda: len(endpoint.asked) == 1)
        (hasty,) = running.run(job_of(setting, "bad", stream_id="b", deadline_ms=50))
        assert hasty.status == "timed_out"
        endpoint.go_on()
        running.wait(2)
        assert running.of([patient])[0].findings
        # Each call is in one result.
        assert hasty.attempts + running.of([patient])[0].attempts == len(endpoint.asked) == 1


def test_nobody_joins_a_call_that_everyone_has_given_up() -> None:
    with Endpoint(in_turn(HANG, GOOD)) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        (hasty,) = running.run(job_of(setting, "text", stream_id="a", deadline_ms=200))
        (patient,) = running.run(job_of(setting, "text", stream_id="b"))
        assert (hasty.status, patient.status) == ("timed_out", "done")


def test_a_dead_port_is_tried_as_often_as_the_policy_says_and_reported() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        endpoint.stop()
        (result,) = running.run(job_of(judge_at(endpoint, max_attempts=3), "text"))
    assert (result.status, result.attempts) == ("failed", 3)
    assert result.reason == "the connection to the service failed (ClientConnectorError)"


def test_a_service_that_comes_back_is_asked_again() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        endpoint.stop()
        job = job_of(setting, "text")
        running.submit(job)
        eventually(lambda: running.figures("judge").failures > 0)
        endpoint.start()
        running.wait(1)
        assert running.of([job])[0].status == "done"
        assert running.figures("judge").recovered == 1


def test_a_retry_waits_as_long_as_the_service_asks_for() -> None:
    late = Reply(status=429, headers={"Retry-After": "1"})
    result, _ = ask(in_turn(late, GOOD))
    assert (result.status, result.attempts) == ("done", 2)
    assert result.latency_ms >= 1_000


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("Wed, 21 Oct 2015 07:28:07 GMT", 7.0),
        ("Wed, 21 Oct 2015 08:28:07 +0100", 7.0),
        ("Wed, 21 Oct 2015 07:28:07 -0000", 7.0),
        ("Wed, 21 Oct 2015 07:28:07", 7.0),
        ("Wed, 21 Oct 2015 07:27:00", 0.0),
        ("Wed, 21 Oct 2015 07:28:07 +9999", 0.0),
        ("Wed, 21 Oct 2015 07:28:07 +999999999999999999", 0.0),
        ("Wed, 21 Oct 99999 07:28:07 GMT", 0.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
def test_a_date_to_retry_after_is_read_as_utc_where_it_names_no_zone(
    value: str, wait_s: float
) -> None:
    assert read_retry_after(value, datetime(2015, 10, 21, 7, 28, tzinfo=UTC)) == wait_s


def test_a_retry_that_would_come_after_the_deadline_is_not_waited_for() -> None:
    result, endpoint = ask(Reply(status=503, headers={"Retry-After": "3600"}))
    assert (result.status, result.attempts) == ("failed", 1)
    assert result.reason == "the service answered with status 503"
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("mode", [Mode.BLOCK, Mode.MONITOR])
def test_monitors_are_run_as_those_that_text_waits_for(mode: Mode) -> None:
    with Endpoint(in_turn(UNAVAILABLE, GOOD)) as endpoint, Running() as running:
        (result,) = running.run(job_of(judge_at(endpoint), "text", mode=mode))
        assert (result.status, result.attempts) == ("done", 2)


def test_a_missing_secret_is_named_and_nothing_is_sent() -> None:
    with Endpoint(judge_words([])) as endpoint, Running({"OTHER": "x"}) as running:
        setting = judge_at(endpoint, api_key_env="JUDGE_KEY")
        (result,) = running.run(job_of(setting, "text"))
        assert result.status == "failed"
        assert result.reason == (
            "JUDGE_KEY: the policy names this variable and it is not set; set it"
        )
        assert endpoint.asked == []


def test_the_breaker_opens_and_leaves_the_service_alone_until_a_probe_succeeds() -> None:
    with Endpoint(lambda _: UNAVAILABLE) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_attempts=1, max_concurrency=1)
        jobs = [job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(5)]
        assert {result.status for result in running.run(*jobs)} == {"failed"}
        assert running.figures("judge").breaker is BreakerState.OPEN
        # Left alone: nobody asks before the cool-down is over, and those who can wait do.
        patient = job_of(setting, "patient", stream_id="p")
        running.submit(patient)
        (hasty,) = running.run(job_of(setting, "hasty", stream_id="h", deadline_ms=200))
        assert (hasty.status, hasty.attempts, len(endpoint.asked)) == ("failed", 0, 5)
        assert hasty.reason == (
            "the service kept failing and is left alone until after the deadline"
        )
        endpoint.script = judge_words([])
        running.wait(7)
        assert running.of([patient])[0].status == "done"
        figures = running.figures("judge")
        assert (figures.breaker, figures.opened) == (BreakerState.CLOSED, 1)


def test_while_the_breaker_tries_only_one_call_is_made() -> None:
    with Endpoint(lambda _: UNAVAILABLE) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_attempts=1, max_concurrency=8)
        running.run(*(job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(5)))
        asked = len(endpoint.asked)
        endpoint.pause()
        jobs = [job_of(setting, f"more {n}", stream_id=f"t{n}") for n in range(8)]
        running.submit(*jobs)
        eventually(lambda: len(endpoint.asked) > asked)
        assert running.figures("judge").breaker is BreakerState.HALF_OPEN
        assert len(endpoint.asked) == asked + 1
        endpoint.script = judge_words([])
        endpoint.go_on()
        running.wait(13)
        assert {result.status for result in running.of(jobs)} == {"done"}


def test_a_service_that_hangs_opens_the_breaker_although_deadlines_end_its_calls() -> None:
    with Endpoint(lambda _: HANG) as endpoint, Running() as running:
        setting = judge_at(endpoint, deadline_s=0.1, max_concurrency=1)
        for n in range(5):
            running.run(job_of(setting, f"text {n}", stream_id=f"s{n}"))
        eventually(lambda: running.figures("judge").breaker is BreakerState.OPEN)


def test_texts_a_judge_cannot_judge_do_not_open_the_breaker() -> None:
    with Endpoint(lambda _: completion("no")) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        running.run(*(job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(20)))
        assert running.figures("judge").breaker is BreakerState.CLOSED
        assert len(endpoint.asked) == 20


def test_one_service_that_is_down_does_not_hold_another_up() -> None:
    with Endpoint(judge_words([])) as well, Endpoint(lambda _: HANG) as hangs, Running() as running:
        running.submit(
            *(job_of(judge_at(hangs), f"text {n}", stream_id=f"s{n}") for n in range(30))
        )
        eventually(lambda: len(hangs.asked) == 8)
        setting = setting_of("judge/other", url=well.url, model="m")
        jobs = [job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(30)]
        assert {result.status for result in running.run(*jobs)} == {"done"}


def test_those_who_wait_and_cannot_be_asked_in_time_fail_when_the_breaker_opens() -> None:
    with Endpoint(lambda _: UNAVAILABLE) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_attempts=1, max_concurrency=1)
        endpoint.pause()
        jobs = [job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(5)]
        running.submit(*jobs)
        # Deadlines that end within the first pause of 1 s, and are far enough for a busy machine
        # to get there: nobody waits until then to learn it.
        hasty = [
            job_of(setting, f"hasty {n}", stream_id=f"h{n}", deadline_ms=900) for n in range(3)
        ]
        running.submit(*hasty)
        endpoint.go_on()
        running.wait(8)
        assert {result.attempts for result in running.of(hasty)} == {0}
        assert {result.status for result in running.of(hasty)} <= {"failed", "timed_out"}
        assert len(endpoint.asked) == 5


def test_no_more_wait_for_an_equal_text_than_may_wait() -> None:
    with Endpoint(judge_words([])) as endpoint, Running(max_waiting=10) as running:
        setting = judge_at(endpoint)
        endpoint.pause()
        jobs = [job_of(setting, "same", stream_id=f"s{n}") for n in range(15)]
        running.submit(*jobs)
        running.wait(5)
        assert [result.status for result in running.of(jobs[10:])] == ["skipped"] * 5
        endpoint.go_on()
        running.wait(15)
        assert [result.status for result in running.of(jobs[:10])] == ["done"] * 10
        assert len(endpoint.asked) == 1


def test_an_error_of_ours_behind_an_answer_is_a_failure_of_those_who_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keep(*_: object) -> None:
        raise ValueError("some text")

    monkeypatch.setattr(AnswerCache, "keep", keep)
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        (result,) = running.run(job_of(judge_at(endpoint), "some text"))
        assert (result.status, result.attempts) == ("failed", 1)
        assert result.reason == "the check raised ValueError"
        eventually(lambda: running.figures("judge").running == 0)


def test_what_an_error_of_ours_has_lost_ends_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def take(backlog: Backlog, _max_chars: int) -> list[Ticket]:
        for ticket in list(backlog):
            backlog.remove(ticket)
        raise ValueError("some text")

    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_concurrency=1)
        endpoint.pause()
        first = job_of(setting, "first", stream_id="a")
        running.submit(first)
        eventually(lambda: len(endpoint.asked) == 1)
        lost = job_of(setting, "lost", stream_id="b", deadline_ms=500)
        running.submit(lost)
        eventually(lambda: running.figures("judge").waiting == 1)
        monkeypatch.setattr(Backlog, "take_consecutive", take)
        endpoint.go_on()
        running.wait(2)
        assert [result.status for result in running.of([first, lost])] == ["done", "timed_out"]
        eventually(lambda: running.runner.settled)


SECRET_TEXT = "my password is hunter2"


@pytest.mark.parametrize(
    "answer",
    [
        Reply(body=SECRET_TEXT.encode()),
        Reply(status=500, body=SECRET_TEXT.encode()),
        Reply(status=404, body=SECRET_TEXT.encode(), headers={"X": SECRET_TEXT}),
        completion(SECRET_TEXT),
        judgement(0.9, categories=[SECRET_TEXT], spans=[{"quote": "?", "category": SECRET_TEXT}]),
        reply({"choices": SECRET_TEXT}),
        DROP,
        GOOD,
    ],
)
@pytest.mark.parametrize("text", [SECRET_TEXT, SECRET_TEXT + "\udc00"])
def test_no_result_and_no_log_repeats_the_text(
    answer: Reply, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Endpoint(lambda _: answer) as endpoint, Running({"K": "sk-hunter3"}) as running:
        setting = judge_at(endpoint, max_attempts=2, api_key_env="K")
        (result,) = running.run(job_of(setting, text))
    told = f"{result} {caplog.text} {running.answered[0][0]}"
    assert "hunter2" not in told
    assert "HUNTER2" not in told
    assert "hunter3" not in told
    assert result.status in ("done", "failed")


def test_of_network_failures_95_in_100_recover_and_of_checks_90_in_100_end_well() -> None:
    """One call in ten fails, in every way a network can; seeded, counted, not timed."""
    questions = 400
    failures = [UNAVAILABLE, DROP, CUT, Reply(status=429), HANG]
    script = flaky(judge_words([]), 0.1, Random(11), failures)
    with Endpoint(script) as endpoint, Running() as running:
        setting = judge_at(endpoint, timeout_s=3.0, max_concurrency=16)
        jobs = [
            job_of(setting, f"text {n}", stream_id=f"s{n}", mode=Mode.MONITOR)
            for n in range(questions)
        ]
        results = running.run(*jobs)
        figures = running.figures("judge")
    failed_first = sum(result.attempts > 1 for result in results)
    recovered = sum(result.attempts > 1 and result.status == "done" for result in results)
    done = sum(result.status == "done" for result in results)
    print(
        f"{done} of {questions} done; {recovered} of {failed_first} recovered; {figures.calls}"
        " calls"
    )
    assert figures.calls == len(endpoint.asked) == sum(result.attempts for result in results)
    assert failed_first > 20
    assert recovered >= 0.95 * failed_first
    assert done >= 0.9 * questions
