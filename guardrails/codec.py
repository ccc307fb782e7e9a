"""Bytes to chunks: the one door through which text comes in.

What is wrong with an event is said by a short stable reason and a detail that names the field and
the types, never a value: details end up in logs, user text must not.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from guardrails.errors import MalformedEvent
from guardrails.events import (
    Audit,
    CheckEvent,
    CheckResult,
    Chunk,
    Context,
    DeadLetter,
    PipelineEvent,
    PolicyActivation,
    Redemption,
    Rollup,
    Verdict,
)
from guardrails.fold import clean

_Event = TypeVar("_Event")

# 1 MiB: Kafka's default `max.message.bytes`; a longer event never came through a broker.
MAX_EVENT_BYTES = 1_048_576

_DECODER = msgspec.json.Decoder(Chunk)
_RESULTS = msgspec.json.Decoder(CheckResult)
_AUDITS = msgspec.json.Decoder(Audit)
_CHECKS: msgspec.json.Decoder[CheckEvent] = msgspec.json.Decoder(CheckEvent)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_FIELD = re.compile(r"at `\$\.([a-z_.]+)`$")
_MISSING = re.compile(r"missing required field `([a-z_]+)`")
_TYPES = re.compile(r"^Expected `([a-z0-9 |]+)`, got `([a-z]+)`")
# The reason for a value of the right type that is not allowed, by field; else `bad-value`.
_BAD_VALUES = {"stream_id": "bad-id", "policy": "bad-id", "seq": "bad-seq", "v": "bad-version"}
# What is allowed, in words.
_ALLOWED = {
    "stream_id": "1 to 256 characters, no lone surrogates",
    "policy": "1 to 256 characters, no lone surrogates",
    "seq": "0 to 2**53 - 1",
    "v": "1",
    "sent_at": "a time as of RFC 3339 with its offset from UTC",
}


def decode_chunk(value: bytes, max_bytes: int = MAX_EVENT_BYTES) -> Chunk:
    """Read one event of the topic `chunks`.

    A surrogate escape without its other half stays in `text` and `content`: the other half may be
    in the next event, which only the session knows.

    Raises MalformedEvent; its reason is one of event-too-large, not-utf8, not-json, not-an-object,
    missing-field, wrong-type, bad-id, bad-seq, bad-version, bad-value and text-and-content.

    >>> decode_chunk(b'{"stream_id": "a", "seq": 0, "text": "Hello"}').text
    'Hello'
    >>> decode_chunk(b'{"stream_id": "a", "seq": "0", "text": "Hello"}')
    Traceback (most recent call last):
    guardrails.errors.MalformedEvent: wrong-type: 'seq' must be int, got str
    """
    if len(value) > max_bytes:
        detail = f"{len(value):,} bytes, more than the {max_bytes:,} allowed"
        raise MalformedEvent("event-too-large", detail)
    try:
        chunk = _DECODER.decode(value)
    except msgspec.ValidationError as error:
        _refuse(error)
    except UnicodeDecodeError as error:
        raise MalformedEvent("not-utf8", "a field holds bytes that are not UTF-8") from error
    except RecursionError as error:
        raise MalformedEvent("not-json", "nested too deep") from error
    except msgspec.DecodeError as error:
        if _SURROGATE_ESCAPE.search(value) is None:
            raise MalformedEvent("not-json", str(error)) from error
        chunk = _decode_leniently(value)
    if chunk.text is None:
        if chunk.content is None and chunk.seq > 0 and not (chunk.final or chunk.aborted):
            raise MalformedEvent(
                "missing-field",
                "'text' or 'content' is missing, and only the first and the last chunk may have "
                "neither",
            )
    elif chunk.content is not None:
        raise MalformedEvent("text-and-content", "a chunk carries 'text' or 'content', not both")
    return chunk


def decode_result(value: bytes) -> CheckResult:
    """Read one event of the topic `results`. Raises MalformedEvent, as `decode_chunk` does."""
    return _decode_strictly(_RESULTS, value)


def decode_check(value: bytes) -> CheckEvent:
    """Read one event of the topic `checks`. Raises MalformedEvent, as `decode_chunk` does."""
    return _decode_strictly(_CHECKS, value)


def decode_audit(value: bytes) -> Audit:
    """Read one event of the topic `audit`. Raises MalformedEvent, as `decode_chunk` does."""
    return _decode_strictly(_AUDITS, value)


def _decode_strictly(decoder: msgspec.json.Decoder[_Event], value: bytes) -> _Event:
    """Read an event that Tidegate wrote itself."""
    try:
        return decoder.decode(value)
    except msgspec.ValidationError as error:
        _refuse(error)
    except UnicodeDecodeError as error:
        raise MalformedEvent("not-utf8", "a field holds bytes that are not UTF-8") from error
    except (RecursionError, msgspec.DecodeError) as error:
        raise MalformedEvent("not-json", "the value is not JSON") from error


def _decode_leniently(value: bytes) -> Chunk:
    """Read an event with lone surrogate escapes, which msgspec refuses and `json` keeps."""
    try:
        decoded = json.loads(value.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise MalformedEvent("not-utf8", "the event is not UTF-8") from error
    except json.JSONDecodeError as error:
        # Its message names what was expected and where, and quotes nothing.
        raise MalformedEvent("not-json", f"{error.msg} (character {error.pos})") from error
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("not-json", "a number is too long, or nested too deep") from error
    try:
        chunk = msgspec.convert(decoded, Chunk)
    except msgspec.ValidationError as error:
        _refuse(error)
    for field, name in (("stream_id", chunk.stream_id), ("policy", chunk.policy)):
        if name is not None and _LONE_SURROGATE.search(name):
            raise MalformedEvent("bad-id", f"'{field}' must be {_ALLOWED[field]}")
    reason = None if chunk.unscanned is None else clean(chunk.unscanned)
    return msgspec.structs.replace(chunk, context=_clean_context(chunk.context), unscanned=reason)


def _clean_context(context: Context | None) -> Context | None:
    """Make names that only the audit record repeats fit for UTF-8."""
    if context is None:
        return None
    names = msgspec.structs.asdict(context)
    return Context(**{key: name if name is None else clean(name) for key, name in names.items()})


def _refuse_constant(_name: str) -> NoReturn:
    raise MalformedEvent("not-json", "NaN and Infinity are not JSON")


def _refuse(error: msgspec.ValidationError) -> NoReturn:
    """Say what a validation error says, in our words and with a stable reason."""
    message = str(error)
    missing, place, types = (pattern.search(message) for pattern in (_MISSING, _FIELD, _TYPES))
    field = place[1] if place else None
    if missing:
        within = f" in '{field}'" if field else ""
        raise MalformedEvent("missing-field", f"'{missing[1]}' is missing{within}") from error
    if field is None:
        got = types[2] if types else "something else"
        raise MalformedEvent("not-an-object", f"an event is a JSON object, got {got}") from error
    if types:
        detail = f"'{field}' must be {types[1].replace(' |', ' or')}, got {types[2]}"
        raise MalformedEvent("wrong-type", detail) from error
    allowed = _ALLOWED.get(field, "at most 256 characters")
    raise MalformedEvent(
        _BAD_VALUES.get(field, "bad-value"), f"'{field}' must be {allowed}"
    ) from error


# The struct of each topic's events, by the topic's name without prefix.
TOPIC_EVENTS: dict[str, Any] = {
    "chunks": Chunk,
    "verdicts": Verdict,
    "audit": Audit,
    "audit-rollup": Rollup,
    "checks": CheckEvent,
    "results": CheckResult,
    "events": PipelineEvent,
    "dead-letters": DeadLetter,
    "policies": PolicyActivation,
    "tickets": Redemption,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema (2020-12) of each topic's events, by the topic's name.

    >>> schemas()["chunks"]["required"]
    ['stream_id', 'seq']
    """
    return {topic: _schema(topic, event) for topic, event in TOPIC_EVENTS.items()}


def _schema(topic: str, event: Any) -> dict[str, Any]:
    described = msgspec.json.schema(event)
    own = described.pop("$ref", "").removeprefix("#/$defs/")
    # A union of events stays as it is: each one of its kinds.
    top = described["$defs"].pop(own) if own else {"title": "CheckEvent", **described}
    described = {"$defs": top.pop("$defs", None) or described["$defs"]}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"tidegate.{topic}"}
    schema: dict[str, Any] = head | top
    if described["$defs"]:
        schema["$defs"] = described["$defs"]
    return schema
