"""What a moderation service is sent, and how its scores become findings."""

from __future__ import annotations

import pytest

from tests.endpoint import Endpoint, Reply, moderations, reply
from tests.jobs import Running, job_of, setting_of

SCORES = {"hate": 0.6, "hate/threatening": 0.2, "violence": 0.9, "house-rules": 0.7}


def found(scores: dict[str, float], **options: object) -> dict[str, float]:
    """Types and confidences of what is found in a text."""
    with Endpoint(lambda _: moderations([scores])) as endpoint, Running() as running:
        setting = setting_of("moderation", url=endpoint.url, **options)
        (result,) = running.run(job_of(setting, "some text"))
    assert result.status == "done", result
    assert {(one.start, one.end) for one in result.findings} <= {(0, 9)}
    return {one.type: one.confidence for one in result.findings}


def test_every_category_over_the_threshold_is_a_finding_of_the_whole_text() -> None:
    assert found(SCORES) == {"HATE": 0.6, "VIOLENCE": 0.9, "MODERATION": 0.7}


def test_categories_may_have_thresholds_of_their_own() -> None:
    categories = {"violence": 0.95, "hate/threatening": 0.1, "house-rules": 0.5}
    assert found(SCORES, categories=categories) == {
        "HATE": 0.6,
        "HATE_THREATENING": 0.2,
        "HOUSE_RULES": 0.7,
    }
    assert found(SCORES, categories={"violence": 0.5}, only_listed=True) == {"VIOLENCE": 0.9}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (moderations([]), "the service answered on 0 texts, expected 1"),
        (moderations([SCORES, SCORES]), "the service answered on 2 texts, expected 1"),
        (reply({"results": [{"flagged": True}]}), "the response is no list of moderations"),
        (moderations([{"hate": 1.5}]), "the response is no list of moderations"),
        (reply([1, 2]), "the response is no list of moderations"),
        (moderations([{"hate": 0.1}]), "the service gives no score for category 'sexual'"),
    ],
)
def test_an_answer_that_does_not_fit_is_a_failure(answer: Reply, reason: str) -> None:
    with Endpoint(lambda _: answer) as endpoint, Running() as running:
        setting = setting_of("moderation", url=endpoint.url, categories={"sexual": 0.5})
        (result,) = running.run(job_of(setting, "some text"))
    assert (result.status, result.reason, result.findings) == ("failed", reason, ())


def test_the_request_names_the_model_and_the_key() -> None:
    with Endpoint(lambda _: moderations([{}])) as endpoint, Running({"KEY": "k"}) as running:
        setting = setting_of("moderation", url=f"{endpoint.url}/v1", model="m2", api_key_env="KEY")
        running.run(job_of(setting, "some text"))
        (asked,) = endpoint.asked
    assert asked.path == "/v1/moderations"
    assert asked.body == {"model": "m2", "input": ["some text"]}
    assert asked.headers["Authorization"] == "Bearer k"
