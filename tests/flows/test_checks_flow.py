"""Guard and checks in one process: real services on loopback, a real model, in-process topics."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from flows.embedded import Guarded, guard_chunks
from guardrails.guardrail import Action
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from tests.chunking import in_sizes
from tests.endpoint import HANG, UNAVAILABLE, Endpoint, judge_words

TEXT = (
    "The first paragraph is about the weather. Mail ada@example.org for more.\n\n"
    "The second one says something vile to someone.\n\n"
    "The third is harmless again."
)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(judge_words(["vile"])) as server:
        yield server


def judge(endpoint: Endpoint, **options: object) -> dict[str, object]:
    return {"url": f"{endpoint.url}/v1/chat/completions", "model": "m", **options}


def run(policy: Policy, *texts: str, seed: int = 0) -> Guarded:
    random = Random(seed)
    chunks = []
    for number, text in enumerate(texts):
        pieces = in_sizes(text, random, 9)
        chunks += [
            {"stream_id": f"s{number}", "seq": seq, "text": piece, "final": seq == len(pieces) - 1}
            for seq, piece in enumerate(pieces)
        ]
    return guard_chunks(policy, chunks, batch=7, environ={})


def policy_of(**guardrails: object) -> Policy:
    return Policy(name="checked", guardrails={"email": {}, **guardrails})


def test_a_watching_judge_delays_nothing_and_stands_in_the_audit(endpoint: Endpoint) -> None:
    guarded = run(policy_of(judge=judge(endpoint)), TEXT)
    record = guarded.audits["s0"].content
    assert "vile" in guarded.released("s0")
    assert record.guardrails["judge"].would_have_blocked == 1
    assert record.guardrails["judge"].runs == 1
    assert guarded.audits["s0"].transport.checks["judge"].calls == 1
    assert record.outcome is Action.REDACT


def test_a_judge_outside_sees_labels_where_personal_data_stood(endpoint: Endpoint) -> None:
    run(policy_of(judge=judge(endpoint)), TEXT)
    (asked,) = endpoint.asked
    assert "[EMAIL_ADDRESS]" in str(asked.body)
    assert "ada@" not in str(asked.body)


@pytest.mark.parametrize("seed", range(5))
def test_a_holding_judge_of_paragraphs_cuts_where_it_found_something(
    endpoint: Endpoint, seed: int
) -> None:
    options = judge(endpoint, mode="block", checkpoint="paragraph")
    guarded = run(policy_of(judge=options), TEXT, seed=seed)
    released = guarded.released("s0")
    assert released.startswith("The first paragraph is about the weather. Mail [EMAIL_ADDRESS]")
    assert "vile" not in released
    assert guarded.verdicts["s0"][-1].action is Action.BLOCK
    finding = guarded.audits["s0"].content.findings[-1]
    assert TEXT[finding.start : finding.end] == "vile"


def test_a_judge_that_is_down_blocks_where_it_holds_and_is_noted_where_it_watches(
    endpoint: Endpoint,
) -> None:
    endpoint.script = lambda _: UNAVAILABLE
    options = judge(endpoint, deadline_s=1)
    holding = run(policy_of(judge=options | {"mode": "block"}), TEXT)
    assert holding.released("s0") == ""
    assert holding.audits["s0"].content.outcome is Action.BLOCK
    watching = run(policy_of(judge=options), TEXT)
    (missed,) = watching.audits["s0"].content.unscanned
    assert (missed.offset, missed.end, missed.guardrail) == (0, len(TEXT), "judge")
    assert "vile" in watching.released("s0")


def test_a_judge_that_hangs_times_out_and_holds_up_nobody_else(endpoint: Endpoint) -> None:
    endpoint.script = lambda asked: (
        HANG if "hang" in str(asked.body) else judge_words(["vile"])(asked)
    )
    options = judge(endpoint, deadline_s=2)
    guarded = run(policy_of(judge=options), "Please hang.", *[TEXT] * 5)
    assert guarded.audits["s0"].content.guardrails["judge"].timeouts == 1
    assert [guarded.audits[f"s{n}"].content.guardrails["judge"].findings for n in range(1, 6)] == [
        1
    ] * 5


def test_the_same_text_is_judged_once(endpoint: Endpoint) -> None:
    guarded = run(policy_of(judge=judge(endpoint)), *[TEXT] * 8)
    costs = [audit.transport.checks["judge"] for audit in guarded.audits.values()]
    assert len(endpoint.asked) == 1
    assert sum(cost.cached for cost in costs) == 7 or sum(cost.calls for cost in costs) <= 8


def test_a_local_model_judges_sentence_by_sentence() -> None:
    pytest.importorskip("profanity_check")
    vile = "You are a stupid fucking idiot. "
    policy = policy_of(toxicity={"action": "redact"})
    guarded = run(policy, f"What a lovely day. {vile}Thank you for asking.")
    assert guarded.released("s0") == "What a lovely day. [TOXICITY] Thank you for asking."
    assert guarded.audits["s0"].content.guardrails["toxicity"].runs == 3


def test_events_tell_what_each_check_does(endpoint: Endpoint) -> None:
    policy = Policy(name="told", events=True, guardrails={"judge": judge(endpoint)})
    guarded = run(policy, TEXT)
    kinds = [event.type for event in guarded.events if event.step == "judge"]
    assert kinds == ["step_start", "step_complete", "step_output"]
    assert guarded.events[-1].type == "pipeline_complete"


def test_question_and_answer_are_judged_as_a_stream_with_a_policy_of_its_own(
    endpoint: Endpoint,
) -> None:
    endpoint.script = judge_words(["The sky is blue."])
    relevance = Policy(
        name="relevance", guardrails={"judge/relevance": judge(endpoint, type="IRRELEVANT")}
    )
    answer = {"stream_id": "a", "seq": 0, "text": "The sky is blue.", "final": True}
    both = {
        **answer,
        "stream_id": "a.relevance",
        "policy": "relevance",
        "text": "Question: When does the shop open?\nAnswer: The sky is blue.",
    }
    plans = Plans(Plan(policy_of()), {"relevance": Plan(relevance)})
    guarded = guard_chunks(plans, [answer, both], environ={})
    assert guarded.released("a") == "The sky is blue."
    assert "judge/relevance" not in guarded.audits["a"].content.guardrails
    (finding,) = guarded.audits["a.relevance"].content.findings
    assert finding.type == "IRRELEVANT"
    (asked,) = endpoint.asked
    assert "When does the shop open?" in str(asked.body)
