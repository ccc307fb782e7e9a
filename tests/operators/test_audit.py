"""Reading audit records: decoded, each stream once, what is none told."""

from datetime import timedelta

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, run_main

from guardrails.guardrail import Action
from guardrails.records import Clock, Record
from operators.audit import read_audit
from tests.audits import audit, record


def read(items, recovery=None, **options):
    """Run the operator; return offsets with their marks, and the dead letters."""
    flow = Dataflow("audit")
    readings, errs = [], []
    out = read_audit("read", op.input("in", flow, TestingSource(items, batch_size=2)), **options)
    op.output("readings", out.readings, TestingSink(readings))
    op.output("errs", out.errs, TestingSink(errs))
    run_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
    return [(key, one.record.offset, one.contradicts) for key, one in readings], errs


@pytest.fixture
def recovery(tmp_path):
    init_db_dir(tmp_path, 1)
    return RecoveryConfig(str(tmp_path))


def test_records_come_out_in_order_under_their_partition_and_clocks_not_at_all():
    items = [
        record(audit("a"), 0, partition=2),
        Clock(2, 5),
        record(audit("b"), 0, partition=0),
        record(audit("c"), 1, partition=2),
    ]
    readings, errs = read(items)
    assert sorted(readings) == [("0", 0, False), ("2", 0, False), ("2", 1, False)]
    assert errs == []


def test_a_stream_that_comes_again_is_left_out():
    items = [record(audit("a"), 0), record(audit("b"), 1), record(audit("a", verdicts=8), 2)]
    assert read(items)[0] == [("0", 0, False), ("0", 1, False)]


def test_a_record_that_contradicts_an_earlier_one_is_marked():
    items = [record(audit("a"), 0), record(audit("a", outcome=Action.BLOCK), 1)]
    assert read(items)[0] == [("0", 0, False), ("0", 1, True)]


def test_repeats_are_recognised_after_an_abort_and_after_a_stop(recovery):
    items = [record(audit(name), offset) for offset, name in enumerate("abcd")]
    again = [record(audit(name), offset) for offset, name in enumerate("abcd", 4)]
    source = [*items, TestingSource.ABORT(), *again, TestingSource.EOF(), *again]
    seen = []
    for _ in range(3):
        seen += read(source, recovery)[0]
    # What the open epoch had let through comes once more, with the offset it had.
    assert {offset for _, offset, _ in seen} == {0, 1, 2, 3}


def test_more_streams_than_are_remembered_push_the_oldest_out():
    items = [record(audit(name), offset) for offset, name in enumerate("abcda")]
    assert [offset for _, offset, _ in read(items, remembered=3)[0]] == [0, 1, 2, 3, 4]
    assert [offset for _, offset, _ in read(items, remembered=4)[0]] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "no-value"),
        (b"text of a user", "not-json"),
        (b'{"stream_id": "text of a user"}', "missing-field"),
        (b'["text of a user"]', "not-an-object"),
        (b'{"stream_id": "\xff"}', "not-utf8"),
    ],
)
def test_what_is_no_audit_record_becomes_a_dead_letter_that_quotes_nothing(value, reason):
    readings, errs = read([Record("audit", 1, 7, 9, b"k", value), record(audit("a"), 8)])
    assert [offset for _, offset, _ in readings] == [8]
    (letter,) = errs
    assert (letter.reason, letter.partition, letter.offset) == (reason, 1, 7)
    assert letter.value == value
    assert "user" not in letter.detail
