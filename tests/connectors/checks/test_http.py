"""Any service over HTTP: the policy's mapping of the request and of the response."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.checks.http import convert_span
from guardrails.events import CheckResult
from tests.endpoint import Endpoint, reply
from tests.jobs import Running, job_of, setting_of

TEXT = "Write to 😀 Ada, é!"
LIST = {
    "findings": "result.hits",
    "type": "label",
    "start": "at.from",
    "end": "at.to",
    "score": "sure",
}


def ask(answer: Any, text: str = TEXT, **options: Any) -> CheckResult:
    with Endpoint(lambda _: reply(answer)) as endpoint, Running() as running:
        setting = setting_of("http/legal", url=endpoint.url, **options)
        (result,) = running.run(job_of(setting, text))
    return result


def hit(start: Any, end: Any, label: Any = "name", sure: Any = 0.9) -> dict[str, Any]:
    return {"label": label, "at": {"from": start, "to": end}, "sure": sure}


def test_a_list_of_findings_is_read_where_the_policy_says() -> None:
    answer = {"result": {"hits": [hit(9, 10, "face"), hit(11, 14), hit(0, 5, sure=0.2)]}}
    result = ask(answer, response=LIST, types={"face": "FACE", "name": "PERSON"})
    assert result.status == "done"
    assert [(one.type, TEXT[one.start : one.end]) for one in result.findings] == [
        ("FACE", "😀"),
        ("PERSON", "Ada"),
    ]


def test_a_label_the_policy_does_not_name_has_the_checks_own_type() -> None:
    answer = {"result": {"hits": [hit(0, 5, "Write to Ada"), hit(1, 5, 7)]}}
    result = ask(answer, response=LIST, types={"name": "PERSON"})
    assert [one.type for one in result.findings] == ["EXTERNAL", "EXTERNAL"]


@pytest.mark.parametrize(("offsets", "start", "end"), [("utf16", 12, 15), ("utf8", 14, 17)])
def test_offsets_may_be_of_another_unit(offsets: str, start: int, end: int) -> None:
    answer = {"result": {"hits": [hit(start, end)]}}
    (found,) = ask(answer, response=LIST, offsets=offsets).findings
    assert TEXT[found.start : found.end] == "Ada"


@given(st.text(), st.data())
def test_spans_in_other_units_come_back_as_they_went(text: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, end))
    if start == end:
        return
    for unit, encoding, size in (("utf16", "utf-16-le", 2), ("utf8", "utf-8", 1)):
        before = len(text[:start].encode(encoding, "surrogatepass")) // size
        inside = len(text[start:end].encode(encoding, "surrogatepass")) // size
        if "\ud800" <= max(text) <= "\udfff":
            return
        assert convert_span(text, before, before + inside, unit) == (start, end)


@pytest.mark.parametrize(
    ("response", "answer", "flagged"),
    [
        ({"flagged": "bad"}, {"bad": True}, True),
        ({"flagged": "bad"}, {"bad": False}, False),
        ({"score": "scores[1]"}, {"scores": [0.1, 0.7]}, True),
        ({"score": "scores[1]"}, {"scores": [0.9, 0.4]}, False),
        ({"flagged": "bad", "score": "s"}, {"bad": True, "s": 0.2}, True),
        ({"score": '["a.b"].s', "type": '["a.b"].kind'}, {"a.b": {"s": 1, "kind": "x"}}, True),
    ],
)
def test_one_judgement_is_of_the_whole_text(
    response: dict[str, str], answer: dict[str, Any], flagged: bool
) -> None:
    result = ask(answer, response=response)
    assert result.status == "done"
    assert [(one.start, one.end) for one in result.findings] == [(0, len(TEXT))] * flagged


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({}, "the response has nothing at 'result.hits'"),
        ([], "the response has nothing at 'result.hits'"),
        ({"result": {"hits": {}}}, "expected a list of at most 10,000 at 'result.hits'"),
        ({"result": {"hits": [3]}}, "the response has nothing at 'sure'"),
        ({"result": {"hits": [hit(0, 5, sure=2)]}}, "expected a number from 0 to 1 at 'sure'"),
        ({"result": {"hits": [hit(0, 5, sure=True)]}}, "expected a number from 0 to 1 at 'sure'"),
        ({"result": {"hits": [hit("0", 5)]}}, "expected whole numbers as offsets"),
        ({"result": {"hits": [hit(0, 1.5)]}}, "expected whole numbers as offsets"),
        ({"result": {"hits": [hit(0, 99)]}}, "the answer names a place outside of the text"),
        ({"result": {"hits": [hit(-1, 3)]}}, "the answer names a place outside of the text"),
        ({"result": {"hits": [hit(3, 3)]}}, "the answer names a place outside of the text"),
    ],
)
def test_an_answer_that_does_not_fit_the_mapping_is_a_failure(answer: Any, reason: str) -> None:
    result = ask(answer, response=LIST)
    assert (result.status, result.reason, result.findings) == ("failed", reason, ())


def test_a_flag_that_is_no_flag_is_a_failure() -> None:
    result = ask({"bad": "no"}, response={"flagged": "bad"})
    assert (result.status, result.reason) == ("failed", "expected true or false at 'bad'")


def test_the_request_is_what_the_policy_writes_with_the_text_in_its_places() -> None:
    with Endpoint(lambda _: reply({"bad": False})) as endpoint, Running({"T": "s3"}) as running:
        setting = setting_of(
            "http/legal",
            url=f"{endpoint.url}/review?lang=en",
            method="PUT",
            headers={"X-Team": "support"},
            headers_env={"X-Token": "T"},
            request={"doc": [{"body": "<{text}>"}], "by": "{guardrail}", "n": 3, "none": None},
            response={"flagged": "bad"},
        )
        running.run(job_of(setting, 'say "{text}" and {guardrail}'))
        (asked,) = endpoint.asked
    assert asked.path == "/review?lang=en"
    assert asked.body == {
        "doc": [{"body": '<say "{text}" and {guardrail}>'}],
        "by": "http/legal",
        "n": 3,
        "none": None,
    }
    assert (asked.headers["X-Team"], asked.headers["X-Token"]) == ("support", "s3")
    assert asked.headers["Content-Type"] == "application/json"
