"""The wire contracts: what travels on the topics, as frozen structs. JSON, UTF-8, version 1.

Offsets are Unicode code points from the start of the stream, half-open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from guardrails.guardrail import Action, Mode, PerformanceClass

# Long enough for a UUID with a tenant prefix; ids are keys of state and of Kafka records.
MAX_ID_CHARS = 256
# A reason is a few words; the audit record holds up to a thousand.
MAX_REASON_CHARS = 128
# 2**53 - 1: JSON numbers beyond it are not exact in JavaScript.
MAX_SEQ = 2**53 - 1

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARS)]
Seq = Annotated[int, Meta(ge=0, le=MAX_SEQ)]
State = Literal["active", "monitoring", "complete"]


class Context(Struct, frozen=True, omit_defaults=True, gc=False):
    """Who is talking; copied to the audit record, never interpreted."""

    tenant: Annotated[str, Meta(max_length=MAX_ID_CHARS)] | None = None
    user_id: Annotated[str, Meta(max_length=MAX_ID_CHARS)] | None = None
    bot_id: Annotated[str, Meta(max_length=MAX_ID_CHARS)] | None = None
    session_id: Annotated[str, Meta(max_length=MAX_ID_CHARS)] | None = None
    correlation_id: Annotated[str, Meta(max_length=MAX_ID_CHARS)] | None = None


class Chunk(Struct, frozen=True, omit_defaults=True, gc=False):
    """One piece of a stream (topic `chunks`).

    text: what is new; or content: the whole text so far. The first and the last chunk may have
    neither: they only open and end the stream. final: the stream ends behind this chunk.
    aborted: it ends and the producer gave up. sent_at: aware, for latency only. unscanned: why
    nobody could read something of the reply that stands before this text, in the producer's words
    and without text of users; the audit record lists it.
    """

    stream_id: Id
    seq: Seq
    text: str | None = None
    content: str | None = None
    final: bool = False
    aborted: bool = False
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None
    policy: Id | None = None
    context: Context | None = None
    unscanned: Annotated[str, Meta(min_length=1, max_length=MAX_REASON_CHARS)] | None = None
    v: Literal[1] = 1


class Segment(Struct, frozen=True, gc=False):
    """A newly released span. Plain text has `len(text) == end - start`; a redacted span carries
    its label as text and the rule that asked for it.
    """

    start: int
    end: int
    text: str
    rule: str | UnsetType = UNSET


class Finding(Struct, frozen=True, gc=False):
    """Where a guardrail saw what. In mode monitor, `action` is what would have been done.

    fingerprint: keyed digest of the matched text, in audit records only.
    """

    type: str
    rule: str
    start: int
    end: int
    action: Action
    confidence: float
    mode: Mode
    fingerprint: str | UnsetType = UNSET


class Verdict(Struct, frozen=True, gc=False):
    """What may be shown now (topic `verdicts`).

    seq: the highest chunk covered. action: the strongest one of this verdict. frontier: everything
    before it has been released, redacted or cut off. held: code points received and not released.
    reason: why a stream was blocked or ended, if not by a finding. latency_ms: from the broker's
    timestamp of the chunk to this verdict. tenant: of the stream's context, so that a verdict can
    be handed on to those it belongs to before there is an audit record.
    """

    stream_id: str
    seq: int
    action: Action
    segments: tuple[Segment, ...]
    frontier: int
    held: int
    findings: tuple[Finding, ...]
    checkpoint: str
    state: State
    policy_version: str
    latency_ms: float = 0.0
    reason: str | UnsetType = UNSET
    tenant: str | UnsetType = UNSET
    v: Literal[1] = 1


class Unscanned(Struct, frozen=True):
    """Text that was not looked at: from `offset`, and why. For a gap the first and last missing
    seq; for a check that failed, timed out or was skipped its guardrail and where the text ends.
    """

    offset: int
    reason: str
    first_missing_seq: int | UnsetType = UNSET
    last_missing_seq: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    guardrail: str | UnsetType = UNSET


class GuardrailRecord(Struct, frozen=True):
    """One guardrail's part in a stream. would_have_blocked: findings a monitor did not enforce.

    runs: windows of text a check was asked about, 0 for what runs at every chunk. errors: runs or
    matches that failed; timeouts, skipped: runs without an answer in time, or not run at all.
    """

    mode: Mode
    performance_class: PerformanceClass
    findings: int
    would_have_blocked: int
    errors: int = 0
    timeouts: int = 0
    skipped: int = 0
    runs: int = 0


class AuditContent(Struct, frozen=True):
    """The part of an audit record that depends on the stream's text and the policy alone.

    findings: the first 1,000 by offset; omitted: how many more there were. guardrails: those that
    found something, that failed, and all checks; all findings are counted there. quiet: the others
    that looked at the text.
    """

    outcome: Action
    chars: int
    released: int
    redacted: int
    findings: tuple[Finding, ...]
    omitted: int
    guardrails: dict[str, GuardrailRecord]
    unscanned: tuple[Unscanned, ...]
    reason: str | UnsetType = UNSET
    quiet: tuple[str, ...] = ()


class CheckCost(Struct, frozen=True):
    """What the checks of one guardrail cost a stream. latency_ms: the sum over its runs, from
    request to answer. calls: made to what runs it, retries counted. tokens: as it says itself.
    cached: runs answered without a call.
    """

    latency_ms: float = 0.0
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class AuditTransport(Struct, frozen=True):
    """The part of an audit record that depends on how the text arrived. Times: milliseconds since
    the epoch, log time. ended_by: final, aborted, blocked, idle, age or evicted. checks: by
    guardrail. slowest_verdict_ms: the largest `latency_ms` of its verdicts, rounded up.
    """

    chunks: int
    duplicates: int
    late: int
    early: int
    gaps: int
    rewrites: int
    scanned_chars: int
    max_held_chars: int
    verdicts: int
    started_at_ms: int
    ended_at_ms: int
    ended_by: str
    checks: dict[str, CheckCost] = {}
    slowest_verdict_ms: int = 0


class Audit(Struct, frozen=True):
    """The one record of a stream (topic `audit`)."""

    stream_id: str
    context: Context
    policy: str
    policy_version: str
    content: AuditContent
    transport: AuditTransport
    v: Literal[1] = 1


class CheckText(Struct, frozen=True, tag="text", tag_field="kind"):
    """Decided text of a stream, each piece once and in order (topic `checks`).

    segments: as readers get them before any check. original: the same span as it was written;
    only where the policy has a check that asks for it. Pieces begin where the last one ended.
    """

    stream_id: str
    start: int
    end: int
    segments: tuple[Segment, ...]
    original: str | UnsetType = UNSET
    v: Literal[1] = 1


class CheckRequest(Struct, frozen=True, tag="request", tag_field="kind"):
    """A check to be run (topic `checks`), on text that was published before.

    id: the same whenever the same text is asked about again; unique in the stream. deadline_ms:
    from the broker's timestamp of this record.
    """

    id: str
    stream_id: str
    guardrail: str
    checkpoint: str
    start: int
    end: int
    mode: Mode
    deadline_ms: int
    policy: str
    policy_version: str
    context: Context
    v: Literal[1] = 1


class CheckClose(Struct, frozen=True, tag="close", tag_field="kind"):
    """The stream is complete: its text may be forgotten (topic `checks`)."""

    stream_id: str
    v: Literal[1] = 1


CheckEvent = CheckText | CheckRequest | CheckClose

CheckStatus = Literal["done", "failed", "timed_out", "skipped"]


class CheckFinding(Struct, frozen=True):
    """What a check saw. start, end: offsets of the stream, within the request's span."""

    type: str
    start: int
    end: int
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0


