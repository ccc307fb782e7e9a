"""Everything at once, by chance: each job has one result, and the books are right."""

from __future__ import annotations

from random import Random

import pytest

from guardrails.guardrail import Mode
from tests.endpoint import (
    CUT,
    DROP,
    GARBAGE,
    HANG,
    UNAVAILABLE,
    Endpoint,
    Reply,
    completion,
    flaky,
    judge_words,
)
from tests.jobs import Running, eventually, job_of, setting_of

FAILURES = [UNAVAILABLE, DROP, CUT, GARBAGE, HANG, completion("no"), Reply(status=400)]


@pytest.mark.parametrize("seed", range(6))
def test_every_job_ends_once_with_the_findings_of_its_own_text(seed: int) -> None:
    random = Random(seed)
    script = flaky(judge_words(["bad"]), random.choice([0.05, 0.3, 0.7]), Random(seed), FAILURES)
    jobs = []
    with Endpoint(script) as endpoint, Running(max_waiting=random.choice([20, 1_000])) as running:
        setting = setting_of(
            "judge",
            url=endpoint.url,
            model="m",
            checkpoint="paragraph",
            timeout_s=0.3,
            max_concurrency=random.randint(1, 8),
            max_attempts=random.randint(1, 4),
        )
        for stream in range(40):
            start = 0
            mode = random.choice([Mode.BLOCK, Mode.MONITOR])
            for _ in range(random.randint(1, 5)):
                text = random.choice(["all fine. ", "so bad! ", "bad bad. ", f"number {stream}. "])
                deadline_ms = random.choice([100, 1_000, 5_000])
                jobs.append(
                    job_of(
                        *(setting, text),
                        stream_id=f"s{stream}",
                        start=start,
                        mode=mode,
                        deadline_ms=deadline_ms,
                    )
                )
                start += len(text)
        running.submit(*jobs)
        running.wait(len(jobs))
        eventually(lambda: running.figures("judge").running == 0)
        figures = running.figures("judge")
    assert len(running.answered) == len(jobs)
    for job, result in running.answered:
        text, start = job.text.text, job.text.start
        wanted = [start + n for n in range(len(text)) if text.startswith("bad", n)]
        found = [one.start for one in result.findings]
        assert found == (wanted if result.status == "done" else [])
        assert all(one.end - one.start == 3 for one in result.findings)
        assert (result.status == "done") != isinstance(result.reason, str)
    ends = [result.status for _, result in running.answered]
    assert figures.done == ends.count("done")
    assert figures.failed == ends.count("failed")
    assert figures.timed_out == ends.count("timed_out")
    assert figures.skipped == ends.count("skipped")
    assert figures.calls == sum(result.attempts for _, result in running.answered)
