"""Streams side by side in one shard: time, tombstones, snapshots."""

import pickle

import pytest
from msgspec import UNSET

from guardrails.errors import SnapshotError
from guardrails.events import Audit, Chunk, Context, DeadLetter, Verdict, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Limits, Policy
from guardrails.records import Record
from guardrails.shard import SHARDS, Shard

POLICY = Policy(
    name="test",
    guardrails={"email": {}},
    limits=Limits(idle_timeout_s=10, max_age_s=60, gap_timeout_s=2, tombstone_s=30),
)


@pytest.fixture(scope="module")
def plans() -> Plans:
    return Plans(Plan(POLICY))


def send(shard: Shard, time_ms: int, seq: int, text: str = "hi ", stream_id: str = "s", **more):
    record = Record("chunks", 0, time_ms, time_ms, b"k", b"raw")
    chunk = Chunk(stream_id=stream_id, seq=seq, text=text, **more)
    return shard.receive(chunk, record, time_ms)


def kinds(events):
    return [type(event) for event in events]


def test_an_idle_stream_ends_at_its_deadline_and_not_before(plans):
    shard = Shard(plans)
    send(shard, 1_000, 0, "mail a@b")
    assert shard.tick(10_999, 0) == []
    events = shard.tick(11_000, 0)
    assert kinds(events) == [Verdict, Audit]
    assert events[1].transport.ended_by == "idle"
    assert events[1].transport.ended_at_ms == 11_000


