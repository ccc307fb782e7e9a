"""From submit to result: each job once, whatever happens to those who take and give."""

from __future__ import annotations

import threading

import pytest

from connectors.checks import Runner
from connectors.checks.checkers import find_missing
from connectors.checks.floor import MAX_STATIONS
from connectors.checks.settings import ChecksSettings
from connectors.settings import SettingError
from guardrails.breaker import BreakerState
from guardrails.errors import ConnectorError
from guardrails.events import CheckResult
from guardrails.job import Job
from guardrails.policy import Policy
from guardrails.setting import Setting
from tests.endpoint import UNAVAILABLE, Endpoint, judge_words
from tests.jobs import Running, eventually, job_of, setting_of


def judge_at(endpoint: Endpoint, **options: object) -> Setting:
    return setting_of("judge", url=endpoint.url, model="m", **options)


def test_every_job_gets_one_result_whoever_submits_it() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint)

        def submit(name: str) -> None:
            for n in range(50):
                running.submit(job_of(setting, f"text {n % 20}", stream_id=f"{name}{n}"))

        threads = [threading.Thread(target=submit, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        running.wait(200)
        eventually(lambda: running.runner.settled)
        streams = [job.request.stream_id for job, _ in running.answered]
        assert len(streams) == len(set(streams)) == 200
        assert running.runner.pending() == []
        for job, result in running.answered:
            request = job.request
            asked = (request.id, request.stream_id, request.guardrail, request.deadline_ms)
            assert asked == (result.id, result.stream_id, result.guardrail, result.deadline_ms)
            assert result.requested_at_ms == job.requested_at_ms


def test_a_job_is_pending_until_its_result_has_been_handed_on() -> None:
    handing_on, may_go_on = threading.Event(), threading.Event()

    def results(_job: Job, _result: CheckResult) -> None:
        handing_on.set()
        may_go_on.wait()

    with Endpoint(judge_words([])) as endpoint, Running(results=results) as running:
        job = job_of(judge_at(endpoint), "text")
        running.submit(job)
        handing_on.wait()
        assert running.runner.pending() == [job]
        assert not running.runner.settled
        may_go_on.set()
        eventually(lambda: running.runner.settled)


def test_jobs_that_were_running_or_waiting_at_the_close_stay_pending() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_concurrency=1)
        endpoint.pause()
        jobs = [job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(3)]
        running.submit(*jobs)
        eventually(lambda: len(endpoint.asked) == 1)
        running.runner.close()
        running.runner.close()
        assert running.runner.pending() == jobs
        assert running.answered == []
        endpoint.go_on()
        with pytest.raises(ConnectorError, match="closed"):
            running.submit(jobs[0])
    with Endpoint(judge_words([])) as endpoint, Running() as again:
        setting = judge_at(endpoint)
        resumed = [job_of(setting, job.text, stream_id=job.request.stream_id) for job in jobs]
        assert {result.status for result in again.run(*resumed)} == {"done"}


def test_a_result_that_cannot_be_handed_on_stops_whoever_submits_next() -> None:
    def results(_job: Job, _result: CheckResult) -> None:
        raise OSError("disk full")

    with Endpoint(judge_words([])) as endpoint, Running(results=results) as running:
        setting = judge_at(endpoint)
        running.submit(job_of(setting, "text"))

        def is_broken() -> bool:
            try:
                running.runner.pending()
            except ConnectorError:
                return True
            return False

        eventually(is_broken)
        assert not running.runner.settled
        with pytest.raises(ConnectorError, match="could not be handed on") as caught:
            running.submit(job_of(setting, "text"))
        assert isinstance(caught.value.__cause__, OSError)


def test_closing_leaves_no_thread_and_a_runner_without_jobs_is_settled() -> None:
    runner = Runner(lambda _job, _result: None, {})
    assert runner.settled
    runner.close()
    assert not [one for one in threading.enumerate() if one.name == "tidegate-checks"]


def test_more_policies_than_are_kept_open_are_all_answered() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        jobs = [
            job_of(judge_at(endpoint, rubric=f"Rubric {n}"), "bad", stream_id=f"s{n}")
            for n in range(150)
        ]
        for job in jobs:
            running.run(job)
        results = running.of(jobs)
        assert {(result.status, len(result.findings)) for result in results} == {("done", 1)}
        assert len(endpoint.asked) == 150


def test_openings_of_a_breaker_are_counted_when_its_station_is_long_closed() -> None:
    with Endpoint(lambda _: UNAVAILABLE) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_attempts=1)
        running.run(*(job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(5)))
        assert running.figures("judge").opened == 1
        endpoint.script = judge_words([])
        for n in range(MAX_STATIONS):
            running.run(job_of(judge_at(endpoint, rubric=f"Rubric {n}"), "text"))
        figures = running.figures("judge")
        assert (figures.breaker, figures.opened) == (BreakerState.CLOSED, 1)


def test_what_the_environment_lacks_is_found_before_anything_runs() -> None:
    policy = Policy(
        guardrails={
            "judge": {"url": "http://localhost:1", "model": "m", "api_key_env": "JUDGE_KEY"},
            "http": {
                "url": "http://localhost:1",
                "headers_env": {"X-Token": "LEGAL_TOKEN"},
                "response": {"flagged": "bad"},
            },
            "moderation": {},
            "email": {},
        }
    )
    assert list(find_missing(policy.resolve(), {"LEGAL_TOKEN": "t\u00f6ken"})) == [
        "'judge': JUDGE_KEY: the policy names this variable and it is not set; set it",
        "'http': LEGAL_TOKEN: expected visible ASCII characters; set it to the secret alone",
    ]
    assert not list(find_missing(policy.resolve(), {"LEGAL_TOKEN": "t", "JUDGE_KEY": "k\n"}))


def test_settings_come_from_the_environment_and_a_misspelt_one_is_refused() -> None:
    assert ChecksSettings.from_env({"TIDEGATE_RUNNER_MAX_WAITING": "7"}).max_waiting == 7
    assert ChecksSettings.from_env({"TIDEGATE_RUNNER_PROCESSES": ""}).processes == 1
    with pytest.raises(SettingError, match="did you mean TIDEGATE_RUNNER_PROCESSES"):
        ChecksSettings.from_env({"TIDEGATE_RUNNER_PROCESES": "2"})
    with pytest.raises(SettingError, match=r"TIDEGATE_RUNNER_PROCESSES: .*got '0'; correct"):
        ChecksSettings.from_env({"TIDEGATE_RUNNER_PROCESSES": "0"})


def test_figures_add_up_to_the_results() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        jobs = [job_of(setting, f"bad {n % 5}", stream_id=f"s{n}") for n in range(15)]
        results = running.run(*jobs)
        figures = running.figures("judge")
        assert figures.done == 15
        assert figures.calls == sum(result.attempts for result in results) == 5
        assert figures.cached == sum(result.cached for result in results) == 10
        assert figures.prompt_tokens == sum(result.prompt_tokens for result in results) == 350
        assert figures.completion_tokens == sum(result.completion_tokens for result in results)
        assert (figures.waiting, figures.failures, figures.skipped) == (0, 0, 0)