class CheckResult(Struct, frozen=True):
    """The answer to one request (topic `results`), in the partition the request came from.

    requested_at_ms: the broker's timestamp of the request. reason: for people, why there is no
    answer; without user text. attempts: calls made, retries counted; 0 when it was cached.
    """

    id: Annotated[str, Meta(min_length=1, max_length=2 * MAX_ID_CHARS)]
    stream_id: Id
    guardrail: Id
    status: CheckStatus
    requested_at_ms: int
    deadline_ms: int
    findings: tuple[CheckFinding, ...] = ()
    latency_ms: float = 0.0
    attempts: int = 0
    cached: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reason: str | UnsetType = UNSET
    v: Literal[1] = 1


PipelineEventType = Literal[
    "pipeline_start",
    "step_start",
    "step_progress",
    "step_output",
    "step_complete",
    "step_error",
    "checkpoint_saved",
    "pipeline_complete",
    "pipeline_error",
]


class PipelineEvent(Struct, frozen=True):
    """One thing that happened to a stream (topic `events`), for policies with `events: true`.

    execution: the stream's id. timestamp_ms: log time. step: a guardrail's id, or `release`. data:
    by type, see docs/events.md; offsets and counts, never text.
    """

    type: PipelineEventType
    execution: str
    timestamp_ms: int
    data: dict[str, Any]
    step: str | UnsetType = UNSET
    v: Literal[1] = 1


