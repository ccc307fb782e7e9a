"""What requests and answers look like."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from guardrails.events import MAX_ID_CHARS

# 100,000 code points: a verdict about them fits into one record, whatever they are.
MAX_DELTA_CHARS = 100_000
# A million: what a policy's default `limits` let wait, many times over; resent whole at each call.
MAX_CONTENT_CHARS = 1_000_000
# Updates of one call: a second of a fast model.
MAX_UPDATES = 100
# Members of one object: no body here has as many.
_MAX_MEMBERS = 32
# 2**31 - 1: deltas of one stream, or code points of it.
MAX_COUNT = 2**31 - 1

Name = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARS)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT, strict=True)]


def _string(most: int, value: object) -> str:
    """Take a string in which halves of surrogate pairs may stand: clients that count UTF-16 cut
    between them, and the guard joins them. pydantic's own strings refuse those.
    """
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "Input should be a valid string")
    if len(value) > most:
        raise PydanticCustomError(
            "string_too_long", "String should have at most {most} characters", {"most": most}
        )
    return value


Text = Annotated[
    str,
    PlainValidator(partial(_string, MAX_CONTENT_CHARS)),
    WithJsonSchema({"type": "string", "maxLength": MAX_CONTENT_CHARS}),
]
Delta = Annotated[
    str,
    PlainValidator(partial(_string, MAX_DELTA_CHARS)),
    WithJsonSchema({"type": "string", "maxLength": MAX_DELTA_CHARS}),
]


class Body(BaseModel):
    """camelCase outside; unknown fields are errors, and what was written never stands in one."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _is_small(cls, data: Any) -> Any:
        # Each member nobody knows would be an error of its own, and each error is told.
        if isinstance(data, dict) and len(data) > _MAX_MEMBERS:
            raise ValueError(f"expected up to {_MAX_MEMBERS} members, got {len(data):,}")
        return data


class StreamContext(Body):
    """Who is talking; copied to the audit record, never interpreted. Without text of users."""

    user_id: Name | None = None
    bot_id: Name | None = None
    session_id: Name | None = None
    correlation_id: Name | None = None


class Streaming(Body):
    """How events of a stream are sent. enabled: whether at all. emit_progress: with `progress`
    events. flush_interval_ms: so long events are gathered, unless there are `buffer_size` of them.
    """

    model_config = ConfigDict(populate_by_name=True)

    enabled: bool = True
    emit_progress: bool = False
    buffer_size: Annotated[int, Field(ge=1, le=1_000)] = 1
    flush_interval_ms: Annotated[int, Field(ge=0, le=60_000)] = 0


class StartBody(Body):
    """Begins a stream. policy: the name of a loaded one; the gateway's first without it."""

    context: StreamContext = StreamContext()
    policy: Name | None = None
    streaming: Streaming = Streaming()


class UpdateBody(Body):
    """More of a stream: either `content`, the whole text so far, or `delta`, what is new.

    seq: number of the delta, from 0. position: how far the client has read (its `frontier`); the
    answer has everything from there on.
    """

    stream_id: Name
    content: Text | None = None
    delta: Delta | None = None
    seq: Count | None = None
    position: Count | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> UpdateBody:
        if (self.content is None) == (self.delta is None):
            raise ValueError("send either 'content' (the whole text so far) or 'delta' and 'seq'")
        if (self.delta is None) != (self.seq is None):
            raise ValueError("'delta' and 'seq' belong together; count deltas from 0")
        return self


class UpdatesBody(Body):
    """Several updates, also of several streams, judged in this order."""

    updates: Annotated[tuple[UpdateBody, ...], Field(min_length=1, max_length=MAX_UPDATES)]

    @field_validator("updates", mode="before")
    @classmethod
    def _are_few(cls, updates: Any) -> Any:
        # Before they are looked at one by one: millions of wrong ones would be as many errors.
        if isinstance(updates, list) and len(updates) > MAX_UPDATES:
            raise ValueError(f"expected up to {MAX_UPDATES} updates, got {len(updates):,}")
        return updates


def _kind(body: object) -> str:
    return "updates" if isinstance(body, dict) and "updates" in body else "update"


# Which of both it is, is seen before it is looked at: an error is then about that one.
OneOrMoreUpdates = Annotated[
    Annotated[UpdateBody, Tag("update")] | Annotated[UpdatesBody, Tag("updates")],
    Discriminator(_kind),
]


class FinishBody(Body):
    """Ends a stream. final_content: the whole text, for streams that send it. seq: how many deltas
    were sent. aborted: the model gave up; what is held is decided all the same.
    """

    stream_id: Name
    final_content: Text | None = None
    seq: Count | None = None
    position: Count | None = None
    aborted: bool = False


class CheckBody(Body):
    """A whole text in one call."""

    content: Text
    context: StreamContext = StreamContext()
    policy: Name | None = None


class Released(Body):
    """Text that may be shown. start, end: code points of the stream; rule: of a redacted one."""

    start: int
    end: int
    text: str
    rule: str | None = None


class Violation(Body):
    """Where a guardrail saw what, and what the policy does about it."""

    type: str
    rule: str
    start: int
    end: int
    action: Literal["allow", "warn", "redact", "block"]
    confidence: float
    mode: Literal["block", "monitor"]


class StartAnswer(Body):
    """stream_id: names the stream from now on; of no use to anyone else. client_rules: what a
    client may check by itself. expires_at: when it ends if nothing more comes.
    """

    stream_id: str
    client_rules: dict[str, Any] | None
    expires_at: str
    events_url: str | None
    socket_url: str | None


class UpdateAnswer(Body):
    """Where a stream stands. released, delta_violations: since `position`, or since the update
    before. frontier: text before it is released or cut off. held: code points that wait. pending:
    deltas before this one are missing. reason: why it was blocked, if not for a finding.
    """

    stream_id: str
    action: Literal["allow", "warn", "redact", "block"]
    delta_violations: list[Violation]
    released: list[Released]
    frontier: int
    held: int
    state: Literal["active", "monitoring", "complete"]
    pending: bool = False
    reason: str | None = None


class UpdatesAnswer(Body):
    """One result for each update: an answer, or a problem."""

    results: list[dict[str, Any]]


class Summary(Body):
    """What the audit record says of the text. findings: by type."""

    chars: int
    released: int
    redacted: int
    findings: dict[str, int]
    unscanned: int


class FinishAnswer(UpdateAnswer):
    """audit_id: key of the audit record. summary: null while slower checks are still at work; the
    record is written when they are done.
    """

    audit_id: str
    summary: Summary | None


class CheckAnswer(FinishAnswer):
    """text: what may be shown of it."""

    text: str
