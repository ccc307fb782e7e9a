"""Files, pipes and standard output instead of a broker."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, run_main

from connectors.replay import LineSink, LineSource
from guardrails.errors import ConnectorError
from guardrails.records import END_OF_TIME, Clock, Output, Record


def read(source: LineSource) -> list[Record | Clock]:
    flow, out = Dataflow("read"), []
    op.output("out", op.input("in", flow, source), TestingSink(out))
    run_main(flow)
    return out


def test_lines_become_records_at_their_byte_offsets_and_the_end_is_the_end_of_time(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"a":1}\n\n{"b":"\xc2\x85\xe2\x80\xa8"}\nlast')
    *records, clock = read(LineSource(str(path)))
    assert [record.value for record in records] == [
        b'{"a":1}',
        b'{"b":"\xc2\x85\xe2\x80\xa8"}',
        b"last",
    ]
    assert [record.offset for record in records] == [0, 9, 23]
    assert clock == Clock(0, END_OF_TIME)


def test_a_long_line_is_one_record_however_it_is_read(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"x" * 300_000 + b"\n" + b"y" * 10)
    *records, _ = read(LineSource(str(path)))
    assert [len(record.value) for record in records] == [300_000, 10]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Bytewax wraps it in its own
        read(LineSource(str(tmp_path / "absent.jsonl")))
    error = caught.value
    while not isinstance(error, ConnectorError):
        error = error.__cause__
    assert "absent.jsonl: cannot be read" in str(error)


def test_a_silent_pipe_ends_when_it_is_told_to_stop(monkeypatch):
    reading, writing = os.pipe()
    stop = threading.Event()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stream}))
        os.write(writing, b'{"a":1}\nbegun')
        threading.Timer(0.2, stop.set).start()
        items = read(LineSource("-", stop=stop))
    os.close(writing)
    assert [item.value for item in items] == [b'{"a":1}']


def write(path: Path, outputs: list[Output], recovery: Path | None = None) -> None:
    flow = Dataflow("write")
    keyed = op.map("key", op.input("in", flow, TestingSource(outputs)), lambda out: ("k", out))
    op.output("out", keyed, LineSink(str(path)))
    config = RecoveryConfig(str(recovery)) if recovery else None
    run_main(flow, epoch_interval=timedelta(0), recovery_config=config)


def test_outputs_are_lines_that_name_their_topic(tmp_path):
    write(tmp_path / "out", [Output("verdicts", b"s", b'{"a":1}'), Output("audit", b"s", b"{}")])
    lines = (tmp_path / "out").read_bytes().splitlines()
    decoded = [msgspec.json.decode(line) for line in lines]
    assert decoded == [{"topic": "verdicts", "value": {"a": 1}}, {"topic": "audit", "value": {}}]


def test_a_resumed_output_is_cut_back_to_its_snapshot(tmp_path):
    recovery = tmp_path / "recovery"
    recovery.mkdir()
    init_db_dir(recovery, 1)
    outputs = [Output("t", b"k", b'"%d"' % number) for number in range(5)]
    items = [*outputs[:3], TestingSource.ABORT(), *outputs[3:]]
    write(tmp_path / "out", items, recovery)
    with (tmp_path / "out").open("ab") as torn:
        torn.write(b'{"topic":"t","va')
    write(tmp_path / "out", items, recovery)
    values = [
        msgspec.json.decode(line)["value"] for line in (tmp_path / "out").read_bytes().splitlines()
    ]
    assert values == ["0", "1", "2", "3", "4"]


def test_an_output_may_be_a_device_or_a_pipe(tmp_path):
    write(Path("/dev/null"), [Output("t", b"k", b"1")])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, [Output("t", b"k", b"1")])
    assert os.read(reader, 1000).startswith(b'{"topic":')
    os.close(reader)
