"""`tidegate run`, `topics`, `tail`: files and pipes; and what is said when no broker is there."""

import json
import signal
import time

import pytest

from tests.flows.command import Command

POLICY = "guardrails: {email: {}}\n"
CHUNKS = [
    {"stream_id": "a", "seq": 0, "text": "write to ada@exam"},
    {"stream_id": "b", "seq": 0, "text": "nothing", "final": True},
    {"stream_id": "a", "seq": 1, "text": "ple.org now", "final": True},
]
NOWHERE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "TIDEGATE_KAFKA_STARTUP_TIMEOUT_S": "1"}


def released(lines: list[dict[str, object]], stream_id: str) -> str:
    verdicts = [line["value"] for line in lines if line["topic"] == "verdicts"]
    return "".join(
        segment["text"]
        for verdict in verdicts
        if verdict["stream_id"] == stream_id
        for segment in verdict["segments"]
    )


def test_files_are_guarded_without_a_broker(tidegate: Command) -> None:
    tidegate.write("p.yaml", POLICY)
    tidegate.write("in.jsonl", CHUNKS)
    call = ("run", "--policy", "p.yaml", "--input", "in.jsonl", "--output", "out.jsonl")
    result = tidegate(*call)
    assert (result.code, result.out, result.err) == (0, "", "")
    content = (tidegate.directory / "out.jsonl").read_text()
    lines = [json.loads(line) for line in content.split("\n") if line]
    assert released(lines, "a") == "write to [EMAIL_ADDRESS] now"
    assert released(lines, "b") == "nothing"
    audits = [line["value"]["stream_id"] for line in lines if line["topic"] == "audit"]
    assert sorted(audits) == ["a", "b"]


def test_pipes_are_guarded_and_bad_events_become_dead_letters(tidegate: Command) -> None:
    tidegate.write("p.yaml", POLICY)
    stdin = b"nope\n" + b"".join(json.dumps(chunk).encode() + b"\n" for chunk in CHUNKS)
    result = tidegate("run", "--policy", "p.yaml", "--input", "-", "--output", "-", stdin=stdin)
    assert result.code == 0
    assert released(result.rows, "a") == "write to [EMAIL_ADDRESS] now"
    assert [line["value"]["reason"] for line in result.rows if line["topic"] == "dead-letters"] == [
        "not-json"
    ]


def test_ctrl_c_stops_a_run_cleanly(tidegate: Command) -> None:
    tidegate.write("p.yaml", POLICY)
    process = tidegate.start("run", "--policy", "p.yaml", "--input", "-", "--output", "-")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps(CHUNKS[1]).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["topic"] in ("verdicts", "audit")
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    # A pipe is read line by line: the stop is seen at the next one.
    process.stdin.close()
    assert process.wait(30) in (0, 130)
    assert b"Traceback" not in process.stderr.read()
    process.stdout.close()
    process.stderr.close()


def test_a_stream_ends_as_idle_while_its_pipe_is_silent(tidegate: Command) -> None:
    tidegate.write("p.yaml", POLICY + "limits: {idle_timeout_s: 1}\n")
    process = tidegate.start("run", "--policy", "p.yaml", "--input", "-", "--output", "-")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps(CHUNKS[0]).encode() + b"\n")
    process.stdin.flush()
    lines = (json.loads(line) for line in iter(process.stdout.readline, b""))
    audit = next(line["value"] for line in lines if line["topic"] == "audit")
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()
    process.stderr.close()
    assert (audit["stream_id"], audit["transport"]["ended_by"]) == ("a", "idle")


@pytest.mark.parametrize(
    "arguments",
    [
        *(("run",), ("topics", "create"), ("tail", "verdicts"), ("policy", "activate", "default")),
        *(("policy", "history", "default"), ("policy", "rollback", "default")),
    ],
    ids=" ".join,
)
def test_without_a_broker_the_exit_code_is_3_and_the_message_says_what_to_set(
    tidegate: Command, arguments: tuple[str, ...]
) -> None:
    result = tidegate(*arguments, **NOWHERE)
    assert result.code == 3
    assert "no Kafka broker answered at 127.0.0.1:9" in result.err
    assert "KAFKA_BOOTSTRAP_SERVERS" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "nonsense"),
        ("TIDEGATE_KAFKA_BATCH_RECORDS", "many"),
        ("TIDEGATE_KAFKA_BACTH_RECORDS", "5"),
        ("TIDEGATE_FINGERPRINT_KEY", "short"),
    ],
)
def test_a_wrong_setting_exits_with_3_and_names_its_variable(
    tidegate: Command, name: str, value: str
) -> None:
    result = tidegate("run", **{name: value})
    assert result.code == 3
    assert name in result.err
    assert "Traceback" not in result.err


def test_an_input_that_is_missing_is_named(tidegate: Command) -> None:
    tidegate.write("p.yaml", POLICY)
    result = tidegate("run", "--policy", "p.yaml", "--input", "no.jsonl", "--output", "-")
    assert result.code == 3
    assert "no.jsonl: cannot be read" in result.err


@pytest.mark.parametrize(
    ("command", "module"), [("demo", "flows.demo"), ("bench", "benchmarks.__main__")]
)
def test_what_stands_only_in_the_repository_is_asked_for_in_words(
    command: str, module: str
) -> None:
    import subprocess
    import sys

    script = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from flows.cli import main; main([{command!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error: the ")
