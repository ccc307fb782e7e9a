"""Log time for Bytewax's time windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from bytewax.operators.windowing import UTC_MAX, Clock, ClockLogic

_Item = TypeVar("_Item")

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class LogClock(Clock[_Item, datetime], Generic[_Item]):
    """A key's log time: its largest timestamp minus `wait`, plus the running time since then.

    Bytewax's `EventClock` differs in three ways that matter here. It counts the time an execution
    was stopped, so everything that piled up meanwhile would be late. It asks to be woken when the
    wall clock reaches the end of a window, and then calls in a busy loop until log time is there:
    a core is used up while a minute waits, for as long as the log is behind the wall clock. And
    it closes every window at the end of an execution.

    at: the timestamp of an item. now: the wall clock. closes_at_end: whether the end of the input
    closes every window. State: the log time, per key.
    """

    at: Callable[[_Item], datetime]
    wait: timedelta
    now: Callable[[], datetime]
    closes_at_end: bool = False

    def build(self, resume_state: datetime | None) -> _LogClockLogic[_Item]:
        """Begin, or go on where log time stood."""
        return _LogClockLogic(self, resume_state or _BEGIN)


class _LogClockLogic(ClockLogic[_Item, datetime]):
    def __init__(self, clock: LogClock[_Item], reached: datetime) -> None:
        self._clock = clock
        self._now = self._since = clock.now()
        self._reached = reached

    def before_batch(self) -> None:
        # The wall clock may be set back; log time then stands until it has caught up.
        self._now = max(self._now, self._clock.now())

    def on_item(self, value: _Item) -> tuple[datetime, datetime]:
        timestamp = self._clock.at(value)
        if timestamp - self._clock.wait > self._watermark:
            self._reached, self._since = timestamp - self._clock.wait, self._now
        return timestamp, self._watermark

    def on_notify(self) -> datetime:
        self.before_batch()
        return self._watermark

    def on_eof(self) -> datetime:
        return UTC_MAX if self._clock.closes_at_end else self._watermark

    def to_system_utc(self, timestamp: datetime) -> datetime | None:
        """Return when log time will be there if nothing arrives."""
        return self._since + (timestamp - self._reached)

    def snapshot(self) -> datetime:
        return self._watermark

    @property
    def _watermark(self) -> datetime:
        return self._reached + (self._now - self._since)
