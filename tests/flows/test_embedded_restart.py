"""A flow with checks and without a broker, killed again and again: nothing is asked in vain."""

from __future__ import annotations

import json
import signal
import time
from collections import defaultdict
from pathlib import Path
from random import Random

from flows.embedded import guard_chunks
from guardrails.policy_text import parse_policy
from tests.endpoint import Asked, Endpoint, Reply, judgement
from tests.flows.command import Command

STREAMS = 12
POLICY = """
name: p
guardrails:
  email: {{action: redact}}
  judge:
    url: {url}/v1/chat/completions
    model: m
    mode: block
    action: redact
    checkpoint: paragraph
    deadline_s: 60
    cache_s: 0
limits: {{tombstone_s: 86400}}
"""


def _judge(asked: Asked) -> Reply:
    text = json.dumps(asked.body)
    return judgement(0.9 if "forbidden" in text else 0.1)._replace(late_s=0.15)


def _chunks() -> list[dict[str, object]]:
    rng = Random(3)
    chunks: list[dict[str, object]] = []
    for number in range(STREAMS):
        paragraphs = [
            f"Paragraph {n} of {number} {rng.choice(['is forbidden', 'is fine'])}, by a@b.org.\n\n"
            for n in range(4)
        ]
        text = "".join(paragraphs)
        pieces = [text[at : at + 17] for at in range(0, len(text), 17)]
        chunks += [
            {"stream_id": f"s{number}", "seq": seq, "text": piece, "final": seq == len(pieces) - 1}
            for seq, piece in enumerate(pieces)
        ]
    return chunks


def _content(audits: list[dict[str, object]]) -> dict[str, list[object]]:
    found = defaultdict(list)
    for audit in audits:
        found[str(audit["stream_id"])].append(audit["content"])
    return found


def test_what_was_asked_when_it_was_killed_is_answered_after_the_restart(
    tidegate: Command, tmp_path: Path
) -> None:
    chunks = _chunks()
    with Endpoint(_judge) as endpoint:
        policy = POLICY.format(url=endpoint.url)
        whole = guard_chunks(parse_policy(policy, "p.yaml"), chunks)
        wanted = {s: json.loads(json.dumps(_plain(a.content))) for s, a in whole.audits.items()}
        tidegate.write("p.yaml", policy)
        tidegate.write("in.jsonl", chunks)
        call = (
            *("run", "--policy", "p.yaml", "--input", "in.jsonl", "--output", "out.jsonl"),
            *("--recovery-dir", "r", "--epoch-s", "0.05"),
        )
        killed = 0
        for wait_s in (0.3, 0.45, 0.6):
            process = tidegate.start(*call)
            asked = len(endpoint.asked)
            deadline = time.monotonic() + 60
            while len(endpoint.asked) == asked and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(wait_s - 0.25)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.communicate()
        assert killed > 0
        ended = tidegate(*call)
    assert ended.code == 0, ended.err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    audits = [row["value"] for row in rows if row["topic"] == "audit"]
    assert _content(audits) == {stream: [content] for stream, content in wanted.items()}
    released = defaultdict(str)
    for row in rows:
        if row["topic"] == "verdicts":
            for segment in row["value"]["segments"]:
                released[row["value"]["stream_id"]] += segment["text"]
    assert released == {f"s{n}": whole.released(f"s{n}") for n in range(STREAMS)}


def _plain(content: object) -> object:
    import msgspec

    return json.loads(msgspec.json.encode(content))
