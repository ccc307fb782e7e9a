"""One line per event: words say everything, and nothing in a text can steer a terminal."""

import msgspec
import pytest

from flows.lines import write_line
from guardrails import Plan, Session
from guardrails.events import DeadLetter, Verdict, encode
from guardrails.guardrail import Mode
from guardrails.policy import Policy
from guardrails.rollup import Totals
from tests.audits import NOON_MS, audit, finding


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(
        Policy(name="mine", guardrails={"email": {}, "keywords": {"phrases": ["bluebird"]}})
    )


def verdict(plan: Plan, text: str) -> bytes:
    return encode(Session("chat-1", plan).push(text, final=True))


def test_a_verdict_says_stream_seq_action_hold_text_and_findings(plan: Plan) -> None:
    line = write_line("verdicts", verdict(plan, "to ada@example.org.")).plain
    assert line == (
        "chat-1 #0 redact held 0    to [EMAIL_ADDRESS]. {EMAIL_ADDRESS email 3-18 redact} [end]"
    )


def test_a_block_is_told_in_words(plan: Plan) -> None:
    line = write_line("verdicts", verdict(plan, "about bluebird")).plain
    assert "block" in line
    assert "{KEYWORD keywords 6-14 block}" in line


def test_control_characters_of_a_text_never_reach_the_terminal(plan: Plan) -> None:
    hostile = "a\x1b[2J\x1b]0;title\x07b\r\nc\u202ed\x9b31m"
    line = write_line("verdicts", verdict(plan, hostile)).plain
    assert line.isprintable()
    assert "a·[2J" in line


def test_a_long_text_is_cut_short(plan: Plan) -> None:
    line = write_line("verdicts", verdict(plan, "word " * 1_000)).plain
    assert len(line) < 300
    assert "..." in line


def test_an_audit_record_says_outcome_and_cost(plan: Plan) -> None:
    session = Session("chat-1", plan)
    session.push("to ada@example.org", final=True)
    line = write_line("audit", encode(session.audit(0))).plain
    assert line.startswith("1970-01-01T00:00:00Z chat-1 redact 18 chars, 3 released, 15 redacted")
    assert "ended by final, policy mine" in line


def test_a_rollup_says_what_the_streams_of_a_minute_came_to() -> None:
    totals = Totals(late=1)
    for number in range(3):
        found = (finding(), finding("SECRET", Mode.MONITOR)) if number else ()
        totals.add(audit(f"s{number}", findings=found, duration_ms=3_000))
    line = write_line("audit-rollup", encode(totals.rollup("ac\x1bme", NOON_MS))).plain
    assert line == (
        "2025-06-01T12:00:00Z ac·me 3 streams, 3 allow, 4 findings, 0 would have blocked, "
        "300 chars, half took 3.0 s or less, 1 late"
    )
    assert " - 0 streams" in write_line("audit-rollup", encode(Totals().rollup(None, 0))).plain


def test_a_dead_letter_shows_its_reason_and_never_its_bytes() -> None:
    letter = DeadLetter("chunks", 3, 17, 0, "not-json", "malformed", None, b"4111", 19)
    line = write_line("dead-letters", encode(letter)).plain
    assert line == "1970-01-01T00:00:00Z chunks/3@17 not-json: malformed (19 bytes)"


@pytest.mark.parametrize("value", [b"", b"nope", b"{}", b"\xff", b'{"stream_id": 3}'])
def test_what_is_no_event_is_said_to_be_none(value: bytes) -> None:
    for topic in ("verdicts", "audit", "dead-letters"):
        assert write_line(topic, value).plain == (
            f"[{len(value)} bytes that are no event of topic {topic}]"
        )


def test_a_reason_that_is_no_finding_is_shown(plan: Plan) -> None:
    made = msgspec.json.decode(verdict(plan, "x"), type=Verdict)
    blocked = msgspec.structs.replace(made, action="block", reason="gap")
    assert "(gap)" in write_line("verdicts", encode(blocked)).plain
