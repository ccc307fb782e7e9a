"""Rollups per tenant and minute, by time windows over log time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import bytewax.operators as op
import bytewax.operators.windowing as win
import msgspec
from bytewax.dataflow import Stream, operator
from bytewax.operators import KeyedStream, StatefulBatchLogic

from guardrails.errors import SnapshotError
from guardrails.events import DeadLetter, Rollup, encode
from guardrails.records import Output
from guardrails.repeats import Reading
from guardrails.rollup import DEFAULT_CORRECT_S, MINUTE_MS, Observation, Totals, observe
from operators.log_clock import LogClock

# 10 s: what arrives live is off by less than a second; a restarted guard is back within this.
DEFAULT_WAIT_S = 10.0
# The key of rollups without a tenant. An empty one would be spread over partitions by librdkafka,
# and order among them lost; a tenant of that name shares the partition and nothing else.
NO_TENANT = b"-"
# A closed minute is kept for twice the time in which a stream may still be counted in it: the
# second half is for partitions that are read at different speeds.
_KEPT_SHARE = 2
SNAPSHOT_VERSION = 1
_MINUTE = timedelta(milliseconds=MINUTE_MS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECODER = msgspec.msgpack.Decoder(Totals)
_ENCODER = msgspec.msgpack.Encoder()

# Minutes since 1970, what is to be added to one, and whether its time window had been closed.
_Addition = tuple[int, Totals, bool]
_Saved = tuple[int, tuple[tuple[int, bytes, bool], ...]]


class _Kept(NamedTuple):
    """A published minute. totals: packed, a tenth of their size. closed: its time window has been;
    until then only late streams are in it.
    """

    touched: datetime
    totals: bytes
    closed: bool


def wall_clock() -> datetime:
    """Return the time, aware, UTC."""
    return datetime.now(UTC)


@operator
def rollup(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: KeyedStream[Reading],
    *,
    wait_s: float = DEFAULT_WAIT_S,
    correct_s: float = DEFAULT_CORRECT_S,
    ends: bool = False,
    now: Callable[[], datetime] = wall_clock,
) -> KeyedStream[Rollup]:
    """Sum up the streams of each tenant and minute.

    In: (partition, Reading), each stream once. Out: (tenant, or '' for none; Rollup), the first
    record of a minute `wait_s` after its end, and one more, with everything, whenever streams were
    late. State: the open minutes, and the closed ones for 2 * `correct_s` of running time. ends:
    the input is finite, and its end closes every minute; otherwise the end is that of an
    execution, and what is open stays open for the next one.
    """

    def seen(reading: Reading) -> tuple[str, Observation]:
        observation = observe(
            reading.audit,
            reading.record.timestamp_ms,
            contradicts=reading.contradicts,
            correct_s=correct_s,
        )
        return reading.audit.context.tenant or "", observation

    def build(saved: _Saved | None) -> _Corrections:
        return _Corrections(saved, timedelta(seconds=_KEPT_SHARE * correct_s), now)

    observed = op.map("seen", op.key_rm("unkey", up), seen)
    windows = win.fold_window(
        "minute",
        observed,
        LogClock(_at, timedelta(seconds=wait_s), now, closes_at_end=ends),
        win.TumblingWindower(length=_MINUTE, align_to=_EPOCH),
        Totals,
        _add,
        _merge,
        # Sums do not care, and ordering keeps every record in the snapshot until it is due.
        ordered=False,
    )
    closed = op.map_value("closed", windows.down, lambda pair: (*pair, False))
    late = op.map_value("late", windows.late, _as_late)
    additions: KeyedStream[_Addition] = op.merge("additions", closed, late)
    corrected = op.stateful_batch("correct", additions, build)
    return op.map("rollup", corrected, _as_rollup)


@operator
def encode_rollups(
    step_id: str,  # noqa: ARG001 - Bytewax names the steps inside by it
    up: KeyedStream[Rollup],
    errs: Stream[DeadLetter],
    topic: Callable[[str], str],
) -> KeyedStream[Output]:
    """Encode rollups and dead letters for their topics.

    In: (tenant, Rollup), and what was no audit record. Out: (key, Output), rollups under their
    tenant, or `NO_TENANT`. topic: full name of a topic.
    """
    rollups, letters = topic("audit-rollup"), topic("dead-letters")

    def encode_rollup(pair: tuple[str, Rollup]) -> tuple[str, Output]:
        tenant, event = pair
        return tenant, Output(rollups, tenant.encode() or NO_TENANT, encode(event))

    def encode_letter(letter: DeadLetter) -> tuple[str, Output]:
        return str(letter.partition), Output(letters, letter.key or b"", encode(letter))

    return op.merge(
        "outputs", op.map("rollups", up, encode_rollup), op.map("letters", errs, encode_letter)
    )


class _Corrections(StatefulBatchLogic[_Addition, tuple[int, Totals], _Saved]):
    """The minutes of one tenant that were closed and can still be corrected, by last touched."""

    def __init__(self, saved: _Saved | None, keep: timedelta, now: Callable[[], datetime]) -> None:
        """Raises SnapshotError when the snapshot is of another version."""
        version, minutes = saved or (SNAPSHOT_VERSION, ())
        if version != SNAPSHOT_VERSION:
            raise SnapshotError(
                f"snapshot version {version} of rollups cannot continue as version "
                f"{SNAPSHOT_VERSION}; start the audit flow with a new recovery directory"
            )
        self._keep = keep
        self._now = now
        # Running time counts: what piled up while nothing ran still finds its minutes.
        touched = now()
        self._minutes = {
            minute: _Kept(touched, totals, closed) for minute, totals, closed in minutes
        }

    def on_batch(self, values: list[_Addition]) -> tuple[Iterable[tuple[int, Totals]], bool]:
        changed: dict[int, Totals] = {}
        closed = {minute for minute, kept in self._minutes.items() if kept.closed}
        for minute, addition, is_late in values:
            if minute not in changed:
                kept = self._minutes.pop(minute, None)
                changed[minute] = _DECODER.decode(kept.totals) if kept else Totals()
            if is_late or minute in closed:
                addition.late += addition.streams
            if not is_late:
                closed.add(minute)
            changed[minute].merge(addition)
        touched = self._now()
        for minute, totals in changed.items():
            packed = _ENCODER.encode(totals)
            self._minutes[minute] = _Kept(touched, packed, minute in closed)
        return list(changed.items()), False

    def on_notify(self) -> tuple[Iterable[tuple[int, Totals]], bool]:
        horizon = self._now() - self._keep
        for minute, kept in list(self._minutes.items()):
            if kept.touched > horizon:
                break
            del self._minutes[minute]
        return (), not self._minutes

    def on_eof(self) -> tuple[Iterable[tuple[int, Totals]], bool]:
        # The end of an execution: the next one must still know what was published.
        return (), False

    def notify_at(self) -> datetime | None:
        first = next(iter(self._minutes.values()), None)
        return None if first is None else first.touched + self._keep

    def snapshot(self) -> _Saved:
        kept = self._minutes.items()
        return SNAPSHOT_VERSION, tuple((minute, one.totals, one.closed) for minute, one in kept)


def _as_rollup(pair: tuple[str, tuple[int, Totals]]) -> tuple[str, Rollup]:
    tenant, (minute, totals) = pair
    return tenant, totals.rollup(tenant or None, minute * MINUTE_MS)


def _at(observation: Observation) -> datetime:
    return _EPOCH + timedelta(milliseconds=observation.at_ms)


def _add(totals: Totals, observation: Observation) -> Totals:
    observation.add_to(totals)
    return totals


def _merge(totals: Totals, other: Totals) -> Totals:
    totals.merge(other)
    return totals


def _as_late(pair: tuple[int, Observation]) -> _Addition:
    minute, observation = pair
    totals = Totals()
    observation.add_to(totals)
    return minute, totals, True