# In base64 four thirds of it, so that the letter fits where the event fitted (1 MiB).
MAX_LETTER_BYTES = 524_288


class DeadLetter(Struct, frozen=True):
    """Bytes that could not be judged, where they came from and why (topic `dead-letters`).

    reason: short and stable; detail: for people, without user text. value, key: base64 in JSON;
    a value of more than `MAX_LETTER_BYTES` is cut to that, and `size` says how long it was: the
    whole one still stands in its topic, at its offset.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    reason: str
    detail: str
    key: bytes | None
    value: bytes
    size: int
    v: Literal[1] = 1


# 5 s: guards ask for new activations every second and compile the largest keyword list in two;
# the rest is for brokers whose clocks differ. See docs/decisions/0007.
ACTIVATION_LEAD_MS = 5_000
# Nobody plans further ahead, and times stay far from overflow.
_WEEK_MS = 7 * 86_400_000


class PolicyActivation(Struct, frozen=True, omit_defaults=True):
    """A policy that judges the streams that begin from now on (topic `policies`).

    In force from `lead_ms` behind the broker's timestamp of its record. name: as the policy itself
    says it. version: as it came out where it was published. source: the policy as it is written,
    YAML or JSON. by, comment: for people.
    """

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    version: str
    source: str
    lead_ms: Annotated[int, Meta(ge=ACTIVATION_LEAD_MS, le=_WEEK_MS)] = ACTIVATION_LEAD_MS
    by: Annotated[str, Meta(max_length=MAX_ID_CHARS)] | None = None
    comment: Annotated[str, Meta(max_length=1_000)] | None = None
    v: Literal[1] = 1


class Durations(Struct, frozen=True, gc=False):
    """How long things took: their number, and quantiles that are at most 4.5% off.

    buckets: (i, count), where bucket i holds the durations in (2**((i-1)/8), 2**(i/8)] ms, bucket 0
    those up to 1 ms. Adding the counts of two records gives the buckets of both together.
    """

    count: int
    sum_ms: float
    max_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    buckets: tuple[tuple[int, int], ...]


class GuardrailRollup(Struct, frozen=True, omit_defaults=True, gc=False):
    """One guardrail's part in the streams of a minute; sums over their `GuardrailRecord` and
    `CheckCost`. latency: of its runs, a stream's mean counted once per run.
    """

    findings: int = 0
    would_have_blocked: int = 0
    errors: int = 0
    timeouts: int = 0
    skipped: int = 0
    runs: int = 0
    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency: Durations | UnsetType = UNSET


class Rollup(Struct, frozen=True, gc=False):
    """What the streams of one tenant came to that ended in one minute (topic `audit-rollup`).

    Of several records for the same `tenant` and `minute_ms` the last one counts; it holds all that
    the others held. tenant: null where streams name none. minute_ms: start of the minute, log time.
    outcomes, ended_by: streams by word. findings: listed ones, by type and mode; omitted: findings
    that records only counted. unscanned: streams with ranges that were not looked at. guardrails:
    those with something to say. duration: from a stream's first chunk to its end. slowest_verdict:
    of each stream, from a chunk to its verdict.

    late: streams, counted above, that came after the minute had been closed. too_late: streams of
    earlier minutes, counted nowhere else, that came in this one. contradictions: records, counted
    nowhere else, that came in this minute and said something else of a stream than its first.
    """

    tenant: str | None
    minute_ms: int
    streams: int
    outcomes: dict[Action, int]
    ended_by: dict[str, int]
    chars: int
    released: int
    redacted: int
    findings: dict[str, dict[Mode, int]]
    omitted: int
    would_have_blocked: int
    unscanned: int
    guardrails: dict[str, GuardrailRollup]
    duration: Durations
    late: int = 0
    too_late: int = 0
    contradictions: int = 0
    slowest_verdict: Durations | UnsetType = UNSET
    v: Literal[1] = 1


class Redemption(Struct, frozen=True):
    """A subscribe ticket was used (topic `tickets`). by: a random name of whoever used it.
    expires_at_ms: since 1970; the record means nothing afterwards.
    """

    by: str
    expires_at_ms: int
    v: Literal[1] = 1


_ENCODER = msgspec.json.Encoder()


def encode(event: Struct) -> bytes:
    """Return the event as JSON."""
    return _ENCODER.encode(event)
