"""What a person reads when no snapshot can be written."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from bytewax.dataflow import Dataflow

from flows import runtime
from guardrails.errors import ConnectorError

ROOT = Path(__file__).parents[2]


def test_a_full_disk_ends_the_flow_and_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flows", "run", "--input", "-", "--output", "-"]
    options = ["--recovery-dir", str(tmp_path / "recovery"), "--epoch-s", "0.1"]
    with subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps({"stream_id": "s", "seq": 0, "text": "a "}) + "\n")
        process.stdin.flush()
        assert process.stdout.readline()
        # No file of that process may grow any more.
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
        said = process.stderr.read()
        assert process.wait(60) == 3
    assert "no snapshot can be written (File too large); make room there, then start again" in said


def test_what_the_store_said_is_told_though_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Bytewax 0.21.1 raises it, copied from a disk that was full; its files are closed by then.
    text = "(src/run.rs:167:13) called `Result::unwrap()` on an `Err` value: SqliteFailure(Error"
    text += ' { code: DiskFull, extended_code: 13 }, Some("database or disk is full"))'

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(runtime, "cli_main", fail)
    with pytest.raises(ConnectorError, match=r"written \(database or disk is full\); make room"):
        runtime.run(Dataflow("none"), threading.Event(), recovery_dir=tmp_path / "recovery")
