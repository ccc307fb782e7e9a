"""What is known of each stream, derived from its verdicts as they come.

Everything here runs on the subscriber's thread: a `Subject` must not be called from two at once.
"""

from __future__ import annotations

import msgspec
from reactivex import GroupedObservable, Observable
from reactivex import operators as rx

from guardrails.events import Verdict
from guardrails.guardrail import Action

_SEVERITY = {action: rank for rank, action in enumerate(Action)}


class Status(msgspec.Struct, frozen=True):
    """One stream so far. held: code points. held_change: since the status before. outcome: the
    strongest action of its verdicts.
    """

    stream_id: str
    verdicts: int = 0
    held: int = 0
    held_change: int = 0
    outcome: Action = Action.ALLOW
    is_over: bool = False

    def add(self, verdict: Verdict) -> Status:
        """Return the status after one more verdict."""
        is_over = verdict.state == "complete"
        # What is held when a stream is blocked is never shown, and nobody waits for it.
        held = 0 if is_over else verdict.held
        return Status(
            self.stream_id,
            self.verdicts + 1,
            held,
            held - self.held,
            max(self.outcome, verdict.action, key=_SEVERITY.__getitem__),
            is_over,
        )


def follow(verdicts: Observable[Verdict]) -> Observable[Status]:
    """Return the status of each verdict's stream after that verdict; nothing is kept of a stream
    that is over. A guard ends every stream, idle ones too, so the others are few.

    >>> from reactivex import Subject
    >>> verdicts: Subject[Verdict] = Subject()
    >>> _ = follow(verdicts).subscribe(lambda status: print(status.stream_id, status.held))
    >>> verdicts.on_next(Verdict("s", 0, Action.ALLOW, (), 4, 2, (), "chunk", "active", "v"))
    s 2
    """
    return verdicts.pipe(
        rx.group_by_until(_stream_id, None, lambda group: group.pipe(rx.filter(_is_last))),
        rx.flat_map(_follow_one),
    )


def _follow_one(group: GroupedObservable[str, Verdict]) -> Observable[Status]:
    return group.pipe(rx.scan(Status.add, Status(group.key)))


def _stream_id(verdict: Verdict) -> str:
    return verdict.stream_id


def _is_last(verdict: Verdict) -> bool:
    return verdict.state == "complete"
