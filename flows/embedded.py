"""The guard flow in one process, on in-process topics: for tests of policies, scans and demos."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink
from bytewax.testing import run_main

from connectors.checks.sink import CheckSink
from connectors.file_topics import FileTopics
from connectors.memory import MemoryPublisher, MemorySink, MemorySource, MemoryTopics
from connectors.metrics.checks import ChecksMetrics
from flows.checks import connect, launcher, require_checks
from flows.guard import build
from guardrails.events import Audit, Chunk, DeadLetter, PipelineEvent, Verdict, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.records import Batch, Clock, Output, Record
from guardrails.shard import SHARDS, Event, Shard
from operators.guard import Observer


@dataclass
class Guarded:
    """What came out of the flow. verdicts, audits: by stream id; events of policies that tell them
    and dead letters in order.
    """

    verdicts: dict[str, list[Verdict]] = field(default_factory=lambda: defaultdict(list))
    audits: dict[str, Audit] = field(default_factory=dict)
    events: list[PipelineEvent] = field(default_factory=list)
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
    environ: Mapping[str, str] | None = None,
) -> Guarded:
    """Run chunk events through the whole flow, checks included, and return what came out.

    chunks: events, or mappings and bytes as a producer would send them. Streams that do not end
    themselves are ended when the chunks are. batch: records per poll. environ: where the secrets
    are that policies name; the process's own by default.

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
    return _run(_as_plans(policy), topics, batch, os.environ if environ is None else environ)


def compose(
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Output]],
    plans: Plans,
    *,
    environ: Mapping[str, str],
    partitions: int = 1,
    stop: threading.Event | None = None,
    recovery: bool = False,
    observer: Observer | None = None,
    checks_metrics: ChecksMetrics | None = None,
    topics_dir: Path | None = None,
    topics: MemoryTopics | None = None,
) -> Dataflow:
    """Wire the guard and, where a policy has checks, what runs them into one flow.

    source: chunks of so many partitions; a finite one ends the flow when every stream is over.
    environ: where the secrets are that policies name. stop: ends the flow between two batches.
    checks_metrics: counts what the runners do. topics_dir: where questions and answers stand in
    files, so that a restart finds them again; None keeps them in memory. topics: where they stand
    if others use those topics, too.
    Raises ConnectorError when something is missing that checks need.
    """
    if not plans.has_checks:
        return build(source, sink, plans, recovery=recovery, observer=observer)
    require_checks(plans, environ)
    if topics is None:
        topics = FileTopics(topics_dir, partitions) if topics_dir else MemoryTopics(partitions)
    settled = Settled(partitions, observer)
    read = partial(MemorySource, topics, stop=stop, done=settled.done, drops=True)
    answers, questions = read(["results"]), read(["checks"])
    flow = build(
        *(source, sink, plans),
        answers=answers,
        questions=MemorySink(topics),
        recovery=recovery,
        observer=settled,
    )
    launch = launcher(environ, checks_metrics)
    publish = partial(MemoryPublisher, topics)
    runners = CheckSink("results", plans, launch, publish, waits=False)
    connect(flow, questions, runners, plans)
    return flow


class Settled:
    """Watches the guard for the moment when a finite input is through and no stream is open."""

    def __init__(self, partitions: int, observer: Observer | None = None) -> None:
        """observer: is told everything, too."""
        self._observer = observer
        self._shards = SHARDS * partitions
        self._open: dict[Shard, int] = {}

    def observe(self, shard: Shard, events: Sequence[Event], batch: Batch) -> None:
        """Note how many streams of a shard are open behind the end of the input."""
        if shard.ended:
            self._open[shard] = len(shard)
        if self._observer is not None:
            self._observer.observe(shard, events, batch)

    def refuse(self, letter: DeadLetter) -> None:
        """Tell the other observer."""
        if self._observer is not None:
            self._observer.refuse(letter)

    def save(self, took_s: float) -> None:
        """Tell the other observer."""
        if self._observer is not None:
            self._observer.save(took_s)

    def done(self) -> bool:
        """Whether nothing follows."""
        return len(self._open) == self._shards and not any(self._open.values())


def _run(plans: Plans, topics: MemoryTopics, batch: int, environ: Mapping[str, str]) -> Guarded:
    source = MemorySource(topics, ["chunks"], batch=batch)
    flow = compose(
        *(source, MemorySink(topics), plans), environ=environ, partitions=topics.partitions
    )
    run_main(flow)
    guarded = Guarded()
    for record in topics.records("verdicts"):
        verdict = msgspec.json.decode(record.value, type=Verdict)
        guarded.verdicts[verdict.stream_id].append(verdict)
    for record in topics.records("audit"):
        audit = msgspec.json.decode(record.value, type=Audit)
        guarded.audits[audit.stream_id] = audit
    guarded.events = [
        msgspec.json.decode(record.value, type=PipelineEvent) for record in topics.records("events")
    ]
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
