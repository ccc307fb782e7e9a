"""Streams for the flow's tests, and what a reader makes of the flow's output."""

from __future__ import annotations

import random
from collections import defaultdict

import msgspec

from guardrails.events import Audit, Verdict
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.reader import Reader
from guardrails.records import Record
from guardrails.session import Session

TEXTS = (
    "Write to ada@example.org or call 4111 1111 1111 1111, then 4111 1111 1111 1112.",
    "A plain answer about tides: the moon pulls the water, and the water follows. " * 6,
    "联系 info@example.cn，卡号４１１１ １１１１ １１１１ １１１１。😀 done",
    "key AKIA" + "Q3EGRIFWEKZPMLXA in code; mail bob@example.com; 198.41.0.4 is up",
    "",
    "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA\n" * 40 + "and no end",
)


def policy() -> Policy:
    """Redact personal data and credentials."""
    return Policy(name="test", guardrails={"pii": {}, "secrets": {}})


def make_chunks(streams: int, seed: int = 1) -> list[dict[str, object]]:
    """Return interleaved chunk events of many streams, each cut at random places."""
    rng = random.Random(seed)
    queues = []
    for number in range(streams):
        text = TEXTS[number % len(TEXTS)]
        cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.randrange(1, 12)))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        queues.append(
            [
                {"stream_id": f"s{number}", "seq": seq, "text": piece, "final": last}
                for seq, piece in enumerate(pieces)
                for last in [seq == len(pieces) - 1]
            ]
        )
    out = []
    while queues:
        queue = rng.choice(queues)
        out.append(queue.pop(0))
        if not queue:
            queues.remove(queue)
    return out


def expected(streams: int, plan: Plan) -> dict[str, tuple[str, tuple[object, ...]]]:
    """Return what the engine says of each whole text: released text and findings."""
    answers = {}
    for number in range(streams):
        session = Session(f"s{number}", plan)
        verdict = session.push(TEXTS[number % len(TEXTS)], final=True)
        text = "".join(segment.text for segment in verdict.segments)
        answers[f"s{number}"] = (text, session.audit().content.findings)
    return answers


def read_all(
    verdicts: list[Record], audits: list[Record]
) -> tuple[dict[str, tuple[str, tuple[object, ...]]], dict[str, set[bytes]]]:
    """Read verdicts as a consumer that trims by frontier; collect the audit contents by stream."""
    texts: dict[str, list[str]] = defaultdict(list)
    readers: dict[str, Reader] = defaultdict(Reader)
    findings: dict[str, dict[tuple[object, ...], object]] = defaultdict(dict)
    for record in verdicts:
        verdict = msgspec.json.decode(record.value, type=Verdict)
        for segment in readers[verdict.stream_id].read(verdict):
            texts[verdict.stream_id].append(segment.text)
        for finding in verdict.findings:
            findings[verdict.stream_id][(finding.start, finding.end, finding.rule)] = finding
    contents: dict[str, set[bytes]] = defaultdict(set)
    seen = {}
    for record in audits:
        audit = msgspec.json.decode(record.value, type=Audit)
        contents[audit.stream_id].add(msgspec.json.encode(audit.content))
        seen[audit.stream_id] = audit
    answers = {
        stream_id: (
            "".join(texts[stream_id]),
            tuple(findings[stream_id][key] for key in sorted(findings[stream_id])),
        )
        for stream_id in seen
    }
    return answers, contents
