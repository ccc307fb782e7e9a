"""What clients of a stream are told, as JSON: over SSE, WebSocket and polling alike."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from guardrails.events import PipelineEventType

StreamEventType = (
    PipelineEventType
    | Literal["partial_result", "progress", "finding", "metadata", "audit", "heartbeat", "gap"]
    | Literal["end"]
)


class StreamEvent(Struct, frozen=True, omit_defaults=True):
    """One thing a client is told about a stream.

    type: one of `StreamEventType`, or `<plugin>.<name>`. execution: the stream's id. timestamp:
    UTC, log time. step: a guardrail's id, or `release`. data: by type, see docs/gateway.md; only
    `partial_result` carries text, and only released text. metadata: what describes the event and
    not the stream; left out for clients that ask for it. id: a position to resume at; events
    without one belong to the next that has one.
    """

    type: str
    execution: str
    timestamp: str
    data: dict[str, Any]
    step: str | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    id: str | UnsetType = UNSET


def format_time(timestamp_ms: int) -> str:
    """Return a time as RFC 3339 with milliseconds.

    >>> format_time(1_700_000_000_123)
    '2023-11-14T22:13:20.123Z'
    """
    return f"{_format_second(timestamp_ms // 1000)}.{timestamp_ms % 1000:03}Z"


# Thousands of events fall into one second, and `strftime` takes as long as all else about one.
@lru_cache(maxsize=64)
def _format_second(timestamp_s: int) -> str:
    return f"{datetime.fromtimestamp(timestamp_s, UTC):%Y-%m-%dT%H:%M:%S}"
