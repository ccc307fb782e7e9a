"""The whole flow on in-process topics: the engine's answers, also after crashes and restarts."""

import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main, run_main

from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows.embedded import guard_chunks
from flows.guard import build
from guardrails.events import MAX_LETTER_BYTES, Audit, DeadLetter, Verdict
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.records import Output
from tests.flows.guarding import expected, make_chunks, policy, read_all

STREAMS = 24


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(policy())


def topics_with(chunks: list[dict[str, object]], partitions: int = 1) -> MemoryTopics:
    topics = MemoryTopics(partitions)
    for chunk in chunks:
        topics.append("chunks", str(chunk["stream_id"]).encode(), msgspec.json.encode(chunk))
    topics.close("chunks")
    return topics


def answers_of(topics: MemoryTopics):
    return read_all(topics.records("verdicts"), topics.records("audit"))


@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_flow_answers_as_the_engine_on_whole_texts(plan, batch, workers):
    topics = topics_with(make_chunks(STREAMS), partitions=3)
    flow = build(MemorySource(topics, ["chunks"], batch=batch), MemorySink(topics), Plans(plan))
    cluster_main(flow, [], 0, worker_count_per_proc=workers)
    answers, contents = answers_of(topics)
    assert answers == expected(STREAMS, plan)
    assert {len(versions) for versions in contents.values()} == {1}
    assert len(topics.records("audit")) == STREAMS


class Crash(Exception):
    """Ends a flow as a power cut would: nothing after it runs."""


def crash_after(count: int):
    seen = []

    def observe(output: Output) -> None:
        seen.append(output)
        if len(seen) == count:
            raise Crash

    return observe


@pytest.mark.parametrize("crashes", [[1], [40], [25, 60, 90]])
def test_after_crashes_a_trimming_reader_sees_each_character_once(plan, tmp_path, crashes):
    topics = topics_with(make_chunks(STREAMS), partitions=2)
    init_db_dir(tmp_path, 2)
    recovery = RecoveryConfig(str(tmp_path))

    def run(sink: MemorySink) -> None:
        source = MemorySource(topics, ["chunks"], batch=3)
        # A snapshot at every activation: most crashes then fall between two of them.
        interval = timedelta(seconds=0)
        run_main(
            build(source, sink, Plans(plan)), epoch_interval=interval, recovery_config=recovery
        )

    for count in crashes:
        with pytest.raises((Crash, RuntimeError)):
            run(MemorySink(topics, crash_after(count)))
    run(MemorySink(topics))
    answers, contents = answers_of(topics)
    assert answers == expected(STREAMS, plan)
    assert {len(versions) for versions in contents.values()} == {1}


def test_a_stopped_flow_continues_where_it_was_and_repeats_nothing(plan, tmp_path):
    topics = topics_with(make_chunks(STREAMS))
    init_db_dir(tmp_path, 2)
    recovery = RecoveryConfig(str(tmp_path))
    stop = threading.Event()
    count = iter(range(10_000))

    def stop_early(_: Output) -> None:
        if next(count) == 120:
            stop.set()

    source = MemorySource(topics, ["chunks"], batch=2, stop=stop)
    run_main(build(source, MemorySink(topics, stop_early), Plans(plan)), recovery_config=recovery)
    assert 0 < len(topics.records("audit")) < STREAMS
    source = MemorySource(topics, ["chunks"], batch=2)
    run_main(build(source, MemorySink(topics), Plans(plan)), recovery_config=recovery)
    answers, _ = answers_of(topics)
    assert answers == expected(STREAMS, plan)
    seqs = [
        (verdict.stream_id, verdict.seq)
        for record in topics.records("verdicts")
        for verdict in [msgspec.json.decode(record.value, type=Verdict)]
    ]
    assert len(seqs) == len(set(seqs))
    assert len(topics.records("audit")) == STREAMS


