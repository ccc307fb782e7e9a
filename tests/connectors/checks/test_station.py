"""Who is asked, how often, and in which order: cache, shared calls, wider windows, bounds."""

from __future__ import annotations

from random import Random

import pytest

from guardrails.checked_text import CheckedText
from guardrails.events import CheckFinding, CheckResult, Segment
from guardrails.guardrail import Mode
from guardrails.job import Job
from guardrails.setting import Setting
from tests.endpoint import (
    Asked,
    Endpoint,
    Reply,
    completion,
    judge_words,
    judged_text,
    judgement,
    moderations,
)
from tests.jobs import Running, eventually, job_of, setting_of


def judge_at(endpoint: Endpoint, **options: object) -> Setting:
    return setting_of("judge", url=f"{endpoint.url}/v1", model="m", **options)


def texts(endpoint: Endpoint) -> list[str]:
    return [judged_text(asked) for asked in endpoint.asked]


def spans(result: CheckResult) -> list[tuple[int, int]]:
    return [(finding.start, finding.end) for finding in result.findings]


def test_equal_text_is_asked_about_once_under_one_policy_version() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        (first,) = running.run(job_of(setting, "so bad", stream_id="a"))
        (again,) = running.run(job_of(setting, "so bad", stream_id="b", start=100))
        assert (first.attempts, first.cached, spans(first)) == (1, False, [(3, 6)])
        assert (again.attempts, again.cached, spans(again)) == (0, True, [(103, 106)])
        assert (again.prompt_tokens, again.completion_tokens) == (0, 0)
        (other,) = running.run(job_of(setting, "so bad", version="v2"))
        assert not other.cached
        (elsewhere,) = running.run(job_of(judge_at(endpoint, threshold=0.95), "so bad"))
        assert (elsewhere.cached, elsewhere.findings) == (False, ())
        assert len(endpoint.asked) == 3


def test_an_answer_is_not_kept_when_the_policy_says_so() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, cache_s=0)
        running.run(job_of(setting, "text"))
        running.run(job_of(setting, "text"))
        assert len(endpoint.asked) == 2


def test_a_failure_is_not_kept() -> None:
    with Endpoint(lambda _: completion("no json")) as endpoint, Running() as running:
        setting = judge_at(endpoint)
        (failed,) = running.run(job_of(setting, "text"))
        endpoint.script = judge_words([])
        (done,) = running.run(job_of(setting, "text"))
        assert (failed.status, done.status) == ("failed", "done")


def test_the_cache_forgets_what_was_used_least_recently() -> None:
    with Endpoint(judge_words([])) as endpoint, Running(cache_entries=2) as running:
        setting = judge_at(endpoint)
        for text in ("a", "b", "a", "c", "a", "b"):
            running.run(job_of(setting, text))
        assert texts(endpoint) == ["a", "b", "c", "b"]


def test_without_a_cache_every_text_is_asked_about_and_answered() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running(cache_entries=0) as running:
        setting = judge_at(endpoint)
        for _ in range(2):
            (result,) = running.run(job_of(setting, "so bad", deadline_ms=5_000))
            assert (result.status, spans(result)) == ("done", [(3, 6)])
        assert len(endpoint.asked) == 2


def test_who_asks_what_is_being_asked_waits_for_that_answer() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        setting = judge_at(endpoint, cache_s=0)
        endpoint.pause()
        jobs = [job_of(setting, "so bad", stream_id=f"s{n}", start=n) for n in range(5)]
        running.submit(jobs[0])
        eventually(lambda: len(endpoint.asked) == 1)
        running.submit(*jobs[1:])
        endpoint.go_on()
        running.wait(5)
        results = running.of(jobs)
        assert texts(endpoint) == ["so bad"]
        assert [spans(result) for result in results] == [[(n + 3, n + 6)] for n in range(5)]
        assert [result.attempts for result in results] == [1, 0, 0, 0, 0]
        assert [result.cached for result in results] == [False, True, True, True, True]


def test_no_more_calls_are_open_than_the_policy_allows() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_concurrency=3)
        endpoint.pause()
        jobs = [job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(10)]
        running.submit(*jobs)
        eventually(lambda: len(endpoint.asked) == 3)
        eventually(lambda: running.figures("judge").waiting == 7)
        assert running.figures("judge").running == 3
        endpoint.go_on()
        running.wait(10)
        assert endpoint.most_at_once == 3


def windows(setting: Setting, *pieces: str, stream_id: str = "s", **options: object) -> list[Job]:
    jobs, start = [], 0
    for piece in pieces:
        jobs.append(job_of(setting, piece, stream_id=stream_id, start=start, **options))
        start += len(piece)
    return jobs


