"""Another worker count, disjoint processes, a cluster: the streams never notice."""

import os
import re
import signal
import time
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from connectors.kafka.settings import KafkaSettings
from guardrails.events import Rollup
from tests.broker import Broker, alive, free_ports
from tests.integration.guarding import Deployment, check, interleave, own_streams, stop

pytestmark = pytest.mark.integration

PARTITIONS = 4


@pytest.fixture
def deployment(broker: Broker, tmp_path: Path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client="confluent")
    deployment = Deployment(settings, tmp_path, PARTITIONS)
    yield deployment
    deployment.close()


def in_parts(chunks: list[dict[str, object]], count: int) -> list[list[dict[str, object]]]:
    """Cut the load, so that streams are open whenever a process is stopped."""
    cuts = [len(chunks) * part // count for part in range(count + 1)]
    return [chunks[start:end] for start, end in pairwise(cuts)]


def run(directory: Path, *options: str) -> tuple[str, ...]:
    return ("-m", "flows", "run", "--epoch-s", "0.3", "--recovery-dir", str(directory), *options)


def log(deployment: Deployment) -> str:
    return (deployment.recovery.parent / "guard.log").read_text()


def wait_for_log(deployment: Deployment, pattern: str, count: int) -> list[str]:
    """Wait until the processes have said something so often; return it."""
    deadline = time.monotonic() + 60
    while len(found := re.findall(pattern, log(deployment))) < count:
        assert time.monotonic() < deadline, log(deployment)
        time.sleep(0.05)
    return found


def produce_half_answered(deployment: Deployment, chunks: list[dict[str, object]]) -> None:
    """Write chunks, and return when about half of them are answered."""
    wanted = deployment.ends("verdicts") + len(chunks) // 2
    deployment.produce(chunks)
    assert deployment.wait_for("verdicts", wanted) >= wanted


def wait_until_audited(deployment: Deployment, streams: dict[str, list[str]]) -> None:
    """Wait for an audit record of every stream; after a kill some come twice."""
    deadline = time.monotonic() + 60
    wanted = len(streams)
    while True:
        if (found := deployment.ends("audit")) >= wanted:
            if {record.key.decode() for record in deployment.records("audit")} == set(streams):
                return
            wanted = found + 1
        assert time.monotonic() < deadline, log(deployment)
        time.sleep(0.1)


def test_workers_change_from_1_to_3_to_2_and_every_stream_is_whole(deployment: Deployment) -> None:
    streams = own_streams(240)
    parts = in_parts(interleave(streams), 4)
    ends = [signal.SIGTERM, signal.SIGKILL, signal.SIGTERM]
    for part, workers, how in zip(parts, ("1", "3", "2"), ends, strict=False):
        process = deployment.start(*run(deployment.recovery, "--workers", workers))
        produce_half_answered(deployment, part)
        assert stop(process, how) == (0 if how is signal.SIGTERM else -how)
    process = deployment.start(*run(deployment.recovery, "--workers", "3"))
    deployment.produce(parts[3])
    wait_until_audited(deployment, streams)
    assert stop(process, signal.SIGTERM) == 0
    check(deployment, streams)


def test_disjoint_processes_scale_and_die_apart_and_every_stream_is_whole(
    deployment: Deployment, tmp_path: Path
) -> None:
    streams = own_streams(240)
    parts = in_parts(interleave(streams), 3)
    apart = {"0-1": tmp_path / "first", "2,3": tmp_path / "second"}

    def start(workers: str):
        return [
            deployment.start(*run(directory, "--partitions", numbers, "--workers", workers))
            for numbers, directory in apart.items()
        ]

    for part, workers, hows in (
        (parts[0], "1", (signal.SIGTERM, signal.SIGKILL)),
        (parts[1], "3", (signal.SIGKILL, signal.SIGTERM)),
    ):
        processes = start(workers)
        produce_half_answered(deployment, part)
        for process, how in zip(processes, hows, strict=True):
            assert stop(process, how) == (0 if how is signal.SIGTERM else -how)
    processes = start("2")
    deployment.produce(parts[2])
    wait_until_audited(deployment, streams)
    assert [stop(process, signal.SIGTERM) for process in processes] == [0, 0]
    check(deployment, streams)
    # Each took its own part, and none of the other's.
    owners = {
        numbers: (directory / "owner.json").read_text() for numbers, directory in apart.items()
    }
    assert '"partitions":[0,1],"count":4' in owners["0-1"]
    assert '"partitions":[2,3],"count":4' in owners["2,3"]


def test_a_supervised_cluster_that_loses_a_process_starts_again_and_loses_nothing(
    deployment: Deployment,
) -> None:
    streams = own_streams(240)
    parts = in_parts(interleave(streams), 4)
    cluster = ("-m", "flows", "supervise", "--processes", "2", "--")
    command = run(deployment.recovery, "--workers", "2")[2:]
    supervisor = deployment.start(*cluster, *command)
    for number, part in enumerate(parts[:2]):
        produce_half_answered(deployment, part)
        started = wait_for_log(
            deployment, r"started process='run [01]/2' pid=(\d+)", 2 * number + 2
        )
        # Once each of the two.
        os.kill(int(started[2 * number + number]), signal.SIGKILL)
        wait_for_log(deployment, r"started process=", 2 * number + 4)
    produce_half_answered(deployment, parts[2])
    assert stop(supervisor, signal.SIGTERM, 60) == 0
    # The cluster's snapshots serve a single process with another number of workers.
    single = deployment.start(*run(deployment.recovery, "--workers", "3"))
    deployment.produce(parts[3])
    wait_until_audited(deployment, streams)
    assert stop(single, signal.SIGTERM) == 0
    check(deployment, streams)
    assert "Traceback" not in log(deployment)


def test_one_process_becomes_two_that_share_nothing_and_every_stream_is_whole(
    deployment: Deployment, tmp_path: Path
) -> None:
    streams = own_streams(120)
    parts = in_parts(interleave(streams), 2)
    single = deployment.start(*run(deployment.recovery, "--workers", "2"))
    produce_half_answered(deployment, parts[0])
    assert stop(single, signal.SIGTERM) == 0
    apart = {"0-2": tmp_path / "first", "3": tmp_path / "second"}
    shares = [f"{directory}={numbers}" for numbers, directory in apart.items()]
    splitting = deployment.start(
        "-m", "flows", "recovery", "split", str(deployment.recovery), *shares
    )
    assert splitting.wait(60) == 0, log(deployment)
    processes = [
        deployment.start(*run(directory, "--partitions", numbers))
        for numbers, directory in apart.items()
    ]
    deployment.produce(parts[1])
    wait_until_audited(deployment, streams)
    assert [stop(process, signal.SIGTERM) for process in processes] == [0, 0]
    # They went on, and did not begin anew.
    assert deployment.ends("audit") == len(streams)
    check(deployment, streams)


def test_supervised_disjoint_processes_start_again_one_by_one(deployment: Deployment) -> None:
    streams = own_streams(120)
    parts = in_parts(interleave(streams), 2)
    apart = ("--partitions", "0-1", "--partitions", "2-3", "--")
    directory = deployment.recovery / "{partitions}"
    supervisor = deployment.start("-m", "flows", "supervise", *apart, *run(directory)[2:])
    produce_half_answered(deployment, parts[0])
    (pid,) = wait_for_log(deployment, r"started process='run 2-3' pid=(\d+)", 1)
    os.kill(int(pid), signal.SIGKILL)
    deployment.produce(parts[1])
    wait_until_audited(deployment, streams)
    assert stop(supervisor, signal.SIGTERM, 60) == 0
    assert log(deployment).count("started process='run 0-1'") == 1
    assert log(deployment).count("started process='run 2-3'") == 2
    check(deployment, streams)


def start_cluster(deployment: Deployment, form: str):
    ports = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for number in (0, 1):
        if form == "run":
            more = ("--process", str(number), "--addresses", ",".join(ports))
            command = run(deployment.recovery, *more)
        else:
            command = ("-m", "bytewax.run", "flows.guard", "-i", str(number), "-a", ";".join(ports))
        processes.append(deployment.start(*command))
    return processes


@pytest.mark.parametrize("form", ["run", pytest.param("bytewax.run", marks=pytest.mark.long)])
def test_two_processes_on_loopback_are_one_cluster(deployment: Deployment, form: str) -> None:
    streams = own_streams(60)
    deployment.produce(interleave(streams))
    processes = start_cluster(deployment, form)
    wait_until_audited(deployment, streams)
    # One after the other: the first waits for the second, and both write a last snapshot.
    for process in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process in processes] == [0, 0]
    check(deployment, streams)


