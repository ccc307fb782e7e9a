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
    """Text no guardrail saw: at `offset`, and why; for a gap the first and last missing seq."""

    offset: int
    reason: str
    first_missing_seq: int | UnsetType = UNSET
    last_missing_seq: int | UnsetType = UNSET


class GuardrailRecord(Struct, frozen=True):
    """One guardrail's part in a stream. would_have_blocked: findings a monitor did not enforce."""

    mode: Mode
    performance_class: PerformanceClass
    findings: int
    would_have_blocked: int
    errors: int = 0
    timeouts: int = 0
    skipped: int = 0


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


class AuditTransport(Struct, frozen=True):
    """The part of an audit record that depends on how the text arrived. Times: milliseconds since
    the epoch, log time. ended_by: final, aborted, blocked, idle or age.
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


class Audit(Struct, frozen=True):
    """The one record of a stream (topic `audit`)."""

    stream_id: str
    context: Context
    policy: str
    policy_version: str
    content: AuditContent
    transport: AuditTransport
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
