"""Sessions with checks: the answer is one, however text was cut and whenever checks answer."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from guardrails.check import GRACE_MS
from guardrails.checked_inspection import UNCHECKED
from guardrails.errors import MalformedEvent
from guardrails.events import (
    CheckFinding,
    CheckRequest,
    CheckResult,
    CheckStatus,
    CheckText,
    Chunk,
    Verdict,
)
from guardrails.guardrail import Action, Checkpoint, Mode
from guardrails.session import Session
from tests.checking import drive, expect, random_answers
from tests.chunking import at_random
from tests.plans import Checked, Ruled, block, monitor, plan_of, redact, warn

PIECES = (
    "The answer is 42. ", "Is it? ", "No!\n\n", "Call 555-1234 now. ", "a b c d ", "好的。",
    "STOP ", "half a sentence, ", "ends here.\n", "x" * 30 + " ", "11 22 33. ", "“Quoted.” ",
    "e.g. this, ",
)  # fmt: skip
RULES: tuple[Ruled, ...] = (
    redact(r"\d{2}", "d", confidence=0.5),
    redact(r"\d+-\d+", "p"),
    # A label within which a sentence ends.
    redact(r"42\. I", "l"),
    block("STOP", "s"),
    warn("answer", "w"),
    monitor("ends", "m"),
)


def random_items(random: Random) -> list[Ruled | Checked]:
    items: list[Ruled | Checked] = random.sample(RULES, random.randint(0, len(RULES)))
    checks = [
        Checked(
            f"check{number}",
            random.choice([Checkpoint.SENTENCE, Checkpoint.PARAGRAPH, Checkpoint.END]),
            random.choice([Action.BLOCK, Action.REDACT, Action.WARN]),
            random.choice([Mode.BLOCK, Mode.BLOCK, Mode.MONITOR]),
            random.random() < 0.5,
        )
        for number in range(random.randint(1, 4))
    ]
    return items + checks


@pytest.mark.parametrize("seed", range(400))
def test_a_stream_with_checks_comes_to_what_its_whole_text_comes_to(seed: int) -> None:
    random = Random(seed)
    items = random_items(random)
    plan = plan_of(*items)
    text = "".join(random.choice(PIECES) for _ in range(random.randint(1, 20)))
    says = random_answers(seed, failing=random.choice([0.0, 0.0, 0.2]))
    expected = expect(items, text, says)
    contents, answers = [], []
    for _ in range(4):
        early = random.sample(answers, len(answers) // 2)
        asked, answers = drive(plan, at_random(text, random), says, random, early=early)
        assert asked.answer == expected.answer
        assert asked.runs == expected.runs
        contents.append(asked.content)
    assert all(content == contents[0] for content in contents)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1_000, 13_000))
def test_a_stream_with_checks_comes_to_the_same_over_many_seeds(seed: int) -> None:
    test_a_stream_with_checks_comes_to_what_its_whole_text_comes_to(seed)


class Stream:
    """A session whose checks are answered by hand."""

    def __init__(self, *items: Ruled | Checked, **policy: object) -> None:
        self.session = Session("s", plan_of(*items, **policy), now_ms=1_000)
        self.shown = ""
        self.verdicts: list[Verdict] = []
        self.asked: dict[str, CheckRequest] = {}
        self.text = ""

    def __call__(self, seq: int, text: str, *, final: bool = False, **fields: object) -> None:
        chunk = Chunk("s", seq, text, final=final, **fields)
        self._take(self.session.receive(chunk, 1_000 + seq))

    def content(self, seq: int, text: str, *, final: bool = False) -> None:
        self._take(self.session.receive(Chunk("s", seq, content=text, final=final), 1_000))

    def tick(self, now_ms: int) -> None:
        self._take(self.session.tick(now_ms))

    def answer(
        self,
        guardrail: str,
        *spans: tuple[int, int],
        status: CheckStatus = "done",
        at_ms: int = 2_000,
        start: int | None = None,
    ) -> None:
        """Answer the first open question to a check, or the one about text from `start`."""
        name = next(
            name
            for name, one in self.asked.items()
            if one.guardrail == guardrail and start in (None, one.start)
        )
        request = self.asked.pop(name)
        found = tuple(CheckFinding("TOXIC", *span, 0.8) for span in spans)
        place = (request.id, "s", guardrail, status)
        result = CheckResult(*place, 2_000, request.deadline_ms, found, 12.5, 2)
        self._take(self.session.answer(result, at_ms))

    def expire(self, now_ms: int) -> None:
        self._take(self.session.expire(now_ms))

    def _take(self, verdicts: list[Verdict]) -> None:
        self.verdicts += verdicts
        self.shown += "".join(one.text for verdict in verdicts for one in verdict.segments)
        for event in self.session.ask(5_000):
            if isinstance(event, CheckRequest):
                self.asked[event.id] = event
            elif isinstance(event, CheckText):
                self.text += "".join(segment.text for segment in event.segments)

    @property
    def spans(self) -> list[tuple[str, int, int]]:
        return [(one.guardrail, one.start, one.end) for one in self.asked.values()]


TOXIC = Checked("toxic")
JUDGE = Checked("judge", Checkpoint.END, mode=Mode.MONITOR)


def test_a_sentence_is_held_until_its_check_has_answered() -> None:
    stream = Stream(TOXIC)
    stream(0, "One is fine. Two")
    assert (stream.shown, stream.spans) == ("", [("toxic", 0, 13)])
    assert stream.verdicts[-1].held == 16
    stream.answer("toxic")
    assert stream.shown == "One is fine. "
    assert stream.verdicts[-1].checkpoint == "sentence"


def test_a_watching_check_delays_nothing_and_tells_what_it_would_have_done() -> None:
    stream = Stream(Checked("toxic", mode=Mode.MONITOR), JUDGE)
    stream(0, "One. Two.", final=True)
    assert stream.shown == "One. Two."
    assert stream.session.state == "monitoring"
    assert stream.spans == [("toxic", 0, 5), ("toxic", 5, 9), ("judge", 0, 9)]
    stream.answer("toxic", (0, 4))
    stream.answer("toxic")
    stream.answer("judge", (0, 9))
    assert stream.session.state == "complete"
    record = stream.session.audit()
    assert record.content.outcome is Action.WARN
    assert record.content.guardrails["toxic"].would_have_blocked == 1
    assert record.content.guardrails["toxic"].runs == 2
    assert record.transport.checks["toxic"].calls == 4
    assert record.transport.checks["judge"].latency_ms == 12.5


def test_a_finding_cuts_the_stream_where_it_starts_and_keeps_what_is_before() -> None:
    stream = Stream(TOXIC, JUDGE)
    stream(0, "One. Two is bad. Three. ")
    stream(1, "Four.", final=True)
    stream.answer("toxic", start=17)
    stream.answer("toxic", (9, 12), start=5)
    assert stream.shown == ""
    stream.answer("toxic", start=0)
    assert stream.shown == "One. Two "
    assert stream.verdicts[-1].action is Action.BLOCK
    assert stream.verdicts[-1].findings[0].type == "TOXIC"
    assert stream.spans[-1] == ("judge", 0, 9)
    stream.answer("judge")
    assert stream.session.state == "complete"
    assert stream.session.audit().content.guardrails["toxic"].runs == 2


def test_a_redacting_check_replaces_what_it_found_even_around_what_rules_found() -> None:
    stream = Stream(redact(r"\d+", "d"), Checked("toxic", action=Action.REDACT))
    stream(0, "Call 555 or else. Done", final=True)
    assert stream.text == "Call [D] or else. Done"
    stream.answer("toxic", (0, 17))
    stream.answer("toxic")
    # The label is that of the more confident one.
    assert stream.shown == "[D] Done"


@pytest.mark.parametrize("status", ["failed", "timed_out", "skipped"])
def test_text_that_could_not_be_checked_is_not_shown(status: CheckStatus) -> None:
    stream = Stream(TOXIC)
    stream(0, "One. Two.", final=True)
    stream.answer("toxic")
    stream.answer("toxic", status=status)
    assert stream.shown == "One. "
    assert stream.verdicts[-1].findings[0].type == UNCHECKED
    (missed,) = stream.session.audit().content.unscanned
    assert (missed.offset, missed.end, missed.reason, missed.guardrail) == (5, 9, status, "toxic")


def test_a_check_that_fails_open_lets_text_through_and_the_audit_says_so() -> None:
    stream = Stream(Checked("toxic", fails_closed=False))
    stream(0, "One.", final=True)
    stream.answer("toxic", status="failed")
    content = stream.session.audit().content
    assert stream.shown == "One."
    assert (content.outcome, content.unscanned[0].reason) == (Action.ALLOW, "failed")
    assert content.guardrails["toxic"].errors == 1


def test_an_answer_behind_its_deadline_counts_as_timed_out() -> None:
    stream = Stream(TOXIC)
    stream(0, "One.", final=True)
    stream.answer("toxic", at_ms=7_001)
    content = stream.session.audit().content
    assert (content.outcome, content.guardrails["toxic"].timeouts) == (Action.BLOCK, 1)


def test_a_question_without_answer_is_given_up_when_its_grace_is_over() -> None:
    stream = Stream(TOXIC, JUDGE)
    stream(0, "One.", final=True)
    expires_at_ms = stream.session.expires_at_ms()
    assert expires_at_ms == 5_000 + TOXIC.deadline_ms + GRACE_MS
    stream.expire(expires_at_ms - 1)
    assert stream.session.state == "monitoring"
    stream.expire(expires_at_ms)
    assert stream.session.state == "complete"
    assert stream.session.audit().content.outcome is Action.BLOCK


def test_the_first_answer_to_a_question_counts() -> None:
    stream = Stream(TOXIC)
    stream(0, "One. Two")
    request = next(iter(stream.asked.values()))
    for found in ((), (CheckFinding("TOXIC", 0, 3),)):
        place = (request.id, "s", "toxic", "done")
        stream._take(stream.session.answer(CheckResult(*place, 1, 9_999, found), 2))
    assert (stream.shown, stream.session.state) == ("One. ", "active")


def test_a_check_of_paragraphs_waits_for_one() -> None:
    stream = Stream(Checked("toxic", Checkpoint.PARAGRAPH))
    stream(0, "One. Two.\nThree. ")
    assert stream.spans == []
    stream(1, "\n\nNext")
    assert len(stream.spans) == 1


def test_a_holding_check_of_the_whole_stream_is_asked_last_and_holds_all() -> None:
    stream = Stream(TOXIC, Checked("judge", Checkpoint.END))
    stream(0, "One. Two.", final=True)
    assert {name for name, *_ in stream.spans} == {"toxic"}
    stream.answer("toxic")
    stream.answer("toxic")
    assert (stream.shown, stream.spans) == ("", [("judge", 0, 9)])
    stream.answer("judge", (5, 9))
    assert stream.shown == "One. "


def test_a_block_of_a_rule_waits_for_the_checks_of_what_is_before() -> None:
    stream = Stream(block("STOP", "stop"), TOXIC)
    stream(0, "One. Two STOP three")
    assert stream.verdicts[-1].action is Action.ALLOW
    stream(1, "more")
    stream.answer("toxic")
    assert stream.shown == "One. "
    stream.answer("toxic", (5, 8))
    assert stream.shown == "One. "
    assert [one.rule for one in stream.verdicts[-1].findings] == ["toxic"]


def test_a_chunk_behind_the_end_is_refused_while_checks_are_open() -> None:
    stream = Stream(JUDGE)
    stream(0, "One.", final=True)
    stream(0, "One.", final=True)
    with pytest.raises(MalformedEvent, match="after-end"):
        stream(1, "more")
    stream.tick(10**9)
    assert stream.session.state == "monitoring"


def test_an_idle_stream_closes_its_last_window() -> None:
    stream = Stream(TOXIC)
    stream(0, "Half a sent")
    stream.tick(1_000 + 300_000)
    stream.answer("toxic")
    assert stream.shown == "Half a sent"
    assert stream.session.audit().transport.ended_by == "idle"


def test_a_gap_that_blocks_still_lets_the_checks_before_it_decide() -> None:
    stream = Stream(TOXIC)
    stream(0, "One. Two ")
    stream(2, "four")
    stream.tick(1_002 + 10_000)
    assert stream.spans == [("toxic", 0, 5), ("toxic", 5, 9)]
    stream.answer("toxic")
    stream.answer("toxic")
    assert (stream.shown, stream.session.state) == ("One. Two ", "complete")
    assert stream.session.audit().content.reason == "gap"


def test_a_gap_that_only_warns_ends_a_window() -> None:
    stream = Stream(TOXIC, on_gap="warn")
    stream(0, "One")
    stream(2, "two.", final=True)
    stream.tick(1_002 + 10_000)
    assert stream.spans == [("toxic", 0, 3), ("toxic", 3, 7)]
    stream.answer("toxic")
    stream.answer("toxic")
    assert stream.shown == "Onetwo."


def test_a_rewrite_of_text_under_check_counts_as_one_of_released_text() -> None:
    stream = Stream(TOXIC)
    stream.content(0, "One. Two")
    stream.content(1, "One. Twelve")
    stream.content(2, "Nine. Twelve")
    assert stream.session.audit().content.reason == "rewrite"


def test_an_evicted_stream_is_over_at_once_and_fails_closed() -> None:
    stream = Stream(TOXIC, JUDGE)
    stream(0, "One. Two")
    stream.answer("toxic")
    stream._take(stream.session.evict())
    record = stream.session.audit()
    assert (stream.session.state, stream.shown) == ("complete", "One. ")
    assert record.content.guardrails["toxic"].skipped == 1


def test_a_check_may_see_the_text_as_it_was_written() -> None:
    session = Session("s", plan_of(redact(r"\d+", "d"), Checked("toxic", original=True)))
    session.push("Call 555 now. Then")
    texts = [event for event in session.ask() if isinstance(event, CheckText)]
    assert [text.original for text in texts] == ["Call 555 now. "]
    assert "".join(segment.text for segment in texts[0].segments) == "Call [D] now. "


def test_policies_without_checks_ask_nothing() -> None:
    session = Session("s", plan_of(warn("a")))
    session.push("a. b. c.", final=True)
    assert session.ask() == []
    assert session.checked is None


@pytest.mark.parametrize("answered", ["at once", "at the end"])
@pytest.mark.parametrize(
    "contents",
    [
        ["Take a forbidden f", "Take a forbidden fruit now."],
        ["Take a ", "Take a forbidden fruit.", "Take a CHANGED"],
    ],
)
def test_a_growing_text_behind_a_block_comes_to_the_same_whenever_its_check_answers(
    contents: list[str], answered: str
) -> None:
    stream = Stream(TOXIC, block("forbidden", "b"), monitor("a forbidden fruit", "m"))
    for seq, content in enumerate(contents):
        stream.content(seq, content, final=content is contents[-1])
        while answered == "at once" and stream.asked:
            stream.answer("toxic")
    while stream.asked:
        stream.answer("toxic")
    assert stream.session.state == "complete"
    content = stream.session.audit().content
    assert (stream.shown, content.reason) == ("Take a ", msgspec.UNSET)
    assert [finding.rule for finding in content.findings] == ["m", "b"]


def test_what_a_monitor_found_before_a_rewrite_stays_found() -> None:
    stream = Stream(TOXIC, monitor("fruit", "m"))
    stream.content(0, "I like fruit. And then we go")
    stream.content(1, "I like fruit. And then we went home.", final=True)
    while stream.asked:
        stream.answer("toxic")
    assert [found.rule for found in stream.session.findings] == ["m"]


def test_a_sentence_that_ends_inside_of_a_label_ends_no_window_in_any_chunks() -> None:
    text = "We met Acme Inc. The day was fine. Bye."
    asked = []
    for pieces in ([text], list(text)):
        stream = Stream(TOXIC, redact(r"Acme Inc\. Th", "x"))
        for seq, piece in enumerate(pieces):
            stream(seq, piece, final=seq == len(pieces) - 1)
        asked.append(stream.spans)
        assert stream.text == "We met [X]e day was fine. Bye."
    assert asked[0] == asked[1]


def test_a_chunk_that_waited_and_stands_behind_the_end_is_not_judged() -> None:
    stream = Stream(TOXIC, JUDGE)
    stream(0, "Hello. ")
    stream(2, " TAIL after the end")
    stream(1, "Bye.", final=True)
    assert [stray.seq for stray in stream.session.take_strays()] == [2]
    while stream.asked:
        stream.answer(next(iter(stream.asked.values())).guardrail)
    assert (stream.session.state, stream.shown) == ("complete", "Hello. Bye.")
    assert stream.session.audit().transport.late == 1


def test_an_evicted_stream_lists_the_gap_before_what_had_waited() -> None:
    stream = Stream(JUDGE, on_gap="warn")
    stream(0, "One. ")
    stream(2, "Three. ")
    stream._take(stream.session.evict())
    content = stream.session.audit().content
    assert content.chars == len("One. Three. ")
    gap = content.unscanned[0]
    assert (gap.reason, gap.offset, gap.first_missing_seq) == ("gap", 5, 1)


def test_many_open_questions_are_given_up_in_one_pass() -> None:
    stream = Stream(TOXIC)
    for seq in range(300):
        stream(seq, "This is a sentence. ")
    first = stream.session.expires_at_ms()
    assert first is not None
    assert len(stream.session.overdue(first)) == len(stream.asked)
    assert stream.session.expires_at_ms() is None
