"""The local model: what it finds, and what happens when its process hangs or dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from tests import corpus
from tests.jobs import Running, eventually, job_of, setting_of

pytest.importorskip("profanity_check", reason="the extra `ml` is not installed")

RUDE, KIND = "You are a stupid idiot and I hate you.", "Thank you, that was very kind."


def children(program: str = "worker.py") -> list[int]:
    """The model processes this process has started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text().rpartition(")")[2].split()
            command = (path / "cmdline").read_text()
        except OSError:
            continue
        if stat[0] != "Z" and int(stat[1]) == os.getpid() and program in command:
            found.append(int(path.name))
    return found


def test_an_insult_is_found_and_the_finding_is_the_whole_window() -> None:
    with Running() as running:
        setting = setting_of("toxicity")
        rude, kind = running.run(
            job_of(setting, RUDE, start=40), job_of(setting, KIND, stream_id="t")
        )
    assert [(one.type, one.start, one.end) for one in rude.findings] == [
        ("TOXICITY", 40, 40 + len(RUDE))
    ]
    assert rude.findings[0].confidence > 0.8
    assert (kind.status, kind.findings) == ("done", ())


def test_sentences_that_wait_are_judged_in_few_calls_each_by_itself() -> None:
    with Running() as running:
        setting = setting_of("toxicity")
        jobs = [
            job_of(setting, f"{RUDE if n % 2 else KIND} {n}", stream_id=f"s{n}") for n in range(200)
        ]
        results = running.run(*jobs)
        figures = running.figures("toxicity")
    assert [bool(result.findings) for result in results] == [bool(n % 2) for n in range(200)]
    assert figures.calls == sum(result.attempts for result in results) < 20


@pytest.mark.data
def test_the_model_finds_what_its_page_says_on_labelled_tweets() -> None:
    rows = list(corpus.rows("toxicity/davidson_tweets.jsonl"))
    with Running(max_waiting=len(rows)) as running:
        setting = setting_of("toxicity", deadline_s=600.0)
        results = running.run(*(job_of(setting, row["text"], stream_id=row["id"]) for row in rows))
    found: dict[str, list[bool]] = {}
    for row, result in zip(rows, results, strict=True):
        assert result.status == "done"
        found.setdefault(row["label"], []).append(bool(result.findings))
    shares = {label: sum(each) / len(each) for label, each in found.items()}
    print(shares)
    assert shares["offensive"] > 0.9
    assert shares["hate"] > 0.75
    assert shares["neither"] < 0.04


def test_a_process_that_dies_is_replaced_and_the_question_asked_again() -> None:
    with Running() as running:
        setting = setting_of("toxicity", cache_s=0)
        running.run(job_of(setting, KIND))
        (process,) = children()
        os.kill(process, signal.SIGKILL)
        eventually(lambda: not Path(f"/proc/{process}").exists() or process not in children())
        (result,) = running.run(job_of(setting, RUDE))
        assert (result.status, len(result.findings)) == ("done", 1)
        assert children() != [process]


def test_a_process_that_hangs_is_killed_and_the_question_asked_again() -> None:
    with Running() as running:
        setting = setting_of("toxicity", timeout_s=0.5, cache_s=0, deadline_s=60.0)
        running.run(job_of(setting, KIND))
        (process,) = children()
        os.kill(process, signal.SIGSTOP)
        (result,) = running.run(job_of(setting, RUDE))
        assert (result.status, result.attempts) == ("done", 2)
        assert process not in children()


def test_there_are_as_many_processes_as_the_settings_say_and_none_after_the_close() -> None:
    with Running(processes=2) as running:
        running.runner.prepare([setting_of("toxicity")])
        eventually(lambda: len(children()) == 2)
    assert children() == []


def test_the_processes_end_when_the_one_that_started_them_is_killed() -> None:
    program = (
        "import time\n"
        "from tests.jobs import Running, job_of, setting_of\n"
        "from tests.connectors.checks.test_toxicity import children\n"
        "running = Running()\n"
        "running.run(job_of(setting_of('toxicity'), 'hello'))\n"
        "print(*children(), flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        (worker,) = map(int, parent.stdout.readline().split())
        assert Path(f"/proc/{worker}").exists()
        parent.kill()
    eventually(lambda: not is_running(worker))


def is_running(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_without_the_extra_the_reason_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = util.find_spec
    monkeypatch.setattr(
        "connectors.checks.toxicity.find_spec",
        lambda name: None if name == "profanity_check" else find(name),
    )
    with Running() as running:
        (result,) = running.run(job_of(setting_of("toxicity"), KIND))
    assert result.status == "failed"
    assert isinstance(result.reason, str)
    assert "pip install 'tidegate[ml]'" in result.reason


def test_the_processes_do_not_see_the_secrets_of_the_environment() -> None:
    environ = {**os.environ, "JUDGE_KEY": "sk-secret"}
    with Running(environ) as running:
        running.run(job_of(setting_of("toxicity"), KIND))
        (process,) = children()
        assert b"sk-secret" not in Path(f"/proc/{process}/environ").read_bytes()
