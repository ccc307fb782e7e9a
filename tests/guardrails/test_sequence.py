"""The order of chunks, and producers that send the whole text so far."""

from __future__ import annotations

import pickle

import pytest

from guardrails.errors import MalformedEvent
from guardrails.events import Chunk
from guardrails.sequence import ContentTracker, Lost, Sequencer, Step, require_kind


def chunk(seq: int, text: str = "x") -> Chunk:
    return Chunk("s", seq, text=text)


def sent(sequencer: Sequencer, *seqs: int, now_ms: int = 0, max_chunks: int = 9) -> list[object]:
    """Return what can be judged: seq of a chunk, or (first, last) of lost ones."""
    out: list[object] = []
    for seq in seqs:
        out += seen(sequencer.accept(chunk(seq), now_ms, max_chunks, 1_000))
    return out


def seen(steps: list[Step]) -> list[object]:
    return [(step.first, step.last) if isinstance(step, Lost) else step.seq for step in steps]


def test_chunks_in_order_pass_at_once() -> None:
    assert sent(Sequencer(), 0, 1, 2) == [0, 1, 2]


def test_an_early_chunk_waits_for_those_before_it() -> None:
    sequencer = Sequencer()
    assert sent(sequencer, 0, 3, 2) == [0]
    assert sequencer.waiting
    assert sent(sequencer, 1) == [1, 2, 3]
    assert not sequencer.waiting
    assert sequencer.counts == (0, 0, 2, 0)


def test_duplicates_are_dropped_waiting_ones_too() -> None:
    sequencer = Sequencer()
    assert sent(sequencer, 0, 0, 2, 2, 1, 2) == [0, 1, 2]
    assert sequencer.counts[0] == 3


def test_a_chunk_that_comes_after_its_gap_was_given_up_is_late_not_a_duplicate() -> None:
    sequencer = Sequencer()
    assert sent(sequencer, 0, 3) == [0]
    assert seen(sequencer.give_up(now_ms=5)) == [(1, 2), 3]
    assert sent(sequencer, 2, 3, 4) == [4]
    assert sequencer.counts == (1, 1, 1, 1)


def test_the_wait_for_a_second_gap_begins_when_the_first_is_given_up() -> None:
    sequencer = Sequencer()
    sent(sequencer, 1, 3, now_ms=100)
    assert sequencer.waiting_since_ms == 100
    assert seen(sequencer.give_up(now_ms=700)) == [(0, 0), 1]
    assert sequencer.waiting_since_ms == 700
    assert seen(sequencer.give_up(now_ms=900)) == [(2, 2), 3]
    assert sequencer.waiting_since_ms is None
    assert sequencer.give_up(now_ms=999) == []


def test_early_chunks_are_bounded_in_number_and_in_characters() -> None:
    assert sent(Sequencer(), 1, 2, 3, max_chunks=2) == [(0, 0), 1, 2, 3]
    sequencer = Sequencer()
    assert sequencer.accept(chunk(5, "x" * 600), 0, 9, 1_000) == []
    assert seen(sequencer.accept(chunk(6, "x" * 401), 0, 9, 1_000)) == [(0, 4), 5, 6]


def test_the_state_of_a_stream_full_of_gaps_stays_small() -> None:
    sequencer = Sequencer()
    for seq in range(1, 20_000, 2):
        sent(sequencer, seq)
        sequencer.give_up(now_ms=seq)
    assert sequencer.counts[3] == 10_000
    assert len(pickle.dumps(sequencer.snapshot())) < 2_000


def test_a_seq_that_jumps_far_waits_and_costs_nothing() -> None:
    sequencer = Sequencer()
    assert sent(sequencer, 0, 2**53 - 1) == [0]
    assert seen(sequencer.give_up(now_ms=1)) == [(1, 2**53 - 2), 2**53 - 1]


def test_waiting_chunks_survive_a_pickle_round_trip_with_halves_of_pairs() -> None:
    sequencer = Sequencer()
    sequencer.accept(chunk(1, "a\ud83d"), 7, 9, 1_000)
    sent(sequencer, 3)
    sequencer = Sequencer.restore(pickle.loads(pickle.dumps(sequencer.snapshot())))
    assert sequencer.waiting_since_ms == 7
    steps = sequencer.accept(chunk(0), 8, 9, 1_000)
    assert [step.text for step in steps if isinstance(step, Chunk)] == ["x", "a\ud83d"]
    assert sequencer.counts == (0, 0, 2, 0)


def test_a_content_stream_goes_on_from_its_highest_chunk() -> None:
    sequencer = Sequencer()
    assert [sequencer.skip_to(seq) for seq in (0, 4, 4, 2, 5)] == [True, True, False, False, True]


def derived(tracker: ContentTracker, content: str, held: str) -> tuple[str, int, bool, bool]:
    change = tracker.derive(content, held)
    return change.delta, change.offset, change.rewritten, change.released_changed


def test_a_delta_is_what_follows_the_known_text() -> None:
    tracker = ContentTracker()
    assert derived(tracker, "abc", "") == ("abc", 0, False, False)
    tracker.released("abc", 2)
    assert derived(tracker, "abcd", "c") == ("d", 3, False, False)
    assert derived(tracker, "abc", "c") == ("", 3, False, False)


def test_a_rewrite_of_held_text_goes_back_to_the_frontier() -> None:
    tracker = ContentTracker()
    tracker.released("abcd", 2)
    assert derived(tracker, "abXY", "cd") == ("XY", 2, True, False)
    assert derived(tracker, "ab", "cd") == ("", 2, True, False)


def test_a_rewrite_of_released_text_is_told_apart() -> None:
    tracker = ContentTracker()
    tracker.released("abcd", 2)
    assert derived(tracker, "aXcd", "cd") == ("cd", 2, True, True)
    assert derived(tracker, "a", "cd") == ("", 2, True, True)


def test_content_that_shrank_below_what_was_shown_shows_nothing_until_it_is_longer_again() -> None:
    tracker = ContentTracker()
    tracker.released("abcdef", 4)
    assert derived(tracker, "ab", "ef") == ("", 4, True, True)
    tracker.released("ab", 4)
    assert derived(tracker, "abX", "") == ("", 4, True, False)
    tracker.released("abX", 4)
    assert derived(tracker, "abXYZ", "") == ("Z", 4, True, False)
    tracker = ContentTracker.restore(pickle.loads(pickle.dumps(tracker.snapshot())))
    assert derived(tracker, "aXXYZ", "") == ("Z", 4, True, True)


def test_a_stream_keeps_its_kind() -> None:
    assert require_kind(chunk(0), content=None) is False
    assert require_kind(Chunk("s", 0, content=""), content=None) is True
    assert require_kind(Chunk("s", 0, final=True), content=None) is None
    assert require_kind(Chunk("s", 0, final=True), content=True) is True
    for known, wrong in ((True, chunk(1)), (False, Chunk("s", 1, content="x"))):
        with pytest.raises(MalformedEvent) as refused:
            require_kind(wrong, content=known)
        assert refused.value.reason == "mixed-kinds"
    with pytest.raises(MalformedEvent, match="text-and-content"):
        require_kind(Chunk("s", 0, text="", content=""), content=None)
