"""What the checks have done so far, guardrail by guardrail: derived from a stream of events.

reactivex is in its place here: events of one thread, added up on that thread, with nobody behind
who could fail. The jobs themselves do not run through it: they come from other threads, wait in
bounded queues with priorities, and must not be lost when a receiver raises.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from reactivex import GroupedObservable, Observable, Subject
from reactivex import operators as ops

from guardrails.breaker import BreakerState
from guardrails.events import CheckStatus


class Attempt(msgspec.Struct, frozen=True):
    """One call was made. again: it was a retry. too_slow: it took longer than its class says."""

    guardrail: str
    took_ms: float
    failed: bool
    again: bool
    too_slow: bool
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Finished(msgspec.Struct, frozen=True):
    """One job has its result."""

    guardrail: str
    status: CheckStatus
    cached: bool
    latency_ms: float


class Opened(msgspec.Struct, frozen=True):
    """A breaker has opened."""

    guardrail: str


Event = Attempt | Finished | Opened
Report = Callable[[Event], None]


class Figures(msgspec.Struct, frozen=True):
    """One guardrail's figures. Counted since the start: all but breaker, waiting and running.

    calls: made, retries counted. recovered: calls that succeeded after one before had failed.
    too_slow: took longer than the guardrail's class. call_ms: the sum over calls; latency_ms: the
    sum over results, from request to result. cached: results without a call of their own.
    opened: how often a breaker has opened. breaker, waiting, running: as they are now.
    """

    guardrail: str
    calls: int = 0
    failures: int = 0
    retries: int = 0
    recovered: int = 0
    too_slow: int = 0
    call_ms: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    done: int = 0
    failed: int = 0
    timed_out: int = 0
    skipped: int = 0
    cached: int = 0
    latency_ms: float = 0.0
    breaker: BreakerState = BreakerState.CLOSED
    opened: int = 0
    waiting: int = 0
    running: int = 0


class FigureStream:
    """Adds events up. `report` and the constructor belong to one thread; `latest` to all."""

    def __init__(self) -> None:
        self.latest: dict[str, Figures] = {}
        self._events: Subject[Event] = Subject()
        # Keys are guardrails, which are few, so that groups never have to end.
        self._events.pipe(
            ops.group_by(lambda event: event.guardrail), ops.flat_map(_add_up)
        ).subscribe(self._keep)

    def report(self, event: Event) -> None:
        """Count one event."""
        self._events.on_next(event)

    def _keep(self, figures: Figures) -> None:
        self.latest = self.latest | {figures.guardrail: figures}


def _add_up(group: GroupedObservable[str, Event]) -> Observable[Figures]:
    return group.pipe(ops.scan(_add, Figures(group.key)))


def _add(figures: Figures, event: Event) -> Figures:
    replace = msgspec.structs.replace
    if isinstance(event, Finished):
        return replace(
            figures,
            **{event.status: getattr(figures, event.status) + 1},
            cached=figures.cached + event.cached,
            latency_ms=figures.latency_ms + event.latency_ms,
        )
    if isinstance(event, Opened):
        return replace(figures, opened=figures.opened + 1)
    return replace(
        figures,
        calls=figures.calls + 1,
        failures=figures.failures + event.failed,
        retries=figures.retries + event.again,
        recovered=figures.recovered + (event.again and not event.failed),
        too_slow=figures.too_slow + event.too_slow,
        call_ms=figures.call_ms + event.took_ms,
        prompt_tokens=figures.prompt_tokens + event.prompt_tokens,
        completion_tokens=figures.completion_tokens + event.completion_tokens,
    )