def test_bad_events_go_to_dead_letters_and_disturb_nobody(plan):
    good = make_chunks(6)
    bad: list[bytes] = [
        b"",
        b"not json",
        b"[]",
        b'{"seq":0,"text":"no id"}',
        b'{"stream_id":"","seq":0,"text":"empty id"}',
        b'{"stream_id":"b","seq":"0","text":"x"}',
        b'{"stream_id":"b","seq":-1,"text":"x"}',
        b'{"stream_id":"b","seq":0,"text":5}',
        b'{"stream_id":"b","seq":0,"text":"x","content":"x"}',
        b'{"v":2,"stream_id":"b","seq":0,"text":"x"}',
        b'{"stream_id":"b","seq":0,"text":"' + b"x" * 10_000_000 + b'"}',
        b"\xff\xff",
    ]
    chunks: list[object] = []
    for index, chunk in enumerate(good):
        chunks.append(chunk)
        if index < len(bad):
            chunks.append(bad[index])
    result = guard_chunks(plan, chunks)  # type: ignore[arg-type]
    assert len(result.dead_letters) == len(bad)
    assert all(letter.reason and letter.detail for letter in result.dead_letters)
    huge = next(letter for letter in result.dead_letters if letter.size > 10_000_000)
    assert (huge.reason, len(huge.value)) == ("event-too-large", MAX_LETTER_BYTES)
    engine = expected(6, plan)
    for stream_id, (text, findings) in engine.items():
        assert result.released(stream_id) == text
        assert result.audits[stream_id].content.findings == findings


def test_an_unknown_policy_gets_an_error_verdict_and_a_dead_letter(plan):
    result = guard_chunks(plan, [{"stream_id": "s", "seq": 0, "text": "x", "policy": "nope"}])
    (verdict,) = result.verdicts["s"]
    assert (verdict.action, verdict.reason, verdict.segments) == ("block", "unknown-policy", ())
    (letter,) = result.dead_letters
    assert letter.reason == "unknown-policy"
    assert "nope" in letter.detail


def test_text_after_the_end_is_a_dead_letter_and_a_retried_end_is_nothing(plan):
    end = {"stream_id": "s", "seq": 0, "text": "bye", "final": True}
    more = {"stream_id": "s", "seq": 1, "text": "again"}
    result = guard_chunks(plan, [end, end, more])
    assert result.released("s") == "bye"
    assert len(result.verdicts["s"]) == 1
    (letter,) = result.dead_letters
    assert (letter.reason, letter.offset) == ("after-end", 2)


def test_a_stream_that_never_ends_is_ended_by_the_clock_and_audited(plan):
    result = guard_chunks(plan, [{"stream_id": "s", "seq": 0, "text": "card 4111 11"}])
    assert result.released("s") == "card 4111 11"
    assert result.audits["s"].transport.ended_by == "idle"


def test_many_streams_at_once_each_get_their_audit(plan):
    count = 10_000
    chunks = (b'{"stream_id":"s%d","seq":0,"text":"hello 4111 "}' % n for n in range(count))
    result = guard_chunks(plan, chunks)
    assert len(result.audits) == count
    assert {len(verdicts) for verdicts in result.verdicts.values()} == {2}
    assert not result.dead_letters


def test_every_record_of_the_flow_decodes_as_its_contract(plan):
    topics = topics_with([*make_chunks(6), {"bad": 1, "stream_id": "x"}])
    run_main(build(MemorySource(topics, ["chunks"]), MemorySink(topics), Plans(plan)))
    kinds = {"verdicts": Verdict, "audit": Audit, "dead-letters": DeadLetter}
    for topic, kind in kinds.items():
        records = topics.records(topic)
        assert records
        for record in records:
            msgspec.json.decode(record.value, type=kind)


def test_the_recovery_store_is_made_once_and_found_again(tmp_path: Path):
    from flows.runtime import RECOVERY_PARTITIONS, open_recovery

    open_recovery(tmp_path / "store")
    before = sorted((tmp_path / "store").glob("part-*.sqlite3"))
    open_recovery(tmp_path / "store")
    assert sorted((tmp_path / "store").glob("part-*.sqlite3")) == before
    assert len(before) == RECOVERY_PARTITIONS
