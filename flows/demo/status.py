"""What is known of each stream and of all of them, derived from the verdicts as they come.

Everything here runs on the flow's thread: a `Subject` must not be called from two threads at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from reactivex import GroupedObservable, Observable
from reactivex import operators as rx

from guardrails.events import Segment, Verdict
from guardrails.guardrail import Action

_SEVERITY = {action: rank for rank, action in enumerate(Action)}


class Seen(msgspec.Struct, frozen=True):
    """A verdict and how long it took, from the append of its chunk to its own, in milliseconds."""

    verdict: Verdict
    latency_ms: float


class Status(msgspec.Struct, frozen=True):
    """One stream so far. received: code points. outcome: the strongest action of its verdicts."""

    stream_id: str
    segments: tuple[Segment, ...] = ()
    received: int = 0
    outcome: Action = Action.ALLOW
    seen: Seen | None = None

    def add(self, seen: Seen) -> Status:
        """Return the status after one more verdict."""
        verdict = seen.verdict
        return Status(
            self.stream_id,
            self.segments + verdict.segments,
            max(self.received, verdict.frontier + verdict.held),
            max(self.outcome, verdict.action, key=_SEVERITY.__getitem__),
            seen,
        )


def follow(seen: Observable[Seen]) -> Observable[Status]:
    """Return the status of each verdict's stream after that verdict; nothing is kept of a stream
    that is complete.

    >>> from reactivex import Subject
    >>> verdict = Verdict("s", 0, Action.ALLOW, (), 4, 2, (), "chunk", "active", "v")
    >>> verdicts: Subject[Seen] = Subject()
    >>> _ = follow(verdicts).subscribe(lambda status: print(status.stream_id, status.received))
    >>> verdicts.on_next(Seen(verdict, 0.2))
    s 6
    """
    return seen.pipe(
        rx.group_by_until(_stream_id, None, lambda group: group.pipe(rx.filter(_is_last))),
        rx.flat_map(_follow_one),
    )


def _follow_one(group: GroupedObservable[str, Seen]) -> Observable[Status]:
    return group.pipe(rx.scan(Status.add, Status(group.key)))


def _stream_id(seen: Seen) -> str:
    return seen.verdict.stream_id


def _is_last(seen: Seen) -> bool:
    return seen.verdict.state == "complete"


class Tally(msgspec.Struct, gc=False):
    """Sums over the verdicts of one stream. Lengths are code points.

    held: the hold after each verdict. naive_chars: the whole text so far at each verdict, which is
    what reading it anew each time would read.
    """

    verdicts: int = 0
    held: int = 0
    naive_chars: int = 0


class Figures:
    """All streams so far: a tally of each, and the latency of each verdict."""

    def __init__(self) -> None:
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.latencies_ms: list[float] = []

    def add(self, status: Status) -> None:
        """Count the last verdict of a stream."""
        if status.seen is None:
            return
        tally = self.tallies[status.stream_id]
        tally.verdicts += 1
        tally.held += status.seen.verdict.held
        tally.naive_chars += status.received
        self.latencies_ms.append(status.seen.latency_ms)

    @property
    def verdicts(self) -> int:
        """Return the number of verdicts."""
        return len(self.latencies_ms)

    def mean_held(self, stream_ids: Iterable[str]) -> float:
        """Return the mean hold after a verdict of the streams named."""
        tallies = [self.tallies[stream_id] for stream_id in stream_ids]
        verdicts = sum(tally.verdicts for tally in tallies)
        return sum(tally.held for tally in tallies) / verdicts if verdicts else 0.0

    def quantile_ms(self, share: float) -> float:
        """Return the latency that `share` of the verdicts did not exceed; 0 before the first."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
