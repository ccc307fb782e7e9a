"""`tidegate supervise`: restarts what dies, gives up, passes signals on, leaves nobody behind."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.backoff import CALM_S, LONGEST_S, Backoff
from flows.exits import UsageError
from flows.roster import list_crews
from tests.broker import alive, free_ports
from tests.flows.command import COMMAND, Command, environment

STARTED = r"started process='?{}'? pid=(\d+)"


class Supervised:
    """A supervisor that runs, and what it has written so far."""

    def __init__(self, directory: Path, *options: str, **extra: str) -> None:
        self._log = directory / "supervise.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "supervise", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                env=environment(**extra),
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, pattern: str, count: int = 1) -> list[str]:
        """Wait until it has said something so often; return what the groups were."""
        deadline = time.monotonic() + 60
        while len(found := re.findall(pattern, self.said)) < count:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)
        return found

    def started(self, name: str = "run", count: int = 1) -> list[int]:
        """Wait for starts of a process, until it listens to signals; return all process ids."""
        pids = [int(pid) for pid in self.wait_for(STARTED.format(name), count)]
        wait_until(lambda: listens(pids[-1]))
        return pids

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(60)


def listens(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def supervise(tmp_path: Path):
    """`supervise(*options)` runs a supervisor, whose processes wait for a broker for ever."""
    running = []
    (port,) = free_ports(1)
    nowhere = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}"}

    def supervise(*options: str, patience_s: int = 600) -> Supervised:
        one = Supervised(
            *(tmp_path, *options), **nowhere, TIDEGATE_KAFKA_STARTUP_TIMEOUT_S=str(patience_s)
        )
        running.append(one)
        return one

    yield supervise
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        for pid in re.findall(STARTED.format(".*"), one.said):
            wait_until(lambda pid=int(pid): not alive(pid))


def test_a_process_that_dies_is_started_again(supervise) -> None:
    one = supervise("--", "run", "--recovery-dir", "r")
    for count in (1, 2):
        os.kill(one.started(count=count)[-1], signal.SIGKILL)
    one.started(count=3)
    assert re.search(r"WARNING flows\.supervisor: ended process=run signal=SIGKILL\n", one.said)
    pauses = [
        float(pause) for pause in one.wait_for(r"starting again process=run pause_s=([\d.]+)", 2)
    ]
    assert 0.2 <= pauses[0] <= 0.5
    assert 0.5 <= pauses[1] <= 1.0
    one.signal(signal.SIGTERM)
    assert one.wait() == 0
    assert "ended process=run exit_code=0" in one.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_stops_every_process_cleanly(supervise, number: signal.Signals) -> None:
    one = supervise(
        "--partitions", "0-3", "--partitions", "7,4", "--", "run", "--recovery-dir", "{partitions}"
    )
    pids = one.started("run 0-3") + one.started("run 4,7")
    one.signal(number)
    assert one.wait() == 0
    assert one.said.count("exit_code=0") == 2
    assert not any(alive(pid) for pid in pids)


def test_a_process_that_ends_well_is_left_alone(supervise, tidegate: Command) -> None:
    tidegate.write("in.jsonl", [{"stream_id": "a", "seq": 0, "text": "hello", "final": True}])
    one = supervise("--", "run", "--input", "in.jsonl", "--output", "out{process}.jsonl")
    assert one.wait() == 0
    assert one.said.count("started process=") == 1
    assert '"outcome"' in (tidegate.directory / "out0.jsonl").read_text()


@pytest.mark.parametrize(
    ("command", "code"),
    [(("run", "--policy", "missing.yaml"), 2), (("run", "--policy", "broken.yaml"), 1)],
)
def test_what_a_restart_would_not_help_ends_with_its_own_code(
    supervise, tidegate: Command, command: tuple[str, ...], code: int
) -> None:
    tidegate.write("broken.yaml", "guardrails: {emial: {}}\n")
    one = supervise("--", *command)
    assert one.wait() == code
    assert one.said.count("started process=") == 1
    assert "not started again, it would end the same way" in one.said


@pytest.mark.long
def test_it_gives_up_after_so_many_failures_in_a_row_with_3(supervise) -> None:
    one = supervise("--give-up-after", "3", "--", "run", patience_s=1)
    assert one.wait() == 3
    assert one.said.count("started process=") == 3
    assert one.said.count("error: no Kafka broker answered") == 3
    assert "given up process=run failures=3" in one.said


def test_one_that_cannot_go_on_stops_the_others_cleanly(supervise, tidegate: Command) -> None:
    options = ("--partitions", "0", "--partitions", "1", "--")
    # Only the second has a policy.
    tidegate.write("1.yaml", "guardrails: {email: {}}\n")
    one = supervise(
        *options, "run", "--recovery-dir", "{partitions}", "--policy", "{partitions}.yaml"
    )
    assert one.wait() == 2
    assert re.search(r"ended process='run 1' (exit_code=0|signal=SIGTERM)\n", one.said)


def test_a_process_that_does_not_end_is_killed_in_time_and_told_by_3(supervise) -> None:
    one = supervise("--stop-timeout-s", "1", "--", "run")
    (pid,) = one.started()
    os.kill(pid, signal.SIGSTOP)
    one.signal(signal.SIGTERM)
    assert one.wait() == 3
    assert "killed, it did not end in time process=run" in one.said
    assert not alive(pid)


def test_a_second_signal_kills_at_once(supervise) -> None:
    one = supervise("--stop-timeout-s", "3600", "--", "run")
    (pid,) = one.started()
    os.kill(pid, signal.SIGSTOP)
    one.signal(signal.SIGINT)
    one.wait_for("stopping signal=SIGINT")
    one.signal(signal.SIGINT)
    assert one.wait() == 3
    assert not alive(pid)


def test_a_signal_during_a_pause_ends_it(supervise) -> None:
    one = supervise("--", "run")
    for count in range(1, 5):
        pids = [int(pid) for pid in one.wait_for(STARTED.format("run"), count)]
        os.kill(pids[-1], signal.SIGKILL)
        one.wait_for("starting again", count)
    one.signal(signal.SIGTERM)
    assert one.wait() == 0
    assert one.said.count("started process=") == 4


def test_no_process_outlives_a_supervisor_that_is_killed(supervise) -> None:
    one = supervise(
        *("--partitions", "0", "--partitions", "1", "--"),
        *("checks", "--recovery-dir", "{partitions}"),
    )
    pids = one.started("checks 0") + one.started("checks 1")
    one.signal(signal.SIGKILL)
    one.wait()
    wait_until(lambda: not any(alive(pid) for pid in pids))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("scan", "x"), "'audit run' or 'webhooks run' behind --, got 'scan'"),
        (("--processes", "2", "checks"), "only `run` can be a cluster; give checks --partitions"),
        (
            ("--partitions", "0", "--partitions", "1", "run"),
            "--recovery-dir ./recovery/{partitions",
        ),
        (("--partitions", "0-2", "--partitions", "2", "run"), "2 is given to two processes"),
        (("--partitions", "x", "run"), "expected partitions such as '0-3,7', got 'x'"),
        (("--partitions", "0", "--processes", "2", "run"), "a cluster shares partitions out"),
        (("--partitions", "0", "audit", "run"), "reads all partitions in one process"),
        (("--partitions", "0", "webhooks", "run"), "reads all partitions in one process"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_call_starts_nothing(tidegate: Command, call: tuple[str, ...], said: str) -> None:
    result = tidegate("supervise", *call)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "started" not in result.err


def test_a_cluster_gets_other_ports_at_every_start() -> None:
    ((name, calls),) = list_crews(["run", "--recovery-dir", "r"], processes=3)
    assert name == "run"
    first, second = calls(), calls()
    assert [call.name for call in first] == ["run 0/3", "run 1/3", "run 2/3"]
    assert [call.environ["TIDEGATE_PROCESS"] for call in first] == ["0", "1", "2"]
    (addresses,) = {call.environ["TIDEGATE_ADDRESSES"] for call in first}
    assert re.fullmatch(r"(127\.0\.0\.1:\d+,){2}127\.0\.0\.1:\d+", addresses)
    assert len(set(addresses.split(","))) == 3
    assert {call.environ["TIDEGATE_ADDRESSES"] for call in second} != {addresses}


def test_a_process_in_a_cluster_of_one_is_none() -> None:
    ((_, calls),) = list_crews(["run"])
    assert [call.environ for call in calls()] == [{}]
    with pytest.raises(UsageError):
        list_crews(["audit", "verify"])


def test_pauses_double_up_to_a_bound_and_chance_halves_them_at_most() -> None:
    full, half = (Backoff(100, lambda chance=chance: chance) for chance in (1.0, 0.0))
    for failures in range(1, 50):
        longest, shortest = full.failed(0), half.failed(0)
        assert longest == min(LONGEST_S, 0.5 * 2 ** (failures - 1))
        assert shortest == longest / 2


def test_a_minute_of_calm_forgets_the_failures_before() -> None:
    backoff = Backoff(3, lambda: 1.0)
    for _ in range(10):
        assert [backoff.failed(CALM_S), backoff.failed(CALM_S - 1)] == [0.5, 1.0]
    assert backoff.failed(CALM_S - 1) is None


def test_the_supervisor_of_a_pipe_reads_nothing(supervise) -> None:
    """Lines from standard input cannot be read again after a restart."""
    one = supervise("--", "run", "--input", "-", "--output", "out.jsonl")
    assert one.wait() == 0
