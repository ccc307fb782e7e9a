"""Personal data: what independent suites expect, and how quiet ordinary text stays."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from guardrails import parse_policy
from guardrails.proof.samples import Finder, spans_of
from guardrails.rule import DEFAULT_MIN_CONFIDENCE
from guardrails.shipped import shipped_text
from tests.corpus import rows
from tests.families import find

# The types of the sentences that Presidio's authors generated, as ours; the others are names.
GENERATED = {
    "CREDIT_CARD": "CREDIT_CARD",
    "DOMAIN_NAME": "URL",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS",
    "IBAN_CODE": "IBAN_CODE",
    "IP_ADDRESS": "IP_ADDRESS",
    "PHONE_NUMBER": "PHONE_NUMBER",
    "US_SSN": "US_SSN",
}
# Links are no findings by default; at this confidence those with a scheme are.
LINK_CONFIDENCE = 0.4
# Every so many rows of ordinary text are read, to be quick.
PROSE_STEP, ANSWERS_STEP = 4, 6
ANSWERS = ("alpaca_eval_outputs", "arena_hard_gpt35_turbo", "oasst_sampling")

# (type, start, end) in a text.
Span = tuple[str, int, int]


def spans(text: str, min_confidence: float) -> list[Span]:
    return [(kind, start, end) for kind, _, start, end in find("pii", text, min_confidence)]


def is_among(span: Span, others: list[Span]) -> bool:
    kind, start, end = span
    return any(kind == other[0] and start < other[2] and other[1] < end for other in others)


@pytest.mark.data
def test_what_presidio_expects_is_found_and_what_it_refuses_is_not() -> None:
    found: Counter[bool] = Counter()
    wrong: Counter[bool] = Counter()
    for row in rows("pii/presidio_recognizer_cases.jsonl"):
        if row["needs_ner"] or row["kind"] != "span":
            continue
        seen = spans(row["text"], 0)
        for span in row["expected"]:
            found[is_among((span["type"], span["start"], span["end"]), seen)] += 1
        if not row["expected"]:
            wrong[any(kind in row["entity_types"] for kind, _, _ in seen)] += 1
    assert found.total() > 300
    assert found[True] >= 0.97 * found.total(), found
    assert wrong[True] <= 0.02 * wrong.total(), wrong


@pytest.mark.data
def test_generated_sentences_are_read_as_their_authors_meant_them() -> None:
    expected: Counter[str] = Counter()
    recalled: Counter[str] = Counter()
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row in rows("pii/presidio_research_synth.jsonl"):
        meant = [
            (GENERATED[span["type"]], span["start"], span["end"])
            for span in row["expected"]
            if span["type"] in GENERATED
        ]
        seen = spans(row["text"], DEFAULT_MIN_CONFIDENCE)
        if any(kind == "URL" for kind, _, _ in meant):
            seen += [span for span in spans(row["text"], LINK_CONFIDENCE) if span[0] == "URL"]
        for span in meant:
            expected[span[0]] += 1
            recalled[span[0]] += is_among(span, seen)
        for span in seen:
            found[span[0]] += 1
            right[span[0]] += is_among(span, meant)
    assert set(expected) == set(GENERATED.values())
    for kind, total in expected.items():
        assert recalled[kind] >= 0.97 * total, (kind, recalled[kind], total)
        assert right[kind] >= 0.95 * found[kind], (kind, right[kind], found[kind])


@pytest.mark.data
def test_links_are_found_as_linkify_it_finds_them() -> None:
    found: Counter[bool] = Counter()
    wrong: Counter[bool] = Counter()
    for row in rows("urls/linkify_it_links.jsonl"):
        seen = [span for span in spans(row["text"], 0) if span[0] in ("URL", "EMAIL_ADDRESS")]
        for text in row["expected"]:
            start = row["text"].find(text)
            end = start + len(text)
            found[any(start < span[2] and span[1] < end for span in seen)] += 1
        if not row["expected"]:
            wrong[bool(seen)] += 1
    assert found.total() > 100
    assert found[True] >= 0.97 * found.total(), found
    assert wrong[True] <= 0.05 * wrong.total(), wrong


@pytest.mark.data
def test_telephone_numbers_and_links_in_short_texts_are_found() -> None:
    found: Counter[tuple[str, bool]] = Counter()
    for row in rows("pii/recognizers_text_sequence.jsonl"):
        kind, least = ("URL", 0.0) if row["model"] == "URLModel" else ("PHONE_NUMBER", 0.5)
        seen = spans(row["text"], least)
        for expected in row["expected"]:
            value = expected["value"].lower()
            start, end = expected["start"], expected["end"]
            if start is None:
                start = row["text"].lower().find(value)
                end = start + len(value)
            found[kind, is_among((kind, start, end), seen)] += 1
    for kind in ("URL", "PHONE_NUMBER"):
        total = found[kind, True] + found[kind, False]
        assert total > 30
        assert found[kind, True] >= 0.95 * total, found


@pytest.mark.data
def test_an_encyclopaedia_holds_no_personal_data() -> None:
    chars, found = 0, []
    for row in islice(rows("negatives/wikitext2.jsonl"), 0, None, PROSE_STEP):
        chars += len(row["text"])
        found += spans(row["text"], DEFAULT_MIN_CONFIDENCE)
    assert chars > 200_000
    assert len(found) <= 2 * chars / 1_000_000, Counter(kind for kind, _, _ in found)


@pytest.mark.data
def test_in_answers_only_mail_addresses_and_telephone_numbers_are_found() -> None:
    chars, found = 0, []
    for name in ANSWERS:
        for row in islice(rows(f"answers/{name}.jsonl"), 0, None, ANSWERS_STEP):
            chars += len(row["text"])
            found += [kind for kind, _, _ in spans(row["text"], DEFAULT_MIN_CONFIDENCE)]
    assert chars > 500_000
    others = [kind for kind in found if kind not in {"EMAIL_ADDRESS", "PHONE_NUMBER"}]
    assert len(others) <= 2 * chars / 1_000_000, Counter(others)
    # Models write addresses into their examples: those are what they seem to be.
    assert len(found) <= 10 * chars / 1_000_000, Counter(found)


@pytest.mark.parametrize("name", ["default", "pii", "strict", "everything"])
@pytest.mark.parametrize(
    ("address", "policies"),
    [
        ("198.41.0.4", {"default", "pii", "strict", "everything"}),
        ("2001:500:2::c", {"default", "pii", "strict", "everything"}),
        ("192.168.1.17", {"pii", "strict", "everything"}),
        ("10.20.30.40/16", {"pii", "strict", "everything"}),
        ("203.0.113.77", {"pii", "strict", "everything"}),
        ("169.254.10.20", {"pii", "strict", "everything"}),
        ("fd00::12:34", {"pii", "strict", "everything"}),
        ("2001:db8::17", {"pii", "strict", "everything"}),
        ("::ffff:172.16.4.2", {"pii", "strict", "everything"}),
        ("127.0.0.1", {"everything"}),
        ("255.255.255.0", {"everything"}),
        ("0.0.0.0", {"everything"}),
        ("::1", {"everything"}),
    ],
)
def test_addresses_that_lead_to_nobody_are_found_where_they_are_asked_for(
    name: str, address: str, policies: set[str]
) -> None:
    policy = parse_policy(shipped_text(name), name)
    [setting] = [one for one in policy.resolve() if one.guardrail.id == "ip-address"]
    found = Finder(setting.rules).find(f"at «{address}», it said")
    assert [(4, 4 + len(address))] * (name in policies) == spans_of(found)
