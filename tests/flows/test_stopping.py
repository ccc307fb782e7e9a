"""A stop that comes before the flow has begun: nothing to save, so the process ends at once."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.broker import free_ports
from tests.flows.command import COMMAND, Command, environment


def hears(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process handles SIGTERM by now; Python handles SIGINT from its start."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def wait_until_it_hears(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not hears(process):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, bytes]:
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


@pytest.fixture
def nowhere() -> dict[str, str]:
    """A broker that never answers: a start waits for it, longer than the test."""
    (port,) = free_ports(1)
    return {
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}",
        "TIDEGATE_KAFKA_STARTUP_TIMEOUT_S": "600",
    }


# Seconds after the process first listens: amid imports, policies, and waiting for the broker.
@pytest.mark.parametrize("later_s", [0, 0.1, 0.4, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_run_that_has_not_begun_ends_at_once_with_0(
    tidegate: Command, nowhere: dict[str, str], number: signal.Signals, later_s: float
) -> None:
    process = tidegate.start("run", "--recovery-dir", "recovery", **nowhere)
    wait_until_it_hears(process)
    time.sleep(later_s)
    assert end(process, number) == (0, b"")


@pytest.mark.parametrize("command", [("checks",), ("audit", "run")], ids=" ".join)
def test_every_flow_that_has_not_begun_ends_at_once_with_0(
    tidegate: Command, nowhere: dict[str, str], command: tuple[str, ...]
) -> None:
    process = tidegate.start(*command, "--recovery-dir", "recovery", **nowhere)
    wait_until_it_hears(process)
    time.sleep(0.5)
    assert end(process, signal.SIGTERM) == (0, b"")


def test_a_flow_that_has_begun_writes_its_snapshot_first(tidegate: Command) -> None:
    process = tidegate.start("run", "--input", "-", "--output", "-", "--recovery-dir", "recovery")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"stream_id": "a", "seq": 0, "text": "hello"}\n')
    process.stdin.flush()
    assert b'"held":5' in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    # Its input stays open meanwhile: an end of the input would end the stream.
    assert process.wait(60) == 0
    process.communicate()
    # The text it had held is there again: the snapshot was taken at the stop, not before.
    again = tidegate.start("run", "--input", "-", "--output", "-", "--recovery-dir", "recovery")
    last = b'{"stream_id": "a", "seq": 1, "text": " ada@example.org", "final": true}\n'
    out, err = again.communicate(last, timeout=60)
    assert again.returncode == 0, err
    assert b'"text":"hello ' in out
    assert b"EMAIL_ADDRESS" in out


def test_a_flow_stops_when_its_supervisor_is_gone(tidegate: Command) -> None:
    leash, ours = os.pipe()
    process = subprocess.Popen(
        [*COMMAND, "run", "--input", "-", "--output", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tidegate.directory,
        env=environment(TIDEGATE_LEASH=str(leash)),
        pass_fds=(leash,),
    )
    os.close(leash)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"stream_id": "a", "seq": 0, "text": "hello", "final": true}\n')
    process.stdin.flush()
    assert b"hello" in process.stdout.readline()
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0
