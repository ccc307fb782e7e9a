"""What a judge is sent, and how its answer becomes findings."""

from __future__ import annotations

import json

import pytest

from guardrails.events import CheckFinding
from tests.endpoint import Endpoint, Reply, completion, judged_text, judgement
from tests.jobs import Running, job_of, setting_of

TEXT = "You idiot. Buy shares, they can only rise."


def findings(reply: Reply, text: str = TEXT, **options: object) -> list[tuple[str, str, float]]:
    """Type, passage and confidence of what is found."""
    with Endpoint(lambda _: reply) as endpoint, Running() as running:
        setting = setting_of("judge", url=endpoint.url, model="m", **options)
        (result,) = running.run(job_of(setting, text))
    assert result.status == "done", result
    return [(one.type, text[one.start : one.end], one.confidence) for one in result.findings]


def test_a_score_below_the_threshold_is_no_finding_whatever_else_is_said() -> None:
    low = judgement(0.4, flagged=True, spans=[{"quote": "idiot", "category": "tone"}])
    assert findings(low) == []
    assert findings(low, threshold=0.4) == [("JUDGED", "idiot", 0.4)]


def test_without_a_score_the_flag_counts() -> None:
    assert findings(completion('{"flagged": true}')) == [("JUDGED", TEXT, 1.0)]
    assert findings(completion('{"flagged": false}')) == []


def test_quotes_are_found_wherever_they_stand_and_counted_once() -> None:
    said = judgement(0.9, spans=[{"quote": "no", "category": ""}] * 2)
    assert findings(said, "no, no") == [("JUDGED", "no", 0.9), ("JUDGED", "no", 0.9)]


def test_categories_of_the_policy_become_types() -> None:
    said = judgement(
        0.9,
        categories=["bad tone", "financial advice"],
        spans=[
            {"quote": "idiot", "category": "bad tone"},
            {"quote": "Buy shares", "category": "financial advice"},
        ],
    )
    categories = ["bad tone", "financial advice"]
    assert findings(said, categories=categories) == [
        ("BAD_TONE", "idiot", 0.9),
        ("FINANCIAL_ADVICE", "Buy shares", 0.9),
    ]
    # What the policy does not name has the check's own type: it may be a piece of the text.
    assert findings(said, categories=["bad tone"]) == [
        ("BAD_TONE", "idiot", 0.9),
        ("JUDGED", "Buy shares", 0.9),
    ]


def test_a_category_without_a_passage_is_about_the_whole_text() -> None:
    said = judgement(
        0.9,
        categories=["tone", "advice"],
        spans=[{"quote": "idiot", "category": "tone"}],
    )
    assert sorted(findings(said, categories=["tone", "advice"])) == [
        ("ADVICE", TEXT, 0.9),
        ("TONE", "idiot", 0.9),
    ]


@pytest.mark.parametrize("quote", ["Idiot!", "", "an idiot"])
def test_a_quote_that_does_not_stand_in_the_text_is_about_the_whole_text(quote: str) -> None:
    said = judgement(0.9, spans=[{"quote": quote, "category": "tone"}])
    assert findings(said, categories=["tone"]) == [("TONE", TEXT, 0.9)]


def test_hundreds_of_passages_become_one_finding_of_each_type() -> None:
    text = "a " * 500
    said = judgement(0.9, spans=[{"quote": "a", "category": ""}, {"quote": "a ", "category": ""}])
    ((kind, passage, _),) = findings(said, text)
    assert kind == "JUDGED"
    assert passage.startswith("a a a")


@pytest.mark.parametrize(
    "content",
    [
        '```json\n{"score": 0.9}\n```',
        'Here is my judgement: {"score": 0.9, "why": {"more": "than asked"}} Regards',
        '{"score": 0.9, "flagged": null, "categories": [], "spans": []}',
    ],
)
def test_an_answer_in_a_fence_or_a_sentence_is_read(content: str) -> None:
    assert findings(completion(content)) == [("JUDGED", TEXT, 0.9)]


def sent(**options: object) -> tuple[dict[str, str], dict]:
    """Headers and body of the request about a text."""
    with Endpoint(lambda _: judgement(0.1)) as endpoint, Running({"KEY": "sk-1"}) as running:
        setting = setting_of("judge", url=f"{endpoint.url}/v1/?version=2", model="m", **options)
        running.run(job_of(setting, TEXT))
        (asked,) = endpoint.asked
    assert asked.path == "/v1/chat/completions?version=2"
    assert judged_text(asked) == TEXT
    return dict(asked.headers), asked.body


def test_the_request_carries_model_rubric_text_and_budget() -> None:
    headers, body = sent(rubric="Is it rude?", max_tokens=99, api_key_env="KEY")
    assert headers["Authorization"] == "Bearer sk-1"
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 99, 0)
    system, user = body["messages"]
    assert "Is it rude?" in system["content"]
    assert user["role"] == "user"


def test_the_answer_is_asked_for_as_the_endpoint_understands_it() -> None:
    _, body = sent(categories=["tone"])
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["categories"]["items"]["enum"] == ["tone"]
    assert sent(structured="json_object")[1]["response_format"] == {"type": "json_object"}
    assert "response_format" not in sent(structured="none")[1]


def test_parameters_are_added_and_null_removes_one() -> None:
    _, body = sent(parameters={"max_completion_tokens": 50, "max_tokens": None, "seed": 3})
    assert (body["max_completion_tokens"], body["seed"]) == (50, 3)
    assert "max_tokens" not in body


def test_the_mark_around_the_text_changes_with_the_text_and_not_with_the_call() -> None:
    with Endpoint(lambda _: judgement(0.1)) as endpoint, Running() as running:
        setting = setting_of("judge", url=endpoint.url, model="m", cache_s=0)
        for text in ("one", "one", "two"):
            running.run(job_of(setting, text))
        marks = [asked.body["messages"][1]["content"].split("\n")[0] for asked in endpoint.asked]
    assert marks[0] == marks[1] != marks[2]


def test_tokens_are_reported_and_may_be_missing() -> None:
    bare = Reply(body=json.dumps({"choices": [{"message": {"content": '{"score": 1}'}}]}).encode())
    with Endpoint(lambda _: bare) as endpoint, Running() as running:
        setting = setting_of("judge", url=endpoint.url, model="m")
        (result,) = running.run(job_of(setting, TEXT))
    assert (result.prompt_tokens, result.completion_tokens) == (0, 0)
    assert result.findings == (CheckFinding("JUDGED", 0, len(TEXT), 1.0),)