def test_a_cluster_that_lost_a_process_ends_and_says_what_to_do(deployment: Deployment) -> None:
    streams = own_streams(20)
    deployment.produce(interleave(streams))
    first, second = start_cluster(deployment, "run")
    wait_until_audited(deployment, streams)
    stop(second, signal.SIGKILL)
    assert first.wait(30) == 3
    assert "error: another process of the cluster ended; start all of them again" in log(deployment)
    assert "Traceback" not in log(deployment)


def test_a_lone_process_of_a_cluster_can_be_told_to_stop_while_it_waits(
    deployment: Deployment,
) -> None:
    addresses = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
    more = ("--process", "0", "--addresses", addresses)
    process = deployment.start(*run(deployment.recovery, *more))
    deadline = time.monotonic() + 60
    # The store is there: the next thing it does is to wait for the other one.
    while not (deployment.recovery / "owner.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    assert stop(process, signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("3-5", "there is no partition 4-5 of {0}chunks"),
        (
            "3-1",
            "TIDEGATE_PARTITIONS: Value error, expected the smaller partition first, got '3-1'",
        ),
        ("all", "TIDEGATE_PARTITIONS: Value error, expected partitions such as '0-3,7', got 'all'"),
    ],
)
def test_partitions_that_cannot_be_read_are_refused(
    deployment: Deployment, wanted: str, said: str
) -> None:
    process = deployment.start(*run(deployment.recovery, "--partitions", wanted))
    assert process.wait(60) == 3
    assert said.format(deployment.settings.topic_prefix) in log(deployment)
    # The variable does the same, also with Bytewax's own command.
    process = deployment.start("-m", "bytewax.run", "flows.guard", TIDEGATE_PARTITIONS=wanted)
    assert process.wait(60) != 0
    assert log(deployment).count(said.format(deployment.settings.topic_prefix)) >= 2


