"""From findings to text: clusters, labels, caps and cuts."""

from __future__ import annotations

import pickle

from guardrails.events import Segment
from guardrails.release import MAX_CLUSTER_CHARS, Enforced, Release


def finding(
    start: int, end: int, rule: str = "r", confidence: float = 0.9, *, blocks: bool = False
) -> Enforced:
    return Enforced(start, end, blocks, confidence, rule, f"[{rule}]", (start, end))


def shown(segments: tuple[Segment, ...]) -> list[tuple[int, int, str]]:
    return [(segment.start, segment.end, segment.text) for segment in segments]


def test_text_is_shown_up_to_the_frontier() -> None:
    release = Release()
    assert shown(release.advance("abcdef", (), 4, final=False)) == [(0, 4, "abcd")]
    assert shown(release.advance("gh", (), 4, final=False)) == []
    assert shown(release.advance("", (), 8, final=True)) == [(4, 8, "efgh")]
    assert (release.plain, release.redacted, release.max_held) == (8, 0, 4)


def test_overlapping_findings_become_one_segment() -> None:
    release = Release()
    segments = release.advance("0123456789", [finding(2, 5), finding(4, 7)], 10, final=False)
    assert shown(segments) == [(0, 2, "01"), (2, 7, "[r]"), (7, 10, "789")]
    assert (release.plain, release.redacted) == (5, 5)


def test_findings_that_touch_stay_two_segments() -> None:
    segments = Release().advance("0123456789", [finding(2, 5), finding(5, 7)], 10, final=False)
    assert shown(segments)[1:3] == [(2, 5, "[r]"), (5, 7, "[r]")]


def test_the_label_is_chosen_by_confidence_then_length_then_rule() -> None:
    def label(*findings: Enforced) -> str:
        ordered = sorted(findings, key=lambda item: (item.start, item.end, item.rule))
        return Release().advance("x" * 20, ordered, 20, final=True)[-2].text

    assert label(finding(1, 9, "long", 0.5), finding(2, 4, "sure", 0.9)) == "[sure]"
    assert label(finding(1, 9, "long"), finding(2, 4, "short")) == "[long]"
    assert label(finding(1, 4, "b"), finding(1, 4, "a")) == "[a]"


def test_a_cluster_that_may_still_grow_is_not_shown() -> None:
    release = Release()
    assert shown(release.advance("0123456789", [finding(2, 8)], 6, final=False)) == [(0, 2, "01")]
    assert shown(release.advance("", [finding(7, 9)], 8, final=False)) == []
    assert shown(release.advance("", (), 10, final=False)) == [(2, 9, "[r]"), (9, 10, "9")]


def test_a_waiting_cluster_survives_a_pickle_round_trip() -> None:
    release = Release()
    release.advance("0123456789", [finding(2, 8)], 6, final=False)
    release = Release.restore(pickle.loads(pickle.dumps(release.snapshot())))
    assert shown(release.advance("", (), 10, final=True)) == [(2, 8, "[r]"), (8, 10, "89")]


def chain(length: int) -> list[Enforced]:
    """Findings of 10 characters, each overlapping the next one."""
    return [finding(start, start + 10) for start in range(0, length, 5)]


def test_a_cluster_is_capped_by_offset_in_any_chunks() -> None:
    findings = chain(10_000)
    text = "x" * 10_010
    whole = Release()
    expected = shown(whole.advance(text, findings, len(text), final=True))
    assert expected[0] == (0, 4_105, "[r]")
    assert [start for start, _, _ in expected[1:3]] == [4_105, 8_205]
    piecewise, pieces, held = Release(), [], 0
    for index, item in enumerate(findings):
        new = text[index * 5 : index * 5 + 5]
        pieces += shown(piecewise.advance(new, [item], item.start + 1, final=False))
        held = max(held, len(piecewise.held))
        assert len(piecewise.snapshot()[-1]) <= MAX_CLUSTER_CHARS // 5 + 2
    pieces += shown(piecewise.advance(text[len(findings) * 5 :], (), len(text), final=True))
    assert pieces == expected
    assert held <= MAX_CLUSTER_CHARS + 10


def test_a_block_cuts_at_the_start_of_its_cluster() -> None:
    release = Release()
    found = [finding(2, 6), finding(4, 8, blocks=True)]
    assert shown(release.advance("0123456789", found, 10, final=False)) == [(0, 2, "01")]
    assert release.blocked
    assert release.held == ""


def test_a_block_in_reach_of_a_capped_cluster_cuts_behind_it() -> None:
    last = MAX_CLUSTER_CHARS + 3
    found = [finding(0, last + 50), finding(last, last + 9, blocks=True)]
    release = Release()
    assert shown(release.advance("x" * 9_000, found, 8_000, final=False)) == [(0, last + 50, "[r]")]
    assert release.offset == last + 50


def test_what_was_rolled_back_is_forgotten() -> None:
    release = Release()
    release.advance("0123456789", [finding(2, 8)], 6, final=False)
    release.rollback(release.offset)
    assert shown(release.advance("23", (), 4, final=True)) == [(2, 4, "23")]