def test_a_chunk_moves_the_idle_deadline_but_not_the_age(plans):
    shard = Shard(plans)
    for second in range(0, 60, 5):
        send(shard, second * 1_000, second // 5)
        assert shard.tick(second * 1_000 + 4_999, 0) == []
    events = shard.tick(60_000, 0)
    assert events[-1].transport.ended_by == "age"


def test_a_gap_is_given_up_after_its_timeout(plans):
    shard = Shard(plans)
    send(shard, 0, 0)
    assert send(shard, 100, 2) == []
    assert shard.tick(2_099, 0) == []
    events = shard.tick(2_100, 0)
    assert events[-2].reason == "gap"
    assert isinstance(events[-1], Audit)


def test_a_late_chunk_that_closes_the_gap_in_time_releases_what_waited(plans):
    shard = Shard(plans)
    send(shard, 0, 0, "a ")
    send(shard, 100, 2, "c ")
    events = send(shard, 200, 1, "b ")
    assert [verdict.seq for verdict in events][-1] == 2
    text = "".join(segment.text for verdict in events for segment in verdict.segments)
    assert text == "b c "


def test_a_tombstone_answers_retries_until_it_is_forgotten(plans):
    shard = Shard(plans)
    send(shard, 0, 0, final=True)
    assert send(shard, 1_000, 0, final=True) == []
    assert kinds(send(shard, 2_000, 1)) == [DeadLetter]
    assert not shard.empty
    shard.tick(30_000, 0)
    assert shard.empty


def test_clocks_never_go_back(plans):
    shard = Shard(plans)
    send(shard, 50_000, 0)
    send(shard, 1_000, 1)
    events = shard.tick(59_999, 0)
    assert events == []
    assert kinds(shard.tick(60_000, 0)) == [Verdict, Audit]


def test_a_restored_shard_goes_on_as_if_nothing_had_happened(plans):
    straight, broken = Shard(plans), Shard(plans)
    steps = [(0, 0, "mail ada@ex"), (10, 1, "ample.or"), (20, 2, "g now"), (30, 3, ".")]
    for time_ms, seq, text in steps:
        expected = send(straight, time_ms, seq, text)
        saved = pickle.loads(pickle.dumps(broken.snapshot()))
        broken = Shard.restore(saved, plans, keep_snapshots=True)
        assert send(broken, time_ms, seq, text) == expected
    assert straight.tick(99_000, 0) == broken.tick(99_000, 0)


def test_only_streams_that_changed_are_pickled_anew(plans):
    shard = Shard(plans)
    for number in range(10):
        send(shard, 0, 0, stream_id=f"s{number}")
    first = shard.snapshot()
    send(shard, 1, 1, stream_id="s3")
    second = shard.snapshot()
    same = [a is b for a, b in zip(first[4], second[4], strict=True)]
    assert same.count(False) == 1


def test_a_snapshot_of_other_shards_is_refused(plans):
    saved = Shard(plans).snapshot()
    with pytest.raises(SnapshotError, match="shards"):
        Shard.restore((saved[0], SHARDS + 1, *saved[2:]), plans, keep_snapshots=True)


def test_a_stream_keeps_the_policy_it_began_with(plans):
    shard = Shard(plans)
    send(shard, 0, 0, "mail ada@ex")
    saved = shard.snapshot()
    other = Plans(Plan(Policy(name="other", guardrails={"us-ssn": {}})))
    restored = Shard.restore(saved, other, keep_snapshots=True)
    events = send(restored, 1, 1, "ample.org.", final=True)
    text = "".join(segment.text for segment in events[0].segments)
    assert text == "[EMAIL_ADDRESS]."
    assert events[0].policy_version == plans.default.version


def test_without_recovery_nothing_is_saved(plans):
    shard = Shard(plans, keep_snapshots=False)
    send(shard, 0, 0)
    assert shard.snapshot() is None


def test_a_stream_that_mixes_kinds_is_answered_by_a_dead_letter_and_lives_on(plans):
    shard = Shard(plans)
    send(shard, 0, 0, "a ")
    record = Record("chunks", 0, 5, 5, b"k", b"raw")
    events = shard.receive(Chunk(stream_id="s", seq=1, content="a b"), record, 5)
    assert kinds(events) == [DeadLetter]
    assert kinds(send(shard, 6, 1, "b ", final=True)) == [Verdict, Audit]


def raw(time_ms: int, seq: int, text: str, *, final: bool = False) -> tuple[Chunk, Record]:
    chunk = Chunk(stream_id="s", seq=seq, text=text, final=final)
    return chunk, Record("chunks", 0, time_ms, time_ms, b"k", encode(chunk))


def test_chunks_that_come_before_the_first_one_wait_for_it(plans):
    shard = Shard(plans)
    assert shard.receive(*raw(0, 1, "b "), 0) == []
    shard = Shard.restore(shard.snapshot(), plans, keep_snapshots=True)
    events = shard.receive(*raw(1, 0, "a "), 1)
    text = "".join(segment.text for verdict in events for segment in verdict.segments)
    assert text == "a b "


def test_a_stream_without_a_beginning_is_a_dead_letter_and_writes_no_audit(plans):
    shard = Shard(plans)
    late = raw(100_000, 7, "the end", final=True)
    assert shard.receive(*late, 0) == []
    assert shard.tick(101_999, 0) == []
    (letter,) = shard.tick(102_000, 0)
    assert (letter.reason, letter.value) == ("no-beginning", late[1].value)
    assert shard.empty


def test_a_blocked_producer_that_talks_on_is_ignored_for_as_long_as_it_does():
    policy = POLICY.model_copy(update={"guardrails": {"email": {"action": "block"}}})
    shard = Shard(Plans(Plan(Policy.model_validate(policy.model_dump()))))
    events = send(shard, 0, 0, "mail ada@example.org now ")
    assert events[-1].transport.ended_by == "blocked"
    for second in range(1, 100, 10):
        assert send(shard, second * 1_000, second) == []
        assert shard.tick(second * 1_000, 0) == []
    shard.tick(200_000, 0)
    assert shard.empty


def test_a_chunk_that_waited_behind_the_end_is_a_dead_letter(plans):
    shard = Shard(plans)
    send(shard, 0, 0)
    assert send(shard, 1, 2, "behind") == []
    events = send(shard, 2, 1, "end", final=True)
    (letter,) = [event for event in events if isinstance(event, DeadLetter)]
    assert letter.reason == "after-end"
    assert "seq 2" in letter.detail
    assert b'"behind"' in letter.value


def test_repeated_chunks_in_a_gap_leave_one_entry_in_the_agenda(plans):
    shard = Shard(plans)
    send(shard, 0, 0)
    for _ in range(1_000):
        send(shard, 1, 2)
    assert len(shard._deadlines) <= 2


def test_a_policy_is_packed_once_for_all_snapshots(plans):
    plan = plans.named(None, 0)
    assert plan.packed is plan.packed
    assert len(plan.packed) < len(plan.policy.model_dump_json())


def test_a_refused_stream_is_refused_in_the_name_of_its_tenant(plans) -> None:
    for context, named in ((Context(tenant="acme"), "acme"), (Context(), UNSET), (None, UNSET)):
        verdict = send(Shard(plans), 1, 0, policy="nowhere", context=context)[0]
        assert verdict.reason == "unknown-policy"
        assert verdict.tenant == named
