"""A stream told step by step: every step that starts ends, and no text is in it."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from guardrails.events import (
    CheckFinding,
    CheckRequest,
    CheckResult,
    Chunk,
    PipelineEvent,
)
from guardrails.guardrail import Checkpoint, Mode
from guardrails.plans import Plans
from guardrails.records import Record
from guardrails.shard import Shard
from tests.plans import Checked, Ruled, plan_of, redact, warn

ITEMS: tuple[Ruled | Checked, ...] = (
    redact(r"\d+", "digits"),
    warn("secret"),
    Checked("toxic"),
    Checked("judge", Checkpoint.END, mode=Mode.MONITOR),
)


def tell(*texts: str, failing: str | None = None, events: bool = True) -> list[PipelineEvent]:
    shard = Shard(Plans(plan_of(*ITEMS, events=events)))
    told: list[PipelineEvent] = []
    waiting: list[CheckRequest] = []

    def keep(made: list) -> None:
        told.extend(one for one in made if isinstance(one, PipelineEvent))
        waiting.extend(one for one in made if isinstance(one, CheckRequest))

    for seq, text in enumerate(texts):
        chunk = Chunk("s", seq, text, final=seq == len(texts) - 1)
        keep(shard.receive(chunk, Record("chunks", 0, seq, 100 + seq, None, b""), 0.0))
        while waiting:
            request = waiting.pop(0)
            place = (request.id, "s", request.guardrail)
            status = "failed" if request.guardrail == failing else "done"
            found = (CheckFinding("TOXIC", request.start, request.end),) * (failing is None)
            result = CheckResult(*place, status, 0, 9_999, found[: request.start == 0])
            keep(shard.answer(result, 200, 0.0))
    return told


@pytest.mark.parametrize(
    ("failing", "steps"), [(None, {"toxic"}), ("judge", {"toxic", "judge"})], ids=["cut", "whole"]
)
def test_every_check_that_is_asked_ends(failing: str | None, steps: set[str]) -> None:
    told = tell("No 1 here. ", "The secret.", failing=failing)
    started = Counter(one.step for one in told if one.type == "step_start")
    ended = Counter(
        one.step for one in told if one.type in ("step_complete", "step_error") and "id" in one.data
    )
    assert started == ended
    assert set(started) == steps
    assert [told[0].type, told[-1].type] == ["pipeline_start", "pipeline_complete"]


def test_of_rules_only_those_with_something_to_say_are_told_at_the_end() -> None:
    told = tell("No 1 here. ", "Then more.", failing="judge")
    (rule,) = [one for one in told if one.type == "step_complete" and "id" not in one.data]
    assert (rule.step, rule.data) == (
        "guard-digits",
        {"findings": 1, "would_have_blocked": 0, "errors": 0},
    )
    assert told[-1].data["quiet"] == 1


def test_the_first_event_says_what_will_look_at_the_stream() -> None:
    steps = {step["step"]: step for step in tell("Hi.")[0].data["steps"]}
    assert steps["judge"]["checkpoint"] == "end"
    assert steps["judge"]["mode"] == "monitor"
    assert steps["guard-digits"]["checkpoint"] == "chunk"


def test_findings_are_the_output_of_their_step() -> None:
    told = tell("No 1 here. ", "Then more.", failing="judge")
    (output,) = [one for one in told if one.type == "step_output"]
    assert (output.step, output.data["start"], output.data["end"]) == ("guard-digits", 3, 4)


def test_a_check_that_fails_is_an_error_of_its_step() -> None:
    told = tell("One.", failing="judge")
    (error,) = [one for one in told if one.type == "step_error"]
    assert (error.step, error.data["status"]) == ("judge", "failed")


def test_no_event_carries_text() -> None:
    told = msgspec.json.encode(tell("Zanzibar 7-7. ", "The secret."))
    for word in (b"Zanzibar", b"7-7", b"secret", b"The"):
        assert word not in told


def test_a_policy_that_does_not_ask_for_events_gets_none() -> None:
    assert tell("No 1 here.", events=False) == []
