"""What JavaScript finds with the rules of a bundle, against the engine with the same rules."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.gateway.rules.bundle import bundle
from connectors.gateway.rules.client_rule import select
from guardrails import Plan, Session
from guardrails.catalogue import CATALOGUE
from guardrails.fold import clean
from guardrails.guardrail import Action
from guardrails.joined_matcher import compile_rules
from guardrails.policy import Policy
from guardrails.rule import Rule
from tests.connectors.gateway.rules.cases import EDGES, NAMES, handed_out, policy_named, texts
from tests.node import run_node

HERE = Path(__file__).parent
# More than 10,000 besides the samples of the catalogue, with which `everything` begins.
COUNTS = {"default": 4_000, "everything": 5_000, "team": 3_200}


def content_of(policy: Policy) -> dict[str, Any]:
    made = bundle(policy, 1, datetime.now(UTC), timedelta(hours=1))
    content: dict[str, Any] = json.loads(made.content)
    return content


class Engine:
    """The engine with the rules that clients get; their actions as the policy has them."""

    def __init__(self, rules: list[Rule], actions: dict[str, str]) -> None:
        self._rules = rules
        self._actions = actions
        self._matcher, self._state = compile_rules(rules)

    def find(self, text: str) -> list[Any]:
        """What is found in the whole text, as the program beside this file prints it."""
        found = []
        for match in self._matcher.push(self._state(), clean(text), final=True):
            rule = self._rules[match.rule]
            action = self._actions[rule.id]
            if match.capped and action == Action.REDACT:
                action = Action.BLOCK
            part = None if match.part is None else list(match.part)
            span = (match.start, match.end)
            found.append([rule.id, rule.type, action, *span, part, rule.confidence])
        return found


def compare(policy: Policy, count: int, seed: int) -> None:
    content = content_of(policy)
    rules = handed_out(policy)
    assert [rule["id"] for rule in content["rules"]] == [rule.id for rule in rules]
    engine = Engine(rules, {rule["id"]: rule["action"] for rule in content["rules"]})
    cases = list(islice(texts(policy, Random(seed)), count))
    given = run_node(HERE / "find.mjs", rows=[content, *cases])
    assert len(given) == len(cases)
    found: Counter[str] = Counter()
    for text, row in zip(cases, given, strict=True):
        wanted = engine.find(text)
        assert sorted(row, key=by_place) == sorted(wanted, key=by_place), text
        found.update(one[0] for one in wanted)
    met = {rule.id for rule in rules} & found.keys()
    print(
        f"{policy.name}: {len(cases):,} texts agree, {found.total():,} findings of "
        f"{len(met)} of {len({rule.id for rule in rules})} rules"
    )
    assert len(met) > 0.9 * len({rule.id for rule in rules})


def by_place(found: list[Any]) -> tuple[int, int, str, str]:
    """Rules of one id may find the same at one place in different ways."""
    return found[3], found[4], found[0], str(found)


@pytest.mark.parametrize("name", NAMES)
def test_javascript_finds_what_the_engine_finds_in_whole_texts(name: str) -> None:
    compare(policy_named(name), COUNTS[name], seed=5)


def test_there_are_ten_thousand_generated_cases() -> None:
    samples = sum(len(one.catches) + len(one.ignores) for one in CATALOGUE)
    assert sum(COUNTS[name] for name in NAMES) - samples - len(EDGES) >= 10_000


def test_a_guarded_stream_reports_what_javascript_finds() -> None:
    policy = policy_named("default")
    content, plan = content_of(policy), Plan(policy)
    kept = {left.rule for left in select(policy).left_out}
    cases = list(islice(texts(policy, Random(8)), 0, 300))
    given = run_node(HERE / "find.mjs", rows=[content, *cases])
    reported = 0
    for text, row in zip(cases, given, strict=True):
        session = Session("s", plan)
        findings = list(session.push(clean(text)).findings)
        if not session.ended_by:
            findings += session.finish().findings
        if session.ended_by == "blocked":
            continue  # What stands behind a block is no finding of the stream.
        wanted = {
            (one.rule, one.type, str(one.action), one.start, one.end)
            for one in findings
            if one.rule not in kept
        }
        assert {tuple(one[:5]) for one in row} == wanted, text
        reported += len(wanted)
    assert reported > 30


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", NAMES)
def test_javascript_finds_what_the_engine_finds_for_many_seeds(name: str, seed: int) -> None:
    compare(policy_named(name), 8_000, seed)
