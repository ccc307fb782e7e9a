"""Topics inside the process."""

import threading

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

from connectors.memory import MemorySink, MemorySource, MemoryTopics
from guardrails.records import END_OF_TIME, Clock, Output, Record


def read(source: MemorySource) -> list[Record | Clock]:
    flow, out = Dataflow("read"), []
    op.output("out", op.input("in", flow, source), TestingSink(out))
    run_main(flow)
    return out


def test_records_come_in_order_with_offsets_and_the_topic_ends_when_it_is_closed():
    topics = MemoryTopics(now_ms=lambda: 7)
    for value in (b"a", b"b", b"c"):
        topics.append("chunks", b"k", value)
    topics.close("chunks")
    *records, clock = read(MemorySource(topics, ["chunks"], batch=2))
    assert [(record.offset, record.value, record.timestamp_ms) for record in records] == [
        (0, b"a", 7),
        (1, b"b", 7),
        (2, b"c", 7),
    ]
    assert clock == Clock(0, END_OF_TIME)


def test_one_key_stays_in_one_partition():
    topics = MemoryTopics(partitions=5)
    for number in range(50):
        topics.append("t", b"key-%d" % (number % 5), b"%d" % number)
    places = {(record.key, record.partition) for record in topics.records("t")}
    assert len(places) == 5


def test_an_open_topic_is_followed_until_the_source_is_stopped():
    topics, stop = MemoryTopics(), threading.Event()

    def produce() -> None:
        for number in range(3):
            topics.append("chunks", b"k", b"%d" % number)
            stop.wait(0.02)
        stop.wait(0.1)
        stop.set()

    threading.Thread(target=produce).start()
    items = read(MemorySource(topics, ["chunks"], stop=stop))
    assert [item.value for item in items if isinstance(item, Record)] == [b"0", b"1", b"2"]
    assert any(isinstance(item, Clock) and item.timestamp_ms < END_OF_TIME for item in items)


def test_the_sink_appends_in_order_and_shows_what_it_appended():
    topics, seen = MemoryTopics(partitions=3), []
    outputs = [Output("t", b"k", b"1", 2), Output("t", b"k", b"2", 2), Output("u", b"k", b"3")]
    flow = Dataflow("write")
    keyed = op.map("key", op.input("in", flow, TestingSource(outputs)), lambda out: ("k", out))
    op.output("out", keyed, MemorySink(topics, seen.append))
    run_main(flow)
    assert seen == outputs
    assert [(record.partition, record.value) for record in topics.records("t")] == [
        (2, b"1"),
        (2, b"2"),
    ]
    assert [record.value for record in topics.records("u")] == [b"3"]
