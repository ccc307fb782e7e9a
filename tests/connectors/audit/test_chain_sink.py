"""Chains behind a flow: workers, epochs, aborts, and what the snapshot guards."""

import json
from datetime import timedelta

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSource, cluster_main

from connectors.audit.chain_check import check_chain, find_chains
from connectors.audit.chain_files import chain_directory, list_files
from connectors.audit.chain_sink import ChainSink
from guardrails.chain import Seal
from guardrails.errors import ConnectorError
from guardrails.repeats import Reading
from tests.audits import audit, record
from tests.integration.kafka_flow import reason_of

SEAL = Seal(b"0123456789abcdef0123456789abcdef")
PARTITIONS = 3


def reading(partition: int, offset: int) -> tuple[str, Reading]:
    event = audit(f"s{partition}-{offset}")
    return str(partition), Reading(record(event, offset, partition=partition), event)


def log(count: int) -> list[object]:
    """Offsets 0 to count of every partition, in turn."""
    return [reading(number % PARTITIONS, number // PARTITIONS) for number in range(count)]


def chain(items, root, recovery=None, workers: int = 1) -> None:
    flow = Dataflow("chain")
    sink = ChainSink(root, "audit", SEAL, lambda: PARTITIONS)
    source = op.input("in", flow, TestingSource(items, batch_size=2))
    op.output("chain", source, sink)
    try:
        cluster_main(
            flow,
            [],
            0,
            worker_count_per_proc=workers,
            epoch_interval=timedelta(0),
            recovery_config=recovery,
        )
    finally:
        sink.close()


@pytest.fixture
def recovery(tmp_path):
    directory = tmp_path / "recovery"
    directory.mkdir()
    init_db_dir(directory, 1)
    return RecoveryConfig(str(directory))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "chains"


def offsets(root) -> dict[str, list[int]]:
    found = {}
    for directory in find_chains(root):
        report = check_chain(directory, SEAL)
        assert report.problems == []
        lines = [
            json.loads(line)
            for file in list_files(directory)
            for line in file.path.read_text().splitlines()
        ]
        found[report.name] = [line["offset"] for line in lines if "offset" in line]
    return found


def expected(count: int) -> dict[str, list[int]]:
    return {f"audit/{number}": list(range(count)) for number in range(PARTITIONS)}


@pytest.mark.parametrize("workers", [1, 2])
def test_each_partition_has_its_chain_whatever_the_number_of_workers(root, workers):
    chain(log(30), root, workers=workers)
    assert offsets(root) == expected(10)


def test_without_a_recovery_store_everything_comes_again_and_is_appended_once(root):
    chain(log(30), root)
    chain(log(60), root, workers=2)
    assert offsets(root) == expected(20)


def test_an_abort_loses_and_repeats_nothing(root, recovery):
    items = log(60)
    for place in (47, 31, 12):
        items.insert(place, TestingSource.ABORT())
    for _ in range(4):
        chain(items, root, recovery)
    assert offsets(root) == expected(20)


def test_a_chain_that_was_cut_off_between_two_runs_ends_the_flow(root, recovery):
    items = log(30)
    items[20:20] = [TestingSource.EOF()]
    chain(items, root, recovery)
    file = list_files(chain_directory(root, 1))[0].path
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(RuntimeError) as caught:
        chain(items, root, recovery)
    assert "partition-0001: the chain was cut off" in reason_of(caught.value)


def test_chains_in_a_new_directory_begin_anew_and_say_so(root, recovery, caplog):
    items = log(30)
    items[15:15] = [TestingSource.EOF()]
    chain(items, root, recovery)
    chain(items, root.with_name("moved"), recovery)
    assert offsets(root.with_name("moved")) == {name: list(range(5, 10)) for name in expected(1)}
    assert "goes on in a new directory" in caplog.text


def test_a_second_flow_on_the_same_directory_is_refused(root):
    sink = ChainSink(root, "audit", SEAL, lambda: 1)
    sink.build_part("chain", "000000", None)
    with pytest.raises(ConnectorError, match="another audit flow"):
        sink.build_part("chain", "000000", None)
    sink.close()
