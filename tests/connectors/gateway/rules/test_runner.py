"""Rules in a worker: what takes too long is ended, named, and not tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.gateway.rules.bundle import bundle
from guardrails.policy_text import parse_policy
from tests.node import run_node

HERE = Path(__file__).parent
# What no policy may hold: every further `a` doubles its time.
EXPLODING = "(?:a|a)+$"
BURST = "a" * 60 + "b ada@example.org"


def bundle_of(*exploding: int) -> dict[str, Any]:
    """E-mail addresses, and expressions that explode before these places of the list of rules."""
    policy = parse_policy("name: small\nguardrails: {email: {}, us-ssn: {}}\n", "small.yaml")
    made = bundle(policy, 1, datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1))
    content: dict[str, Any] = json.loads(made.content)
    for at in exploding:
        rule = content["rules"][0] | {"id": f"bad-{at}", "expression": EXPLODING}
        rule.pop("checks", None)
        content["rules"].insert(at, rule)
    return content


def run(bundle: dict[str, Any], texts: list[str], block: int = 0, **options: int) -> list[Any]:
    row = {"bundle": bundle, "texts": texts, "options": options, "block": block}
    return run_node(HERE / "run.mjs", rows=[row])


def found(said: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(one["rule"], one["start"], one["end"]) for one in said["findings"]]


def test_rules_run_in_one_worker_over_many_texts() -> None:
    said = run(bundle_of(), ["ada@example.org", "nothing", "😀 123-45-6789, ada@example.org"])
    assert [found(one) for one in said] == [
        [("email", 0, 15)],
        [],
        [("us-ssn", 2, 13), ("email", 15, 30)],
    ]
    assert [(one["skipped"], one["started"]) for one in said] == [([], 1)] * 3


def test_a_rule_that_takes_too_long_is_ended_named_and_not_tried_again() -> None:
    said = run(bundle_of(0, 2), [BURST, BURST], limitMs=400, runLimitMs=60_000)
    for one in said:
        assert found(one) == [("email", 62, 77)]
        assert [(rule["rule"], rule["reason"]) for rule in one["skipped"]] == [
            *(("bad-0", "slow"), ("bad-2", "slow")),
        ]
    # Each was ended once; the second text needs no further one.
    assert said[0]["started"] == said[1]["started"] == 3


def test_what_there_was_no_time_for_is_named_and_tried_with_the_next_text() -> None:
    said = run(bundle_of(1), [BURST, "ada@example.org"], limitMs=400, runLimitMs=300)
    assert found(said[0]) == [("email", 62, 77)]
    assert [one["reason"] for one in said[0]["skipped"]] == ["no-time"] * 3
    assert found(said[1]) == [("email", 0, 15)]
    assert said[1]["skipped"] == []


def test_a_page_that_is_busy_itself_does_not_count_as_a_slow_rule() -> None:
    said = run(bundle_of(), ["ada@example.org"], block=1_500, limitMs=200)
    assert found(said[0]) == [("email", 0, 15)]
    assert (said[0]["skipped"], said[0]["started"]) == ([], 1)


def test_a_rule_this_browser_cannot_run_is_named_and_the_others_run() -> None:
    bundle = bundle_of()
    bundle["rules"].insert(0, bundle["rules"][0] | {"id": "odd", "expression": "(?<"})
    bundle["rules"].insert(1, bundle["rules"][1] | {"id": "new", "checks": [{"is": "unheard-of"}]})
    said = run(bundle, ["ada@example.org", "x"])
    for one in said:
        assert [(rule["rule"], rule["reason"]) for rule in one["skipped"]] == [
            *(("odd", "failed"), ("new", "failed")),
        ]
    assert found(said[0]) == [("email", 0, 15)]


def test_a_bundle_that_cannot_be_read_is_an_error_and_no_silence() -> None:
    said = run({"rules": [{"id": "x"}], "tables": {}}, ["text"])
    assert "could not be started" in said[0]["error"]


def test_a_closed_runner_answers_nothing_and_starts_no_worker() -> None:
    said = run(bundle_of(), ["close", "ada@example.org"])
    assert all("closed" in one["error"] for one in said)
    assert said[1]["started"] <= 1