def behind(endpoint: Endpoint, running: Running, setting: Setting) -> None:
    """Leave no call free until the endpoint goes on."""
    endpoint.pause()
    running.submit(job_of(setting, "first", stream_id="other"))
    eventually(lambda: len(endpoint.asked) == 1)


def test_windows_that_wait_are_joined_to_one_call() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        setting = judge_at(endpoint, checkpoint="paragraph", max_concurrency=1)
        behind(endpoint, running, setting)
        jobs = windows(setting, "All good. ", "so bad! ", "Fine.", "bad again")
        running.submit(*jobs)
        endpoint.go_on()
        running.wait(5)
        assert texts(endpoint) == ["first", "All good. so bad! Fine.bad again"]
        results = running.of(jobs)
        assert [spans(result) for result in results] == [[], [(13, 16)], [], [(23, 26)]]
        assert [result.attempts for result in results] == [1, 0, 0, 0]
        assert [result.prompt_tokens for result in results] == [70, 0, 0, 0]


def test_a_finding_across_joined_windows_is_clipped_to_each() -> None:
    with Endpoint(judge_words(["bad things"])) as endpoint, Running() as running:
        setting = judge_at(endpoint, checkpoint="paragraph", max_concurrency=1)
        behind(endpoint, running, setting)
        jobs = windows(setting, "very bad ", "things here")
        running.submit(*jobs)
        endpoint.go_on()
        running.wait(3)
        assert [spans(result) for result in running.of(jobs)] == [[(5, 9)], [(9, 15)]]


def test_what_is_found_in_joined_windows_as_a_whole_counts_for_each() -> None:
    with Endpoint(lambda _: judgement(0.8)) as endpoint, Running() as running:
        setting = judge_at(endpoint, checkpoint="paragraph", max_concurrency=1)
        behind(endpoint, running, setting)
        jobs = windows(setting, "one. ", "two. ", "three.")
        running.submit(*jobs)
        endpoint.go_on()
        running.wait(4)
        # The space behind a sentence is not part of what was found.
        assert [result.findings for result in running.of(jobs)] == [
            (CheckFinding("JUDGED", 0, 4, 0.8),),
            (CheckFinding("JUDGED", 5, 9, 0.8),),
            (CheckFinding("JUDGED", 10, 16, 0.8),),
        ]


def test_windows_of_different_streams_versions_or_places_are_not_joined() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, checkpoint="paragraph", max_concurrency=1)
        behind(endpoint, running, setting)
        running.submit(
            job_of(setting, "aaa", stream_id="a"),
            job_of(setting, "bbb", stream_id="b", start=3),
            job_of(setting, "ccc", stream_id="a", start=3, version="v2"),
            job_of(setting, "ddd", stream_id="a", start=4),
        )
        endpoint.go_on()
        running.wait(5)
        assert texts(endpoint) == ["first", "aaa", "bbb", "ccc", "ddd"]


def test_joined_windows_stay_below_the_longest_text() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, checkpoint="paragraph", max_concurrency=1, max_chars=10)
        behind(endpoint, running, setting)
        running.submit(*windows(setting, "12345", "67890", "abcde", "12345678901"))
        endpoint.go_on()
        results = running.wait(5)
        assert texts(endpoint) == ["first", "1234567890", "abcde"]
        assert sorted(result.status for result in results) == ["done"] * 4 + ["failed"]
        too_long = next(result for result in results if result.status == "failed")
        assert too_long.reason == "the text has more than 10 characters"


def test_findings_lead_back_to_the_stream_through_labels() -> None:
    redacted = CheckedText(
        [
            Segment(100, 109, "Write to "),
            Segment(109, 140, "[MAIL]", "email"),
            Segment(140, 146, " badly"),
        ]
    )
    with Endpoint(judge_words(["bad", "MAIL"])) as endpoint, Running() as running:
        (result,) = running.run(job_of(judge_at(endpoint), redacted))
        assert texts(endpoint) == ["Write to [MAIL] badly"]
        assert spans(result) == [(109, 140), (141, 144)]


def test_every_window_has_the_findings_it_would_have_alone_whatever_was_joined() -> None:
    random = Random(3)
    words = ["fine ", "good ", "bad ", "ok. "]
    for _ in range(10):
        pieces = ["".join(random.choices(words, k=random.randint(1, 4))) for _ in range(8)]
        with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
            setting = judge_at(endpoint, checkpoint="paragraph", max_concurrency=1, cache_s=0)
            behind(endpoint, running, setting)
            jobs = windows(setting, *pieces)
            running.submit(*jobs)
            endpoint.go_on()
            running.wait(9)
            joined = [set(spans(result)) for result in running.of(jobs)]
            alone = []
            for job in jobs:
                (result,) = running.run(job_of(setting, job.text))
                alone.append(set(spans(result)))
        assert joined == alone


