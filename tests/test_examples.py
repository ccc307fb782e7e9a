"""The examples: answers hold what their titles say, policies load, programs work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from itertools import pairwise
from pathlib import Path

import pytest
from bytewax.testing import run_main

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from flows.demo.answers import CUT, Answer, read_answers
from flows.kafka import build_kafka
from guardrails import default_plan, parse_policy
from guardrails.guardrail import Mode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.session import Session
from tests.broker import Broker
from tests.streaming import stream

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
ANSWERS = read_answers()
# What is found in each answer, by rule.
FOUND = {
    "tls-setup": ["private-key"],
    "refund": ["credit-card"],
    "deploy-token": ["github-pat", "aws-access-token"],
    "tokyo-booking": ["email", "credit-card"],
    "webhook": ["jwt"],
    "connection": ["url-credentials", "email"],
    "rechnung": ["iban", "phone-international"],
    "roadmap": ["keywords"],
    "minutes": ["email"],
    "train": ["phone-international", "email"],
}


def plan_of(answer: Answer) -> Plan:
    if answer.policy is None:
        return default_plan()
    path = EXAMPLES / "policies" / f"{answer.policy}.yaml"
    return Plan(parse_policy(path.read_text("utf-8"), path.name))


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
def test_answer_holds_what_was_planted_and_nothing_else(answer: Answer) -> None:
    session = Session(answer.id, plan_of(answer))
    session.push(answer.plain, final=True)
    assert [finding.rule for finding in session.findings] == FOUND.get(answer.id, [])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
def test_pieces_give_the_answer_of_the_whole_text(answer: Answer) -> None:
    assert "".join(answer.pieces()) == answer.plain
    plan = plan_of(answer)
    assert stream(plan, answer.pieces()).content == stream(plan, [answer.plain]).content


def test_most_of_the_text_is_clean_prose() -> None:
    chars = sum(len(answer.plain) for answer in ANSWERS if answer.id != "tls-setup")
    found = sum(
        finding.end - finding.start
        for answer in ANSWERS
        if answer.id != "tls-setup"
        for finding in stream(plan_of(answer), [answer.plain]).content.findings
    )
    assert found < chars * 0.15


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
def test_every_secret_is_cut_by_a_mark(answer: Answer) -> None:
    """Scanners of repositories must not see one, and the demo must cut where it matters."""
    marks, offset = [], 0
    for part in answer.text.split(CUT):
        offset += len(part)
        marks.append(offset)
    for finding in stream(plan_of(answer), [answer.plain]).content.findings:
        if finding.start < offset and answer.id != "roadmap":
            assert any(finding.start < mark < finding.end for mark in marks), finding.rule


def test_content_producer_sends_the_whole_text_each_time() -> None:
    answer = next(answer for answer in ANSWERS if answer.producer == "content")
    chunks = answer.chunks()
    assert chunks[-1].content == answer.plain
    assert all((b.content or "").startswith(a.content or "-") for a, b in pairwise(chunks))


def test_unordered_answer_has_early_and_repeated_chunks() -> None:
    answer = next(answer for answer in ANSWERS if answer.unordered)
    numbers = [chunk.seq for chunk in answer.chunks()]
    assert numbers != sorted(numbers)
    assert len(numbers) > len(set(numbers)) == len(answer.pieces())


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("policies/*.yaml")), ids=lambda p: p.stem)
def test_policy_is_valid_and_named_like_its_file(path: Path) -> None:
    policy = parse_policy(path.read_text("utf-8"), path.name)
    assert policy.name == path.stem


def test_watching_policy_holds_nothing() -> None:
    path = EXAMPLES / "policies" / "watch.yaml"
    plan = Plan(parse_policy(path.read_text("utf-8"), path.name))
    assert plan.enforced is None
    assert all(setting.mode is Mode.MONITOR for setting in plan.settings)


def test_scan_rows_have_the_findings_their_ids_say() -> None:
    rows = [json.loads(line) for line in (EXAMPLES / "scan.jsonl").read_text("utf-8").splitlines()]
    found = {}
    for row in rows:
        chunks = row.get("chunks") or [row["text"]]
        found[row["id"]] = [f.type for f in stream(default_plan(), chunks).content.findings]
    assert found == {
        "clean": [],
        "email": ["EMAIL_ADDRESS"],
        "card": ["CREDIT_CARD"],
        "phone": ["PHONE_NUMBER"],
        "order": [],
        "marker": ["KEYWORD"],
    }


def call(program: str, settings: KafkaSettings, *arguments: str) -> str:
    """Run an example as a person does; return what it printed."""
    places = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "TIDEGATE_TOPIC_PREFIX": settings.topic_prefix,
        "PYTHONPATH": str(EXAMPLES.parent),
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / program), *arguments],
        env=os.environ | places,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.integration
def test_programs_send_and_show_a_guarded_stream(broker: Broker) -> None:
    prefix = f"example-{uuid.uuid4().hex[:8]}."
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix=prefix)
    admin = open_client(settings).admin()
    create_topics(admin, topic_specs(settings, partitions=2, replicas=1))
    admin.close()
    call("produce.py", settings, "other", "Nothing to see here.")
    call("produce.py", settings, "reply", "Write to ada.lovelace@example.org, she knows.")
    plans = Plans(default_plan())
    run_main(build_kafka(settings, plans, stop=threading.Event(), until_end=True, recovery=False))
    assert call("consume.py", settings, "reply") == "Write to [EMAIL_ADDRESS], she knows.\n"
