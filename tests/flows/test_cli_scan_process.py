"""`tidegate scan` as a process: files, pipes, signals, memory, exit codes."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.flows.command import Command
from tests.flows.rows import ROWS


def test_the_input_is_never_overwritten(prepared: Command) -> None:
    before = (prepared.directory / "in.jsonl").read_bytes()
    result = prepared("scan", "--policy", "p.yaml", "--output", "in.jsonl", "in.jsonl")
    assert (result.code, (prepared.directory / "in.jsonl").read_bytes()) == (2, before)


def test_an_output_that_cannot_be_written_exits_with_3(prepared: Command) -> None:
    result = prepared("scan", "--policy", "p.yaml", "--output", "no/such/place", "in.jsonl")
    assert result.code == 3
    assert result.err.startswith("error: no/such/place: cannot be written")


def test_a_full_disk_exits_with_3_and_no_traceback(prepared: Command) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    result = prepared("scan", "--policy", "p.yaml", "--output", "/dev/full", "in.jsonl")
    assert result.code == 3
    assert "No space left on device" in result.err
    assert "Traceback" not in result.err


def test_a_policy_with_errors_exits_with_1_before_anything_is_read(prepared: Command) -> None:
    prepared.write("p.yaml", "guardrails: {emial: {}}")
    result = prepared("scan", "--policy", "p.yaml", "in.jsonl")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: p.yaml:1:14: 'emial'")


def test_the_policy_may_come_from_the_environment(prepared: Command) -> None:
    prepared.write("in.jsonl", [{"id": 1, "text": "bluebird"}])
    assert prepared("scan", "in.jsonl", TIDEGATE_POLICY="p.yaml").rows[0]["action"] == "block"


def test_a_reader_that_goes_away_ends_the_scan_quietly(prepared: Command) -> None:
    prepared.write("in.jsonl", [{"id": n, "text": "x" * 2_000} for n in range(2_000)])
    process = prepared.start("scan", "--policy", "p.yaml", "in.jsonl")
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["id"] == 0
    process.stdout.close()
    errors = process.stderr.read()
    assert (process.wait(60), errors) == (141, b"")
    process.stderr.close()
    if process.stdin is not None:
        process.stdin.close()


def test_ctrl_c_exits_with_130_and_says_nothing(prepared: Command) -> None:
    process = prepared.start("scan", "--policy", "p.yaml", "-")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b'{"id":1,"text":"x"}\n')
    process.stdin.flush()
    # Its answer shows that the scan is under way, and that a pipe waits for no buffer.
    assert json.loads(process.stdout.readline())["id"] == 1
    process.send_signal(signal.SIGINT)
    assert (process.wait(30), process.stderr.read()) == (130, b"")
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_memory_does_not_grow_with_the_file(prepared: Command) -> None:
    peaks = []
    for rows in (50, 500):
        prepared.write("in.jsonl", [{"id": n, "text": "word " * 4_000} for n in range(rows)])
        process = prepared.start(
            "scan", "--policy", "p.yaml", "--chunks", "whole", "--output", "/dev/null", "in.jsonl"
        )
        peaks.append(_peak_kb(process))
    # The larger file has 10 MB.
    assert peaks[1] - peaks[0] < 5_000


def _peak_kb(process: object) -> int:
    peak = 0
    while process.poll() is None:  # type: ignore[attr-defined]
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()  # type: ignore[attr-defined]
        except FileNotFoundError:
            pytest.skip("no /proc here")
        for line in status.splitlines():
            if line.startswith("VmHWM"):
                peak = max(peak, int(line.split()[1]))
        time.sleep(0.005)
    assert process.returncode == 0  # type: ignore[attr-defined]
    for stream in (process.stdin, process.stdout, process.stderr):  # type: ignore[attr-defined]
        stream.close()
    return peak


def test_progress_is_shown_on_standard_error_where_asked_for(prepared: Command) -> None:
    result = prepared("scan", "--policy", "p.yaml", "--progress", "in.jsonl")
    assert len(result.rows) == len(ROWS)
    assert "scanning" in result.err
    assert "100%" in result.err
