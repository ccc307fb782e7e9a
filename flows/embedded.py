"""The guard flow in one process, on in-process topics: for tests of policies, scans and demos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from bytewax.testing import run_main

from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows.guard import build
from guardrails.events import Audit, Chunk, DeadLetter, Verdict, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy


@dataclass
class Guarded:
    """What came out of the flow. verdicts, audits: by stream id; dead letters in order."""

    verdicts: dict[str, list[Verdict]] = field(default_factory=lambda: defaultdict(list))
    audits: dict[str, Audit] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def released(self, stream_id: str) -> str:
        """Return the text a reader of one stream sees."""
        return "".join(
            segment.text for verdict in self.verdicts[stream_id] for segment in verdict.segments
        )


def guard_chunks(
    policy: Policy | Plan | Plans,
    chunks: Iterable[Chunk | Mapping[str, Any] | bytes],
    *,
    batch: int = 1000,
    partitions: int = 1,
) -> Guarded:
    """Run chunk events through the whole flow and return what came out.

    chunks: events, or mappings and bytes as a producer would send them. Streams that do not end
    themselves are ended when the chunks are. batch: records per poll.

    >>> result = guard_chunks(
    ...     Policy(guardrails={"pii": {"action": "redact"}}),
    ...     [{"stream_id": "s", "seq": 0, "text": "mail ada@exam"},
    ...      {"stream_id": "s", "seq": 1, "text": "ple.org", "final": True}],
    ... )
    >>> result.released("s")
    'mail [EMAIL_ADDRESS]'
    """
    topics = MemoryTopics(partitions)
    for chunk in chunks:
        value, key = _encode(chunk)
        topics.append("chunks", key, value)
    topics.close("chunks")
    return _run(_as_plans(policy), topics, batch)


def _run(plans: Plans, topics: MemoryTopics, batch: int) -> Guarded:
    source = MemorySource(topics, ["chunks"], batch=batch)
    run_main(build(source, MemorySink(topics), plans, recovery=False))
    guarded = Guarded()
    for record in topics.records("verdicts"):
        verdict = msgspec.json.decode(record.value, type=Verdict)
        guarded.verdicts[verdict.stream_id].append(verdict)
    for record in topics.records("audit"):
        audit = msgspec.json.decode(record.value, type=Audit)
        guarded.audits[audit.stream_id] = audit
    guarded.dead_letters = [
        msgspec.json.decode(record.value, type=DeadLetter)
        for record in topics.records("dead-letters")
    ]
    return guarded


def _as_plans(policy: Policy | Plan | Plans) -> Plans:
    if isinstance(policy, Plans):
        return policy
    return Plans(policy if isinstance(policy, Plan) else Plan(policy))


def _encode(chunk: Chunk | Mapping[str, Any] | bytes) -> tuple[bytes, bytes]:
    if isinstance(chunk, bytes):
        return chunk, b""
    if isinstance(chunk, Chunk):
        return encode(chunk), chunk.stream_id.encode()
    return msgspec.json.encode(dict(chunk)), str(chunk.get("stream_id", "")).encode()
