"""The messages of one subscription: what is tried when, and when they are given up.

    state      event                                          next
    WELL       a failure, the third in a row                  ILL
    ILL        any message is taken                           WELL; all that failed is due at once
    WELL, ILL  status 410                                     DISABLED; everything is given up
    ILL        nothing was taken for five days                DISABLED; everything is given up
    DISABLED   the subscription is written anew               WELL (it is another one)

Pure: no clock, no I/O, no chance; times are milliseconds and handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from connectors.webhooks.message import Parcel
from connectors.webhooks.post import Answer
from connectors.webhooks.schedule import ILL_AFTER, LONGEST_ASKED_PAUSE_S, REFUSALS, Schedule

GONE = 410
# The receiver asks for less: too many requests, or none for a while.
_THROTTLES = frozenset({429, 502, 503, 504})


class Try(NamedTuple):
    """A message and what has become of it so far. Ordered by when it is due. tries: that failed.

    refused: the last one failed for what the message is.
    """

    due_ms: int
    number: int
    parcel: Parcel
    tries: int = 0
    refused: bool = False


class GivenUp(NamedTuple):
    """A message that will not be tried again, and why: reason for machines, detail for people."""

    parcel: Parcel
    reason: str
    detail: str


class Outgoing:
    """The queue of one subscription. Not safe to use from several threads."""

    def __init__(
        self,
        concurrency: int,
        rate: float | None = None,
        schedule: Schedule | None = None,
        *,
        disabled: str = "",
    ) -> None:
        """rate: tries a second at most. disabled: why nothing is sent, from a snapshot."""
        self.failures = 0
        self.disabled = disabled
        self._concurrency = concurrency
        self._gap_ms = 0.0 if rate is None else 1000 / rate
        self._schedule = schedule or Schedule()
        self._waiting: list[Try] = []
        self._under_way: dict[int, Try] = {}
        self._number = 0
        self._rest_until_ms = 0
        self._paced_ms = 0.0
        self._failing_since_ms: int | None = None

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    @property
    def ill(self) -> bool:
        """Whether the receiver, and not only some message, seems to be at fault."""
        return self.failures >= ILL_AFTER

    def put(self, parcel: Parcel, now_ms: int, tries: int = 0) -> None:
        """Take a message; it is due at once. tries: that failed before."""
        self._number += 1
        heappush(self._waiting, Try(now_ms, self._number, parcel, tries))

    def take(self, now_ms: int) -> Try | None:
        """Return what is to be tried now; it counts as under way until it is settled."""
        due_ms = self.due_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        chosen = heappop(self._waiting)
        self._under_way[chosen.number] = chosen
        self._paced_ms = max(self._paced_ms, now_ms) + self._gap_ms
        return chosen

    def due_ms(self) -> int | None:
        """Return when the next message may be tried; None before one is settled, or comes."""
        most = 1 if self.ill else self._concurrency
        if self.disabled or not self._waiting or len(self._under_way) >= most:
            return None
        return max(self._waiting[0].due_ms, self._rest_until_ms, int(self._paced_ms))

    def settle(self, tried: Try, answer: Answer, now_ms: int, chance: float) -> list[GivenUp]:
        """Take how a try went; return what is given up because of it.

        chance: from 1 on; pauses are so many times as long.
        """
        del self._under_way[tried.number]
        if answer.taken:
            self._recover(now_ms)
            return []
        if self.disabled:
            return [_give_up(tried, "webhook-disabled", self.disabled)]
        if answer.status == GONE:
            return [_give_up(tried, "webhook-gone", answer.detail), *self.disable(answer.detail)]
        self.failures += 1
        if self._failing_since_ms is None:
            self._failing_since_ms = now_ms
        self._rest(answer, now_ms, chance)
        tries = tried.tries + 1
        pause_s = self._schedule.pause_s(tries, answer.status)
        given_up = []
        if pause_s is None:
            given_up = [_give_up(tried, "webhook-failed", f"{answer.detail} after {tries} tries")]
        else:
            asked_s = min(answer.asked_pause_s, LONGEST_ASKED_PAUSE_S)
            due_ms = now_ms + int(1000 * max(pause_s * chance, asked_s))
            refused = answer.status in REFUSALS
            heappush(self._waiting, Try(due_ms, tried.number, tried.parcel, tries, refused))
        failing_ms = now_ms - self._failing_since_ms
        if self.ill and failing_ms > 1000 * self._schedule.patience_s:
            given_up += self.disable(f"took nothing for {failing_ms // 3_600_000} hours")
        return given_up

    def disable(self, why: str) -> list[GivenUp]:
        """Send nothing any more; return what has waited. What is under way may still arrive."""
        self.disabled = why
        waiting, self._waiting = self._waiting, []
        return [_give_up(one, "webhook-disabled", why) for one in waiting]

    def unsettled(self) -> Iterable[Try]:
        """Return all that is not delivered and not given up."""
        return [*self._under_way.values(), *self._waiting]

    def _recover(self, now_ms: int) -> None:
        """The receiver is well. What failed while it was not need not wait for its next turn."""
        if self.ill:
            self._waiting = [
                one if one.refused else one._replace(due_ms=min(one.due_ms, now_ms))
                for one in self._waiting
            ]
            heapify(self._waiting)
            self._rest_until_ms = 0
        self.failures = 0
        self._failing_since_ms = None

    def _rest(self, answer: Answer, now_ms: int, chance: float) -> None:
        """Leave the receiver alone for a while, if it is ill or asks for it."""
        rest_s = self._schedule.rest_s(self.failures) * chance
        if answer.status in _THROTTLES:
            rest_s = max(rest_s, min(answer.asked_pause_s, LONGEST_ASKED_PAUSE_S))
        self._rest_until_ms = max(self._rest_until_ms, now_ms + int(1000 * rest_s))


def _give_up(tried: Try, reason: str, detail: str) -> GivenUp:
    return GivenUp(tried.parcel, reason, detail)
