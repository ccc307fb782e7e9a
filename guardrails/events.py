"""The wire contracts: what travels on the topics, as frozen structs. JSON, UTF-8, version 1.

Offsets are Unicode code points from the start of the stream, half-open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from guardrails.guardrail import Action, Mode, PerformanceClass

# Long enough for a UUID with a tenant prefix; ids are keys of state and of Kafka records.
MAX_ID_CHARS = 256
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

    text: what is new; or content: the whole text so far. final: the stream ends behind this chunk.
    aborted: it ends and the producer gave up. sent_at: aware, for latency only.
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
    timestamp of the chunk to this verdict.
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

    findings: the first 1,000 by offset; omitted: how many more there were. All are counted under
    `guardrails`.
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
    the epoch, log time. ended_by: final, aborted, blocked, idle or age. checks: by guardrail.
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


_ENCODER = msgspec.json.Encoder()


def encode(event: Struct) -> bytes:
    """Return the event as JSON."""
    return _ENCODER.encode(event)
