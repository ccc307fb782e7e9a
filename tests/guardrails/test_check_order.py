"""Cheap guardrails go first where that saves a question, and nowhere else."""

from __future__ import annotations

from guardrails.events import CheckFinding, CheckRequest, CheckResult, Chunk
from guardrails.guardrail import Action, Checkpoint, Mode
from guardrails.session import Session
from tests.plans import Checked, Ruled, block, plan_of

CHEAP = Checked("cheap")
DEAR = Checked("dear")
JUDGE = Checked("judge", Checkpoint.END, Action.BLOCK, Mode.MONITOR)
HOLDING_JUDGE = Checked("judge", Checkpoint.END)


class Stream:
    """A session, and the questions it has asked: (check, start, end)."""

    def __init__(self, *items: Ruled | Checked) -> None:
        self.session = Session("s", plan_of(*items), now_ms=1_000)
        self.asked: list[tuple[str, int, int]] = []
        self._open: dict[tuple[str, int], CheckRequest] = {}

    def push(self, seq: int, text: str, *, final: bool = False) -> None:
        if self.session.state == "active":
            self.session.receive(Chunk("s", seq, text, final=final), 1_000)
        self._take()

    def answer(self, check: str, start: int, *spans: tuple[int, int]) -> None:
        one = self._open[check, start]
        found = tuple(CheckFinding("TOXIC", *span, 0.8) for span in spans)
        self.session.answer(CheckResult(one.id, "s", check, "done", 1, 9_000, found), 1)
        self._take()

    def _take(self) -> None:
        for event in self.session.ask(5_000):
            if isinstance(event, CheckRequest):
                self.asked.append((event.guardrail, event.start, event.end))
                self._open[event.guardrail, event.start] = event


def test_checks_of_one_checkpoint_are_asked_together_because_text_waits_for_the_slowest() -> None:
    stream = Stream(CHEAP, DEAR)
    stream.push(0, "One. Two")
    assert stream.asked == [("cheap", 0, 5), ("dear", 0, 5)]


def test_nothing_is_asked_any_more_once_a_cheap_check_has_blocked() -> None:
    stream = Stream(CHEAP, DEAR, JUDGE)
    stream.push(0, "One. Two")
    stream.answer("cheap", 0, (0, 3))
    stream.push(1, ". Three. ", final=True)
    assert stream.asked == [("cheap", 0, 5), ("dear", 0, 5)]
    # What was asked before is waited for: it may say that the stream ends even earlier.
    assert stream.session.state != "complete"
    stream.answer("dear", 0)
    assert stream.asked == [("cheap", 0, 5), ("dear", 0, 5)]
    assert stream.session.state == "complete"


def test_a_block_in_the_middle_waits_for_the_dear_check_of_what_is_before_it() -> None:
    stream = Stream(CHEAP, DEAR)
    stream.push(0, "One. Two. T")
    stream.answer("cheap", 0)
    stream.answer("cheap", 5, (5, 8))
    assert stream.session.state != "complete"
    # What it finds earlier cuts earlier: had it come first, the answer were the same.
    stream.answer("dear", 0, (0, 3))
    assert stream.session.audit().content.released == 0


def test_a_rule_that_blocks_spares_every_check_the_text_behind_it() -> None:
    stream = Stream(block("STOP"), CHEAP, DEAR, JUDGE)
    stream.push(0, "STOP. One. Two. ")
    stream.push(1, "Three.", final=True)
    assert stream.asked == []


def test_a_check_of_the_whole_reply_is_asked_last_and_only_about_what_is_left() -> None:
    stream = Stream(CHEAP, HOLDING_JUDGE)
    stream.push(0, "One. Two. ", final=True)
    stream.answer("cheap", 0)
    assert stream.asked == [("cheap", 0, 5), ("cheap", 5, 10)]
    stream.answer("cheap", 5, (5, 8))
    assert stream.asked[2:] == [("judge", 0, 5)]
