"""What came before the stream it belongs to: chunks without their first, answers in a replay."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from guardrails.events import CheckResult
from guardrails.policy import Limits
from guardrails.records import Record

# Answers to streams that have not begun, which only a replay makes; more are given up.
MAX_PARKED_ANSWERS = 1_000


class Parked:
    """The records and answers of a shard that wait for their stream to begin."""

    __slots__ = ("_answers", "_forgotten_at_ms", "_records")

    def __init__(self) -> None:
        self._records: dict[str, list[Record]] = {}
        self._forgotten_at_ms: dict[str, int] = {}
        self._answers: deque[tuple[CheckResult, int]] = deque(maxlen=MAX_PARKED_ANSWERS)

    def __len__(self) -> int:
        return len(self._records) + len(self._answers)

    def park(self, stream_id: str, record: Record, limits: Limits) -> bool:
        """Let a record wait; False if too much waits for this stream already."""
        known = self._records.get(stream_id, [])
        size = sum(len(early.value) for early in known) + len(record.value)
        if len(known) >= limits.max_early_chunks or size > limits.max_early_chars:
            return False
        if not known:
            waits_ms = limits.gap_timeout_s * 1000
            self._forgotten_at_ms[stream_id] = math.ceil(record.timestamp_ms + waits_ms)
        known.append(record)
        self._records[stream_id] = known
        return True

    def forgotten_at_ms(self, stream_id: str) -> int:
        """Return the log time to which the first of a stream's records waits for its beginning."""
        return self._forgotten_at_ms[stream_id]

    def __contains__(self, stream_id: str) -> bool:
        return stream_id in self._records

    def take(self, stream_id: str) -> list[Record]:
        """Return the records of a stream, in the order they came; they wait no longer."""
        self._forgotten_at_ms.pop(stream_id, None)
        return self._records.pop(stream_id, [])

    def park_answer(self, result: CheckResult, timestamp_ms: int) -> None:
        """Let an answer wait. timestamp_ms: the broker's, of its record."""
        self._answers.append((result, timestamp_ms))

    def take_answers(self, stream_id: str) -> Iterator[tuple[CheckResult, int]]:
        """Yield the answers to a stream; they wait no longer."""
        if not self._answers:
            return
        known = [item for item in self._answers if item[0].stream_id == stream_id]
        for item in known:
            self._answers.remove(item)
        yield from known

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        records = tuple(
            (stream_id, self._forgotten_at_ms[stream_id], *map(msgspec.structs.astuple, waiting))
            for stream_id, waiting in self._records.items()
        )
        answers = msgspec.json.encode(list(self._answers)) if self._answers else b""
        return records, answers

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Parked:
        """Continue from a snapshot."""
        parked = cls()
        records, answers = saved
        for stream_id, forgotten_at_ms, *waiting in records:
            parked._records[stream_id] = [Record(*fields) for fields in waiting]
            parked._forgotten_at_ms[stream_id] = forgotten_at_ms
        if answers:
            kind = list[tuple[CheckResult, int]]
            parked._answers.extend(msgspec.json.decode(answers, type=kind))
        return parked

    def streams(self) -> list[str]:
        """Return the streams whose first chunk is waited for."""
        return list(self._records)
