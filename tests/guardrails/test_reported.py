"""Findings counted without end, listed up to a bound."""

import msgspec
import pytest

from guardrails.events import Finding
from guardrails.guardrail import Action, Mode
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.reported import MAX_LISTED_FINDINGS, Reported
from guardrails.session import Session


def finding(start: int, rule: str = "r", action: Action = Action.REDACT, mode: Mode = Mode.BLOCK):
    return Finding("T", rule, start, start + 1, action, 0.9, mode)


def test_the_first_by_offset_are_listed_in_whatever_order_they_come():
    count = MAX_LISTED_FINDINGS + 50
    forwards, backwards = Reported(), Reported()
    for start in range(count):
        forwards.add([finding(start)])
        backwards.add([finding(count - 1 - start)])
    assert forwards.listed == backwards.listed
    assert forwards.listed[-1].start == MAX_LISTED_FINDINGS - 1
    assert forwards.omitted == backwards.omitted == 50


def test_what_is_not_listed_is_counted_and_decides_the_outcome():
    reported = Reported()
    reported.add([finding(start, action=Action.WARN) for start in range(MAX_LISTED_FINDINGS)])
    reported.add([finding(99_999, "late", Action.REDACT)])
    assert reported.outcome is Action.REDACT
    assert reported.counts == {"r": (MAX_LISTED_FINDINGS, 0), "late": (1, 0)}


def test_a_monitor_is_a_warning_and_counts_what_it_would_have_blocked():
    reported = Reported()
    reported.add([finding(0, action=Action.BLOCK, mode=Mode.MONITOR)])
    assert reported.outcome is Action.WARN
    assert reported.counts == {"r": (1, 1)}


def test_what_was_taken_back_counts_no_longer():
    reported = Reported()
    reported.add([finding(0, action=Action.WARN), finding(5)])
    reported.drop_behind(3)
    assert [item.start for item in reported.listed] == [0]
    assert (reported.outcome, reported.omitted) == (Action.WARN, 0)


def test_a_snapshot_brings_everything_back():
    reported = Reported()
    reported.add([finding(start) for start in range(MAX_LISTED_FINDINGS + 3)])
    again = Reported.restore(reported.snapshot())
    assert (again.listed, again.omitted) == (reported.listed, 3)
    assert (again.outcome, again.counts) == (reported.outcome, reported.counts)


@pytest.mark.parametrize("size", [1_000_000, 997])
def test_an_audit_of_a_dumped_database_still_fits_one_record(size):
    session = Session("s", Plan(Policy(guardrails={"email": {}})))
    text = "ada@example.org\n" * 5_000
    for start in range(0, len(text), size):
        session.push(text[start : start + size])
    session.finish()
    content = session.audit().content
    assert len(content.findings) == MAX_LISTED_FINDINGS
    assert content.omitted == 4_000
    assert content.guardrails["email"].findings == 5_000
    assert len(msgspec.json.encode(session.audit())) < 500_000
