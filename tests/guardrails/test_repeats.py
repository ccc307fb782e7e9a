"""Recognising repeated audit records within a stated bound."""

import pytest

from guardrails.errors import SnapshotError
from guardrails.guardrail import Action
from guardrails.repeats import Repeats, Standing
from tests.audits import audit


def test_a_record_that_comes_again_is_a_repeat_whatever_its_transport_says():
    repeats = Repeats()
    assert repeats.note(audit("a", verdicts=3)) is Standing.FIRST
    assert repeats.note(audit("b")) is Standing.FIRST
    assert repeats.note(audit("a", verdicts=9, ended_at_ms=77)) is Standing.REPEAT


def test_a_record_that_says_something_else_contradicts_the_first_one():
    repeats = Repeats()
    repeats.note(audit("a"))
    assert repeats.note(audit("a", outcome=Action.BLOCK)) is Standing.CONTRADICTION
    assert repeats.note(audit("a", tenant="other")) is Standing.CONTRADICTION
    assert repeats.note(audit("a")) is Standing.REPEAT


def test_a_record_is_recognised_while_fewer_streams_than_the_bound_have_followed():
    repeats = Repeats(limit=3)
    for name in "abc":
        repeats.note(audit(name))
    assert repeats.note(audit("a")) is Standing.REPEAT
    repeats.note(audit("d"))
    assert repeats.note(audit("b")) is Standing.REPEAT
    assert repeats.note(audit("a")) is Standing.FIRST


def test_a_snapshot_continues_and_does_not_grow_beyond_the_bound():
    repeats = Repeats(limit=4)
    for number in range(10):
        repeats.note(audit(f"s{number}"))
    version, content = repeats.snapshot()
    assert len(content) == 4 * 16
    again = Repeats.restore((version, content), limit=4)
    assert again.note(audit("s6")) is Standing.REPEAT
    assert again.note(audit("s9", outcome=Action.WARN)) is Standing.CONTRADICTION
    assert again.note(audit("s5")) is Standing.FIRST
    # The oldest one made room.
    assert again.note(audit("s6")) is Standing.FIRST


def test_a_snapshot_is_made_anew_only_when_something_was_noted():
    repeats = Repeats()
    repeats.note(audit("a"))
    first = repeats.snapshot()
    repeats.note(audit("a"))
    assert repeats.snapshot()[1] is first[1]
    repeats.note(audit("b"))
    assert repeats.snapshot()[1] is not first[1]


def test_a_snapshot_of_another_version_says_what_to_do():
    with pytest.raises(SnapshotError, match="new recovery directory"):
        Repeats.restore((99, b""))