def test_checks_read_their_partitions_too_and_refuse_those_that_do_not_exist(
    deployment: Deployment,
) -> None:
    process = deployment.start("-m", "flows", "checks", "--partitions", "0,9")
    assert process.wait(60) == 3
    prefix = deployment.settings.topic_prefix
    assert f"there is no partition 9 of {prefix}checks: each has 4" in log(deployment)
    directory = deployment.recovery / "checks"
    process = deployment.start(
        *("-m", "flows", "checks", "--partitions", "1-2", "--recovery-dir", str(directory))
    )
    deadline = time.monotonic() + 60
    while not list(directory.glob("part-*.sqlite3")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    assert stop(process, signal.SIGTERM) == 0
    assert '"flow":"tidegate_checks"' in (directory / "owner.json").read_text()
    assert '"partitions":[1,2]' in (directory / "owner.json").read_text()


def test_the_audit_flow_reads_every_partition_whatever_the_guard_reads(
    deployment: Deployment,
) -> None:
    streams = own_streams(24)
    deployment.produce(interleave(streams))
    guard = deployment.start(*run(deployment.recovery))
    wait_until_audited(deployment, streams)
    assert stop(guard, signal.SIGTERM) == 0
    audit = ("-m", "flows", "audit", "run", "--until-end")
    assert deployment.start(*audit, TIDEGATE_PARTITIONS="0").wait(60) == 0
    minutes = {}
    for record in deployment.records("audit-rollup"):
        rollup = msgspec.json.decode(record.value, type=Rollup)
        minutes[rollup.tenant, rollup.minute_ms] = rollup.streams
    assert sum(minutes.values()) == len(streams)


def test_a_directory_of_other_partitions_is_refused_with_what_to_do(
    deployment: Deployment,
) -> None:
    deployment.produce(interleave(own_streams(4)))
    process = deployment.start(*run(deployment.recovery, "--partitions", "0,1"))
    deployment.wait_for("verdicts", 1)
    assert stop(process, signal.SIGTERM) == 0
    for options in ((), ("--partitions", "1-2")):
        process = deployment.start(*run(deployment.recovery, *options))
        assert process.wait(60) == 3
    assert (
        f"{deployment.recovery} holds the state of partitions 0-1, and this run reads 0-3"
        in log(deployment)
    )
    assert "this run reads 1-2; run it with --partitions 0-1, split it" in log(deployment)
    # And it was not touched: its own process goes on.
    before = deployment.ends("verdicts")
    process = deployment.start(*run(deployment.recovery, "--partitions", "0-1"))
    later = {f"later-{name}": pieces for name, pieces in own_streams(8).items()}
    deployment.produce(interleave(later))
    assert deployment.wait_for("verdicts", before + 1) > before
    assert stop(process, signal.SIGTERM) == 0


def test_a_directory_in_use_is_refused_and_free_again_after_a_kill(deployment: Deployment) -> None:
    deployment.produce(interleave(own_streams(4)))
    first = deployment.start(*run(deployment.recovery))
    deployment.wait_for("verdicts", 1)
    second = deployment.start(*run(deployment.recovery))
    assert second.wait(60) == 3
    assert f"{deployment.recovery} is in use by process {first.pid} on " in log(deployment)
    assert alive(first.pid)
    stop(first, signal.SIGKILL)
    before = deployment.ends("verdicts")
    third = deployment.start(*run(deployment.recovery))
    deployment.produce(interleave({"later": own_streams(1)["own-0"]}))
    assert deployment.wait_for("verdicts", before + 1) > before
    assert stop(third, signal.SIGTERM) == 0
