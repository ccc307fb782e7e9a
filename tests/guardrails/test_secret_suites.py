"""Secrets: what independent suites expect, and how quiet ordinary text stays."""

from __future__ import annotations

import base64
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import pytest

from guardrails import Plan, Session, parse_policy
from guardrails.catalogue import CATALOGUE
from guardrails.rule import DEFAULT_MIN_CONFIDENCE
from guardrails.secrets.sample import HEX, drawn
from tests import corpus
from tests.families import find

RULE_IDS = {
    rule.id for guardrail in CATALOGUE if guardrail.family == "secrets" for rule in guardrail.rules
}
# A file is told by its name, a document of Kubernetes by its layout; the password in a Terraform
# file is found by its name, as everywhere.
NOT_BY_PATTERN = {"pkcs12-file", "kubernetes-secret-yaml", "hashicorp-tf-password"}
# Google's public keys that gitleaks lists one by one: nothing in them tells them from others.
LISTED_ONE_BY_ONE = "gcp-api-key"
# Every so many rows of ordinary text are read, to be quick.
STEP = 3
ORDINARY = (
    "negatives/wikitext2",
    "answers/alpaca_eval_outputs",
    "answers/arena_hard_gpt35_turbo",
    "answers/oasst_sampling",
)


def cases(suite: str) -> Iterator[tuple[dict[str, Any], str]]:
    for row in corpus.rows(f"secrets/{suite}_cases.jsonl"):
        if not row["generated"]:
            yield row, base64.b64decode(row["text_b64"]).decode()


def rules_in(text: str, min_confidence: float) -> set[str]:
    return {rule for _, rule, _, _ in find("secrets", text, min_confidence)}


@pytest.mark.data
def test_what_gitleaks_finds_is_found_and_what_it_leaves_alone_is_left() -> None:
    found: Counter[bool] = Counter()
    named: Counter[bool] = Counter()
    wrong: Counter[bool] = Counter()
    for row, text in cases("gitleaks"):
        rules = rules_in(text, DEFAULT_MIN_CONFIDENCE)
        if row["label"] == "tp":
            found[bool(rules)] += 1
            named[row["rule"] in rules] += 1
        elif row["rule"] != LISTED_ONE_BY_ONE:
            wrong[bool(rules)] += 1
    assert found.total() > 500
    assert found[True] >= 0.95 * found.total(), found
    assert named[True] >= 0.9 * named.total(), named
    assert wrong[True] <= 0.05 * wrong.total(), wrong


@pytest.mark.data
def test_what_detect_secrets_flags_is_found_where_everything_is_asked_for() -> None:
    found: Counter[bool] = Counter()
    for row, text in cases("detect_secrets"):
        if row["label"] == "tp":
            # Addresses are secrets to detect-secrets, and personal data to us.
            family = "pii" if row["rule"] == "ip_public" else "secrets"
            found[bool(find(family, text, 0))] += 1
    assert found.total() > 100
    assert found[True] >= 0.95 * found.total(), found


@pytest.mark.data
def test_rules_bear_the_names_gitleaks_gives_them() -> None:
    path = corpus.ROOT / "rules/gitleaks.toml"
    if not path.exists():
        pytest.skip(f"NOT RUN: independent test data {path.name} is absent; set TIDEGATE_TEST_DATA")
    theirs = {rule["id"] for rule in tomllib.loads(path.read_text("utf-8"))["rules"]}
    assert theirs - RULE_IDS <= NOT_BY_PATTERN


def test_at_least_120_providers_are_known() -> None:
    # The first word of a rule's name is the provider's; these are kinds of credentials.
    kinds = {"authorization", "command", "curl", "generic", "high", "jwt", "netrc", "npmrc"}
    kinds |= {"password", "pgpass", "private", "token", "url"}
    assert len({rule.partition("-")[0] for rule in RULE_IDS} - kinds) >= 120


@pytest.mark.data
def test_ordinary_text_holds_no_secrets() -> None:
    chars = 0
    found: Counter[str] = Counter()
    for name in ORDINARY:
        for row in islice(corpus.rows(f"{name}.jsonl"), 0, None, STEP):
            chars += len(row["text"])
            found.update(rules_in(row["text"], DEFAULT_MIN_CONFIDENCE))
    assert chars > 1_000_000
    assert found.total() <= chars / 1_000_000, found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("api_key = «»;", "api_key = «[SECRET]»;"),
        ('{"algolia_api_key": "«»"}', '{"algolia_api_key": "«[SECRET]»"}'),
        ("deploy --auth-token «» now", "deploy --auth-token «[SECRET]» now"),
        ("curl -H 'X-Api-Key: «»' x", "curl -H 'X-Api-Key: «[SECRET]»' x"),
        ("curl -u admin:«» x", "curl -u admin:«[SECRET]» x"),
        ("Authorization: Bearer «»\n", "Authorization: Bearer «[SECRET]»\n"),
        ("x?api_key=«»&y=1", "x?api_key=«[SECRET]»&y=1"),
        ("git clone https://ci:«»@example.com", "git clone https://ci:«[SECRET]»@example.com"),
    ],
)
def test_a_redaction_replaces_the_value_and_leaves_what_it_is_called(text: str, shown: str) -> None:
    session = Session("s", secrets_plan())
    verdict = session.push(text.replace("«»", drawn(HEX, 32)))
    segments = [*verdict.segments, *session.finish().segments]
    assert "".join(segment.text for segment in segments) == re.sub("[«»]", "", shown)


@cache
def secrets_plan() -> Plan:
    return Plan(parse_policy("guardrails: {secrets: {action: redact}}", "secrets.yaml"))