def test_texts_that_wait_for_a_moderation_go_as_one_list() -> None:
    def moderate(asked: Asked) -> Reply:
        return moderations(
            [{"hate": 0.9 if "bad" in text else 0.1} for text in asked.body["input"]]
        )

    with Endpoint(moderate) as endpoint, Running() as running:
        setting = setting_of("moderation", url=endpoint.url, max_concurrency=1)
        behind(endpoint, running, setting)
        jobs = [
            job_of(setting, f"{'bad' if n % 3 else 'ok'} {n}", stream_id=f"s{n}") for n in range(9)
        ]
        same = job_of(setting, "bad 1", stream_id="t")
        running.submit(*jobs, same)
        endpoint.go_on()
        running.wait(11)
        assert [len(asked.body["input"]) for asked in endpoint.asked] == [1, 9]
        results = running.of(jobs)
        assert [bool(result.findings) for result in results] == [bool(n % 3) for n in range(9)]
        assert sum(result.attempts for result in results) == 1
        assert running.of([same])[0].findings[0].type == "HATE"


def test_what_text_waits_for_goes_before_what_only_watches() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        setting = judge_at(endpoint, max_concurrency=1)
        behind(endpoint, running, setting)
        for n in range(3):
            running.submit(job_of(setting, f"monitor {n}", stream_id=f"m{n}", mode=Mode.MONITOR))
        for n in range(3):
            running.submit(job_of(setting, f"block {n}", stream_id=f"b{n}"))
        endpoint.go_on()
        running.wait(7)
        assert [text.split()[0] for text in texts(endpoint)[1:]] == ["block"] * 3 + ["monitor"] * 3
        assert texts(endpoint)[1:4] == ["block 0", "block 1", "block 2"]


@pytest.mark.parametrize("limits", [{"max_waiting": 4}, {"max_waiting_chars": 40}])
def test_what_does_not_fit_is_skipped_monitors_first_and_the_youngest(
    limits: dict[str, int],
) -> None:
    with Endpoint(judge_words([])) as endpoint, Running(**limits) as running:
        setting = judge_at(endpoint, max_concurrency=1)
        behind(endpoint, running, setting)
        watching = [
            job_of(setting, f"monitor  {n}", stream_id=f"m{n}", mode=Mode.MONITOR) for n in range(4)
        ]
        running.submit(*watching)
        eventually(lambda: running.figures("judge").waiting == 4)
        blocking = [job_of(setting, f"blocking {n}", stream_id=f"b{n}") for n in range(5)]
        # Watchers make room.
        assert running.runner.has_room(blocking[0])
        running.submit(*blocking[:4])
        eventually(lambda: not running.runner.has_room(blocking[4]))
        running.submit(blocking[4])
        running.wait(5)
        skipped = [job.text.text for job, _ in running.answered]
        assert skipped == ["monitor  3", "monitor  2", "monitor  1", "monitor  0", "blocking 4"]
        assert {result.status for _, result in running.answered} == {"skipped"}
        endpoint.go_on()
        running.wait(10)
        assert running.runner.settled


def test_text_of_white_space_only_is_done_without_a_call() -> None:
    with Endpoint(judge_words([])) as endpoint, Running() as running:
        (result,) = running.run(job_of(judge_at(endpoint), " \n\t "))
        assert (result.status, result.attempts, endpoint.asked) == ("done", 0, [])


def test_two_judges_of_one_policy_have_stations_of_their_own() -> None:
    with Endpoint(judge_words(["bad"])) as endpoint, Running() as running:
        common = {"url": endpoint.url, "model": "m"}
        tone = setting_of("judge/tone", **common, type="TONE", rubric="Is it rude?")
        legal = setting_of("judge/legal", **common, rubric="Is it legal advice?")
        first, second = running.run(job_of(tone, "bad"), job_of(legal, "bad"))
        assert [first.findings[0].type, second.findings[0].type] == ["TONE", "JUDGED"]
        assert {first.guardrail, second.guardrail} == {"judge/tone", "judge/legal"}
        rubrics = [asked.body["messages"][0]["content"] for asked in endpoint.asked]
        assert len(set(rubrics)) == 2
        assert set(running.runner.figures()) == {"judge/tone", "judge/legal"}
