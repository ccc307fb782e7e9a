"""Decoding and keying, on Bytewax's own testing source and sink."""

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

from guardrails.records import Clock, Record
from guardrails.shard import SHARDS
from operators.decode import decode
from operators.items import Arrival, shard_key


def run_decode(items):
    flow = Dataflow("decode")
    oks, errs = [], []
    out = decode("decode", op.input("in", flow, TestingSource(items, batch_size=3)))
    op.output("oks", out.oks, TestingSink(oks))
    op.output("errs", out.errs, TestingSink(errs))
    run_main(flow)
    return oks, errs


def record(value: bytes, offset: int = 0, partition: int = 0) -> Record:
    return Record("chunks", partition, offset, 1_000, b"key", value)


def test_a_valid_event_arrives_under_the_key_of_its_shard_with_its_record():
    source = record(b'{"stream_id":"s","seq":3,"text":"hi"}', partition=2)
    oks, errs = run_decode([source])
    assert errs == []
    ((key, arrival),) = oks
    assert key == shard_key(2, "s")
    assert isinstance(arrival, Arrival)
    assert (arrival.chunk.seq, arrival.chunk.text, arrival.record) == (3, "hi", source)


def test_a_stream_has_one_shard_and_streams_spread_over_all_shards():
    keys = {shard_key(0, f"stream-{number}") for number in range(5_000)}
    assert len(keys) == SHARDS
    assert shard_key(0, "a") == shard_key(0, "a")
    assert shard_key(0, "a") != shard_key(1, "a")


def test_what_is_no_event_becomes_a_dead_letter_with_all_its_bytes():
    bad = record(b"\xff\xfe not json", offset=7)
    good = record(b'{"stream_id":"s","seq":0,"text":"x"}', offset=8)
    oks, errs = run_decode([bad, good])
    assert [arrival.record.offset for _, arrival in oks] == [8]
    (letter,) = errs
    assert (letter.topic, letter.partition, letter.offset) == ("chunks", 0, 7)
    assert letter.value == bad.value
    assert letter.key == b"key"
    assert letter.reason


def test_a_clock_reaches_every_shard_of_its_partition_and_no_other():
    oks, _ = run_decode([Clock(1, 5_000)])
    assert [key for key, _ in oks] == [f"1/{shard}" for shard in range(SHARDS)]
    assert {clock.timestamp_ms for _, clock in oks} == {5_000}


def test_order_within_a_stream_is_kept_across_batches():
    items = [record(b'{"stream_id":"s","seq":%d,"text":"x"}' % seq, seq) for seq in range(20)]
    oks, _ = run_decode(items)
    assert [arrival.chunk.seq for _, arrival in oks] == list(range(20))
