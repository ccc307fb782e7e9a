"""The life of a stream: order, ends, gaps, rewrites, blocks; and what is said of it."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from random import Random
from string import ascii_letters, digits
from typing import Any

import pytest

from guardrails import Plan, default_plan
from guardrails.errors import MalformedEvent, SessionClosed, SnapshotError
from guardrails.events import Chunk, Context, Verdict, encode
from guardrails.guardrail import Action
from guardrails.policy import Policy
from guardrails.session import Session
from tests.plans import Ruled, block, monitor, plan_of, redact, rule, warn
from tests.streaming import joined, stream

CARD = r"\b\d{4}-\d{4}\b"
KEY = r"\bkey-[a-z]{6}\b"


def shown(verdicts: Sequence[Verdict]) -> str:
    return "".join(segment.text for verdict in verdicts for segment in verdict.segments)


def ids(verdicts: Sequence[Verdict]) -> list[tuple[str, int, int]]:
    return [(item.rule, item.start, item.end) for one in verdicts for item in one.findings]


def run(plan: Plan, *pieces: str) -> tuple[str, list[tuple[str, int, int]], Session]:
    session = Session("s", plan)
    verdicts = [session.push(piece) for piece in pieces if session.state != "complete"]
    if session.state != "complete":
        verdicts.append(session.finish())
    return shown(verdicts), ids(verdicts), session


def same(plan: Plan, text: str) -> tuple[str, list[tuple[str, int, int]], Session]:
    """Run a text whole and character by character, which must be the same."""
    whole, each = run(plan, text), run(plan, *text)
    assert (each[0], sorted(each[1])) == (whole[0], sorted(whole[1]))
    assert each[2].audit().content == whole[2].audit().content
    return whole


class Sent:
    """A session that receives chunks; keeps all verdicts."""

    def __init__(self, plan: Plan) -> None:
        self.session = Session("s", plan)
        self.verdicts: list[Verdict] = []

    def __call__(self, seq: int, text: str | None = None, now_ms: int = 0, **rest: Any) -> None:
        chunk = Chunk("s", seq, text=text, **rest)
        self.verdicts += self.session.receive(chunk, now_ms)

    def tick(self, now_ms: int) -> None:
        self.verdicts += self.session.tick(now_ms)

    @property
    def shown(self) -> str:
        return shown(self.verdicts)


# ------------------------------------------------------------------ findings and what they do


def test_a_finding_cut_in_two_is_redacted_and_never_shown_in_part() -> None:
    session = Session("s", plan_of(redact(CARD)))
    first = session.push("card 1234-5")
    assert (shown([first]), first.held, first.action) == ("card ", 6, Action.ALLOW)
    last = session.push("678 ok", final=True)
    assert shown([last]) == "[R] ok"
    assert (last.action, last.state, last.checkpoint) == (Action.REDACT, "complete", "end")


def test_two_secrets_in_one_chunk_and_cut_apart_give_one_answer() -> None:
    plan = plan_of(redact(CARD, "card"), block(KEY, "key"))
    text, found, session = same(plan, "a 1111-2222 b key-abcdef c 3333-4444 d key-ghijkl")
    assert text == "a [CARD] b "
    assert [rule_id for rule_id, _, _ in found] == ["card", "key"]
    assert session.audit().content.chars == 14


def test_a_warning_touches_no_text_and_holds_none() -> None:
    plan = plan_of(warn(CARD))
    session = Session("s", plan)
    assert session.push("card 1234-5").held == 0
    last = session.push("678 ok", final=True)
    assert (last.action, ids([last])) == (Action.WARN, [("r", 5, 14)])
    assert same(plan, "card 1234-5678 ok")[0] == "card 1234-5678 ok"


def test_a_monitor_touches_no_text_and_is_audited_as_would_have_blocked() -> None:
    text, found, session = same(plan_of(monitor(KEY)), "a key-abcdef b")
    assert (text, found) == ("a key-abcdef b", [("r", 2, 12)])
    content = session.audit().content
    assert content.outcome is Action.WARN
    assert content.guardrails["guard-r"].would_have_blocked == 1


def test_a_monitor_does_not_delay_what_enforced_rules_release() -> None:
    enforced, watching = redact(CARD, "card"), monitor(r"\b[a-z ]{3,300}!", "watch")
    alone, both = Session("s", plan_of(enforced)), Session("s", plan_of(enforced, watching))
    for piece in ["all ", "in ", "lower case 12", "34-5", "678 and on"]:
        assert alone.push(piece).frontier == both.push(piece).frontier


def test_audit_only_adds_no_hold() -> None:
    plan = Plan(default_plan().policy.model_copy(update={"enforcement": "audit_only"}))
    session = Session("s", plan)
    for piece in ["write to ada@exam", "ple.org, ", "AKIA", "-----BEGIN RSA PRIVATE"]:
        assert session.push(piece).held == 0


def test_an_allowed_finding_is_counted_and_nothing_else() -> None:
    text, found, session = same(plan_of(Ruled(rule(CARD), Action.ALLOW)), "1234-5678")
    assert (text, found) == ("1234-5678", [("r", 0, 9)])
    assert session.audit().content.outcome is Action.ALLOW


def test_findings_end_at_a_block_and_pending_monitors_are_waited_for() -> None:
    plan = plan_of(block(KEY, "key"), monitor(r"\bkey-.{30,40}!", "watch"))
    session = Session("s", plan)
    first = session.push("a key-abcdef b")
    assert (first.action, first.state, shown([first])) == (Action.BLOCK, "monitoring", "a ")
    second = session.push(" " * 25)
    assert (second.action, second.state, second.segments) == (Action.BLOCK, "monitoring", ())
    last = session.push("! key-ghijkl")
    assert (last.state, ids([last])) == ("complete", [("watch", 2, 40)])
    assert same(plan, "a key-abcdef b" + " " * 25 + "! key-ghijkl")[2].ended_by == "blocked"


def test_what_a_monitor_finds_behind_a_block_is_not_reported() -> None:
    plan = plan_of(block(KEY, "key"), monitor(CARD, "card"))
    assert same(plan, "1111-2222 key-abcdef 3333-4444")[1] == [("card", 0, 9), ("key", 10, 20)]


def test_a_redaction_whose_end_is_unknown_is_a_block() -> None:
    plan = plan_of(redact("<(?:[a-z]{0,50}>|(?P<cap>[a-z]{51}))"))
    assert same(plan, "see <" + "a" * 50 + "> end")[0] == "see [R] end"
    text, _, session = same(plan, "see <" + "a" * 51 + "> end")
    assert (text, session.audit().content.outcome) == ("see ", Action.BLOCK)


def breaks_on_9(text: str) -> bool:
    if text.startswith("9"):
        raise ArithmeticError("a defect of this check")
    return text.startswith("1")


def test_a_check_that_raises_fails_closed_where_it_is_enforced_and_the_audit_says_so() -> None:
    plan = plan_of(redact(CARD, check=breaks_on_9))
    text, _, session = same(plan, "1234-5678 5555-5555 9999-1234")
    assert text == "[R] 5555-5555 [R]"
    assert session.audit().content.guardrails["guard-r"].errors == 1


def test_a_check_that_raises_fails_open_where_it_only_watches() -> None:
    plan = plan_of(warn(CARD, check=breaks_on_9))
    text, found, session = same(plan, "1234-5678 5555-5555 9999-1234")
    assert (text, found) == ("1234-5678 5555-5555 9999-1234", [("r", 0, 9)])
    assert session.audit().content.guardrails["guard-r"].errors == 1


def test_what_fails_behind_a_block_is_not_counted() -> None:
    plan = plan_of(block(KEY, "key"), warn(CARD, check=breaks_on_9))
    session = same(plan, "9999-1234 key-abcdef 9999-1234")[2]
    assert session.audit().content.guardrails["guard-r"].errors == 1


# ------------------------------------------------------------------ the shipped long secrets

_KEY = "PRIVATE" + " KEY-----"


def long_key(length: int, *, closed: bool = True) -> str:
    letters = Random(1).choices(ascii_letters + digits + "+/", k=length)
    body = "\n".join("".join(letters[start : start + 64]) for start in range(0, length, 64))
    return f"-----BEGIN RSA {_KEY}\n{body}\n" + (f"-----END RSA {_KEY}" if closed else "")


@pytest.mark.parametrize("length", [1_700, 5_000])
def test_a_long_private_key_is_never_shown_in_part(length: int) -> None:
    text, found, _ = same(default_plan(), f"Here: {long_key(length)}\nKeep it safe.")
    assert text == "Here: [SECRET]\nKeep it safe."
    assert [rule_id for rule_id, _, _ in found] == ["private-key"]


def test_an_unclosed_private_key_that_goes_on_for_ever_is_blocked_at_its_cap() -> None:
    text, _, session = same(default_plan(), "Here: " + long_key(20_000, closed=False))
    assert text == "Here: "
    assert session.audit().content.outcome is Action.BLOCK


def test_a_long_token_is_never_shown_in_part() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJ4In" * 90 + "." + "Qx7_" * 11
    for chunks in (list(token), [token]):
        streamed = stream(default_plan(), ["token: ", *chunks, " end"])
        assert all("Qx7_" not in text for _, _, text, _ in streamed.answer.shown)
        assert len(streamed.answer.findings) == 1


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_run_of_zero_width_characters_counts_to_the_cap(size: int) -> None:
    plan = plan_of(redact("AKIA[A-Z2-7]{16}"))
    session = Session("s", plan)
    session.push("see AKIA")
    run_of = "\u200b" * 10_000
    held = [session.push(run_of[at : at + size]).held for at in range(0, len(run_of), size)]
    assert max(held) <= len("AKIA") + 64
    assert held[-1] == 0
    assert shown([session.push("Q" * 16, final=True)]) == "Q" * 16


def test_a_secret_with_zero_width_characters_between_is_found() -> None:
    key = "\u200b\u2060".join("AKIA" + "Q" * 16)
    assert same(plan_of(redact("AKIA[A-Z2-7]{16}")), f"see {key}.")[0] == "see [R]."


# ------------------------------------------------------------------ the length limit


def test_the_length_limit_cuts_where_it_is_passed() -> None:
    plan = plan_of(max_chars=5)
    assert same(plan, "12345")[0] == "12345"
    text, found, session = same(plan, "1234567")
    assert (text, found) == ("12345", [("length", 5, 6)])
    assert session.audit().content.chars == 5


def test_the_length_limit_inside_a_finding_cuts_before_the_finding() -> None:
    plan = plan_of(redact(CARD), max_chars=6)
    assert same(plan, "a 1234-5678 b")[0] == "a "


def test_the_length_limit_that_only_warns_is_found_once() -> None:
    plan = plan_of(redact(CARD), max_chars=6, length_action=Action.WARN)
    text, found, _ = same(plan, "a 1234-5678 b and more")
    assert (text, sorted(found)) == ("a [R] b and more", [("length", 6, 7), ("r", 2, 11)])


# ------------------------------------------------------------------ characters cut in two


def test_a_surrogate_pair_cut_in_two_is_joined() -> None:
    sent = Sent(plan_of(redact(CARD)))
    sent(0, "a\ud83d")
    assert sent.verdicts[0].frontier == 1
    sent(1, "\ude00b", final=True)
    assert sent.shown == "a😀b"
    assert sent.session.audit().content.chars == 3


@pytest.mark.parametrize("pieces", [["a\ud83d", "b"], ["a\ud83db"], ["a", "\ud83d", "", "b"]])
def test_a_lone_half_is_replaced_in_any_chunks(pieces: list[str]) -> None:
    assert run(plan_of(redact(CARD)), *pieces)[0] == "a\ufffdb"


def test_a_lone_half_at_the_end_is_replaced() -> None:
    text, _, session = run(plan_of(), "a\ud83d")
    assert (text, session.audit().content.chars) == ("a\ufffd", 2)
    assert encode(session.audit())


def test_a_half_survives_a_pickle_round_trip() -> None:
    plan = plan_of()
    session = Session("s", plan)
    session.push("a\ud83d")
    session = Session.restore(pickle.loads(pickle.dumps(session.snapshot())), plan)
    assert shown([session.push("\ude00", final=True)]) == "😀"


def test_nul_is_replaced() -> None:
    assert same(plan_of(redact("a.?b")), "a\0b a\0\0b")[0] == "[R] a\ufffd\ufffdb"


# ------------------------------------------------------------------ order and ends


def test_duplicate_early_and_late_chunks_give_the_text_once() -> None:
    sent = Sent(plan_of(redact(CARD), on_gap="warn"))
    sent(0, "1234")
    sent(2, "78 b")
    sent(0, "1234")
    sent(1, "-56")
    sent(2, "78 b", final=True)
    sent(3, " end", final=True)
    assert sent.shown == "[R] b end"
    transport = sent.session.audit().transport
    assert (transport.duplicates, transport.early, transport.late) == (2, 1, 0)


def test_every_chunk_that_was_judged_has_a_verdict_of_its_seq() -> None:
    sent = Sent(plan_of())
    for seq in (0, 2, 1, 3):
        sent(seq, "x")
    assert [verdict.seq for verdict in sent.verdicts] == [0, 2, 2, 3]


def test_empty_chunks_and_a_last_chunk_without_text() -> None:
    sent = Sent(plan_of(redact(CARD)))
    sent(0, "")
    sent(1, "1234-5678")
    sent(2, "")
    sent(3, final=True)
    assert (sent.shown, len(sent.verdicts)) == ("[R]", 4)
    assert sent.verdicts[-1].state == "complete"


def test_a_stream_without_any_text_is_complete() -> None:
    sent = Sent(plan_of(redact(CARD)))
    sent(0, final=True)
    assert sent.session.audit().content.outcome is Action.ALLOW
    assert (sent.shown, sent.session.state) == ("", "complete")


@pytest.mark.parametrize("kind", ["text", "content"])
def test_what_a_producer_could_not_read_is_listed_where_it_stood(kind: str) -> None:
    session = Session("s", plan_of(redact(CARD)))
    for seq, text in enumerate(["One. ", "One. Two."]):
        piece = text if kind == "content" else text.removeprefix("One. " if seq else "")
        reason = "a frame nobody knows" if seq else None
        session.receive(Chunk("s", seq, **{kind: piece}, unscanned=reason), seq)
        saved = pickle.loads(pickle.dumps(session.snapshot()))
        session = Session.restore(saved, session.plan)
    session.receive(Chunk("s", 1, **{kind: "again"}, unscanned="a frame nobody knows"), 2)
    session.receive(Chunk("s", 2, final=True), 3)
    listed = session.audit().content.unscanned
    assert [(one.offset, one.reason) for one in listed] == [(5, "a frame nobody knows")]


def test_text_after_the_end_changes_nothing() -> None:
    sent = Sent(plan_of())
    sent(0, "a", final=True)
    before = sent.session.audit()
    sent(1, "b")
    sent(0, "a", final=True)
    sent.tick(10**9)
    assert (sent.shown, sent.session.audit()) == ("a", before)
    with pytest.raises(SessionClosed, match="ended"):
        sent.session.push("b")


def test_an_aborted_stream_ends_and_what_was_held_is_decided() -> None:
    sent = Sent(plan_of(redact(CARD)))
    sent(0, "a 1234-56")
    sent(1, "78", aborted=True)
    assert (sent.shown, sent.session.ended_by) == ("a [R]", "aborted")


def test_an_idle_stream_ends() -> None:
    limits = {"idle_timeout_s": 60.0, "max_age_s": 90.0}
    sent = Sent(plan_of(redact(CARD), limits=limits))
    sent(0, "a 1234-5678")
    sent.tick(59_999)
    assert sent.session.deadline_ms() == 60_000
    assert sent.session.state == "active"
    sent.tick(60_000)
    assert (sent.shown, sent.session.ended_by) == ("a [R]", "idle")
    assert sent.verdicts[-1].reason == "idle"


def test_a_stream_that_never_ends_ends_by_age() -> None:
    limits = {"idle_timeout_s": 60.0, "max_age_s": 90.0}
    sent = Sent(plan_of(limits=limits))
    for second in range(0, 90, 10):
        sent(second // 10, "x", now_ms=second * 1000)
        sent.tick(second * 1000)
    assert sent.session.deadline_ms() == 90_000
    sent.tick(90_000)
    assert (sent.session.ended_by, sent.verdicts[-1].reason) == ("age", "age")
    assert sent.shown == "x" * 9


def test_log_time_does_not_run_backwards() -> None:
    sent = Sent(plan_of(limits={"idle_timeout_s": 60.0}))
    sent(0, "a", now_ms=50_000)
    sent(1, "b", now_ms=20_000)
    assert sent.session.deadline_ms() == 110_000


def test_an_idle_stream_with_a_gap_judges_what_waited() -> None:
    limits = {"idle_timeout_s": 5.0, "gap_timeout_s": 60.0}
    sent = Sent(plan_of(redact(CARD), limits=limits, on_gap="warn"))
    sent(0, "a ")
    sent(2, "1234-5678")
    sent(4, "c")
    sent.tick(5_000)
    assert (sent.shown, sent.session.ended_by) == ("a [R]c", "idle")
    assert len(sent.session.audit().content.unscanned) == 2


# ------------------------------------------------------------------ gaps


def test_a_gap_that_may_only_warn_divides_the_text() -> None:
    sent = Sent(plan_of(redact(CARD), redact("^x", "start"), on_gap="warn"))
    sent(0, "a 1234-")
    sent(2, "5678 b 1234-5678")
    assert sent.shown == "a "
    sent.tick(10_000)
    sent(3, final=True)
    assert sent.shown == "a 1234-5678 b [R]"
    (gap,) = sent.session.audit().content.unscanned
    assert (gap.offset, gap.first_missing_seq, gap.last_missing_seq) == (7, 1, 1)


def test_text_behind_a_gap_begins_anew_for_edges_and_lookbehinds() -> None:
    sent = Sent(plan_of(redact("^x", "start"), redact("(?<=a)y", "behind"), on_gap="warn"))
    sent(0, "a")
    sent(2, "xa", final=False)
    sent.tick(10_000)
    sent(4, "y", final=True)
    sent.tick(30_000)
    assert sent.shown == "a[START]ay"


def test_a_gap_that_blocks_shows_nothing_that_was_pending() -> None:
    sent = Sent(plan_of(redact(CARD)))
    sent(0, "a 1234-")
    sent(2, "5678 b")
    sent.tick(9_999)
    assert sent.session.state == "active"
    sent.tick(10_000)
    last = sent.verdicts[-1]
    assert (sent.shown, last.action, last.reason) == ("a ", Action.BLOCK, "gap")
    content = sent.session.audit().content
    assert (content.reason, content.chars, content.outcome) == ("gap", 2, Action.BLOCK)
    assert len(content.unscanned) == 1


def test_a_gap_that_blocks_reports_what_monitors_saw_before_the_cut() -> None:
    sent = Sent(plan_of(redact(CARD), monitor("[ab]", "watch"), monitor(r"\d{4}-.{9}", "long")))
    sent(0, "a b 1234-a")
    sent(2, "a")
    sent.tick(10_000)
    assert sent.shown == "a b 1234-a"
    assert ids(sent.verdicts) == [("watch", 0, 1), ("watch", 2, 3), ("watch", 9, 10)]


@pytest.mark.parametrize("on_gap", ["block", "warn"])
@pytest.mark.parametrize("size", [1, 7, 100, 700])
def test_a_gap_behind_a_long_hold_cuts_at_the_same_place_in_any_chunks(
    size: int, on_gap: str
) -> None:
    sent = Sent(plan_of(redact("<[a-z]{0,900}>"), block(KEY, "key"), on_gap=on_gap))
    text = "<" + "a" * 600 + " <" + "b" * 40
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    for seq, piece in enumerate(pieces):
        sent(seq, piece)
    sent(len(pieces) + 1, "c>", final=True)
    sent.tick(10_000)
    assert sent.shown == (text[:602] if on_gap == "block" else text + "c>")


def test_a_block_before_a_gap_is_no_gap() -> None:
    sent = Sent(plan_of(block(KEY, "key"), monitor(r"key-[a-z]{6}.{50}", "watch")))
    sent(0, "a key-abcdef b")
    sent(2, "c")
    assert sent.session.state == "monitoring"
    sent.tick(10_000)
    content = sent.session.audit().content
    assert (content.unscanned, sent.session.state) == ((), "complete")
    assert "reason" not in encode(content).decode()


def test_a_block_that_the_gap_decides_is_no_gap() -> None:
    sent = Sent(plan_of(block("key-[a-z]{6}"), on_gap="warn"))
    sent(0, "a key-abcdef")
    sent(2, "ghi")
    sent.tick(10_000)
    assert (sent.shown, sent.session.state) == ("a ", "complete")
    assert sent.session.audit().content.unscanned == ()


def test_early_chunks_are_bounded() -> None:
    sent = Sent(plan_of(on_gap="warn", limits={"max_early_chunks": 3}))
    for seq in range(1, 5):
        sent(seq, str(seq))
    assert sent.shown == "1234"
    assert sent.session.audit().transport.gaps == 1


# ------------------------------------------------------------------ producers of whole contents


def test_contents_are_taken_for_their_deltas() -> None:
    sent = Sent(plan_of(redact(CARD)))
    for seq, content in enumerate(["a 12", "a 1234-56", "a 1234-56", "a 1234-5678 b"]):
        sent(3 * seq, content=content)
    sent(99, final=True)
    assert sent.shown == "a [R] b"


def test_a_content_cut_inside_a_surrogate_pair_waits_for_the_other_half() -> None:
    sent = Sent(plan_of())
    sent(0, content="a\ud83d")
    sent(1, content="a\ud83d\ude00b", final=True)
    assert (sent.shown, sent.session.audit().transport.rewrites) == ("a😀b", 0)


def test_a_rewrite_of_held_text_is_matched_with_what_stands_before_it() -> None:
    plan = plan_of(redact(r"(?<=no )\d{4}-\d{4}"), redact("^12", "start"))
    sent = Sent(plan)
    sent(0, content="no 1234-56")
    assert sent.shown == "no "
    sent(1, content="no 12 no 1234-5678 ok")
    sent(2, final=True)
    assert sent.shown == "no 12 no [R] ok"
    transport = sent.session.audit().transport
    assert (transport.rewrites, sent.session.audit().content.outcome) == (1, Action.REDACT)


def test_what_was_found_in_text_that_was_taken_back_is_not_in_the_audit() -> None:
    sent = Sent(plan_of(redact("ab.{9}"), warn("b", "warned")))
    sent(0, content="xab12")
    sent(1, content="xa")
    sent(2, final=True)
    assert sent.shown == "xa"
    assert sent.session.audit().content.findings == ()


def test_a_rewrite_of_shown_text_blocks() -> None:
    sent = Sent(plan_of(redact(CARD)))
    sent(0, content="shown text 12")
    sent(1, content="other text 1234-5678")
    last = sent.verdicts[-1]
    assert (sent.shown, last.action, last.reason) == ("shown text ", Action.BLOCK, "rewrite")
    sent(2, content="other text 1234-5678 and", final=True)
    assert sent.shown == "shown text "


def test_a_rewrite_of_shown_text_that_may_warn_goes_on_behind_what_was_shown() -> None:
    sent = Sent(plan_of(redact(CARD), on_rewrite="warn"))
    sent(0, content="shown text 12")
    sent(1, content="other text 1234-5678")
    sent(2, content="other text 1234-5678 ok", final=True)
    assert sent.shown == "shown text [R] ok"
    assert sent.session.audit().transport.rewrites == 1


def test_a_rewrite_hides_no_finding_that_reaches_into_what_was_shown() -> None:
    sent = Sent(plan_of(redact("a{3}b"), on_rewrite="warn"))
    sent(0, content="xaax")
    assert sent.shown == "xaax"
    sent(1, content="xaaab", final=True)
    assert sent.shown == "xaax[R]"
    assert [(item.start, item.end) for item in sent.session.findings] == [(1, 5)]


@pytest.mark.parametrize("how", [redact, warn])
def test_what_is_found_in_rewritten_text_that_no_reader_will_see_is_not_reported(how: Any) -> None:
    sent = Sent(plan_of(how(CARD), on_rewrite="warn"))
    sent(0, content="shown in full. ")
    sent(1, content="1234-5678 now, 8765-4321.", final=True)
    assert ids(sent.verdicts) == [("r", 15, 24)]


def test_content_that_shrinks_shows_nothing_twice() -> None:
    sent = Sent(plan_of(redact(CARD), on_rewrite="warn"))
    for seq, content in enumerate(["abcdef", "ab", "abc", "abcdeXYZ 1234-", "abcdeXYZ 1234-5678"]):
        sent(seq, content=content)
    sent(9, final=True)
    assert sent.shown == "abcdefYZ [R]"
    assert sent.session.audit().content.chars == 18


def test_a_stream_may_not_mix_deltas_and_contents_not_even_early_ones() -> None:
    sent = Sent(plan_of())
    sent(1, "early")
    with pytest.raises(MalformedEvent, match="mixed-kinds"):
        sent(0, content="c")
    sent(0, "a", final=False)
    assert sent.shown == "aearly"


# ------------------------------------------------------------------ what is said, and saved


def test_a_verdict_of_a_blocked_stream_says_block() -> None:
    sent = Sent(plan_of(block(KEY), monitor("x.{90}", "watch")))
    sent(0, "xkey x key-abcdef .")
    sent(1, "more")
    assert [verdict.action for verdict in sent.verdicts] == [Action.BLOCK, Action.BLOCK]


def test_a_fingerprint_is_in_the_audit_and_in_no_verdict() -> None:
    plan = plan_of(redact(CARD), fingerprint_key=b"secret")
    session = Session("s", plan)
    verdict = session.push("1234-5678 1234-5678 8765-4321", final=True)
    assert b"fingerprint" not in encode(verdict)
    digests = [finding.fingerprint for finding in session.audit().content.findings]
    assert digests[0] == digests[1] != digests[2]
    assert b"1234" not in encode(session.audit())


def test_a_snapshot_of_another_policy_is_refused() -> None:
    saved = Session("s", plan_of(redact(CARD))).snapshot()
    with pytest.raises(SnapshotError, match="policy"):
        Session.restore(saved, plan_of(redact(KEY)))


def test_all_state_survives_a_pickle_round_trip() -> None:
    plan = plan_of(redact(CARD), monitor("a.{40}", "watch"), on_gap="warn", max_chars=200)
    sent = Sent(plan)
    sent(0, "a 1234-5678 \ud83d", now_ms=5)
    sent(4, "early\ud83d", now_ms=7)
    saved = pickle.dumps(sent.session.snapshot())
    restored = Session.restore(pickle.loads(saved), plan)
    assert pickle.dumps(restored.snapshot()) == saved
    assert restored.audit() == sent.session.audit()
    assert restored.deadline_ms() == sent.session.deadline_ms()


def test_a_live_stream_is_small() -> None:
    session = Session("s", default_plan())
    for _ in range(300):
        session.push("An ordinary answer, word by word. ")
    assert len(pickle.dumps(session.snapshot())) < 2_000


def test_segments_of_a_huge_chunk_are_those_of_its_pieces() -> None:
    plan = plan_of(redact(CARD), warn("word", "warned"))
    text = "some word 1234-5678, " * 5_000  # 10,000 findings, of which 1,000 are listed
    whole = stream(plan, [text])
    cut = stream(plan, [text[start : start + 997] for start in range(0, len(text), 997)])
    assert cut.answer == whole.answer
    assert joined(whole.verdicts)[1] == (10, 19, "[R]", "r")


def test_the_slowest_verdict_is_kept_in_whole_milliseconds_and_survives_a_snapshot() -> None:
    session = Session("s", default_plan())
    session.push("a ", latency_ms=3.2)
    session.push("b ", latency_ms=1.0)
    session = Session.restore(session.snapshot(), default_plan())
    session.push("c", final=True, latency_ms=0.5)
    assert session.audit().transport.slowest_verdict_ms == 4


def test_of_a_match_with_a_secret_only_the_secret_is_replaced_in_any_chunks() -> None:
    rule = {
        "id": "assignment",
        "type": "SECRET",
        "expression": r'password = "(?P<secret>[a-z0-9]{6,20})"',
    }
    plan = Plan(Policy(guardrails={"patterns": {"rules": [rule]}, "keywords": {"phrases": ["zz"]}}))
    text = 'before password = "abc123def" and password = "xyz789" end'
    for size in (1, 2, 3, 7, len(text)):
        session = Session("s", plan)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        verdicts = [session.push(piece) for piece in pieces] + [session.finish()]
        shown = "".join(segment.text for one in verdicts for segment in one.segments)
        assert shown == 'before password = "[SECRET]" and password = "[SECRET]" end'
        found = session.findings[0]
        assert text[found.start : found.end] == 'password = "abc123def"'


def test_a_secret_that_another_finding_overlaps_is_replaced_with_it() -> None:
    rules = [
        {"id": "outer", "type": "OUTER", "expression": "key=(?P<secret>[0-9]{4})"},
        {"id": "inner", "type": "INNER", "expression": "y=[0-9]{2}", "confidence": 1.0},
    ]
    plan = Plan(Policy(guardrails={"patterns": {"rules": rules}}))
    for pieces in (["a key=1234 b"], list("a key=1234 b")):
        session = Session("s", plan)
        verdicts = [session.push(piece) for piece in pieces] + [session.finish()]
        assert "".join(s.text for one in verdicts for s in one.segments) == "a ke[INNER] b"


def test_a_verdict_names_the_tenant_of_its_stream_and_nobody_where_there_is_none() -> None:
    session = Session("s", default_plan(), context=Context(tenant="acme", user_id="ada"))
    first = session.push("hello ")
    again = Session.restore(pickle.loads(pickle.dumps(session.snapshot())), default_plan())
    for verdict in (first, again.finish()):
        assert b'"tenant":"acme"' in encode(verdict)
        assert b"ada" not in encode(verdict)
    for context in (None, Context(user_id="ada")):
        assert b"tenant" not in encode(Session("s", default_plan(), context=context).finish())
