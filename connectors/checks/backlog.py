"""Jobs of one guardrail that wait for a call."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from connectors.checks.ticket import Ticket

# Stream, policy version and where the text begins.
_Place = tuple[str, str, int]


class Backlog:
    """Waiting tickets: those that text waits for before monitors, the oldest first.

    Bounded in number and in code points. What does not fit is dropped: monitors before those that
    text waits for, the youngest first, so that what has waited longest is not lost.
    max_tickets: how many may wait.
    """

    def __init__(self, max_tickets: int, max_chars: int) -> None:
        self.max_tickets = max_tickets
        self._max_chars = max_chars
        self._blocking: dict[int, Ticket] = {}
        self._watching: dict[int, Ticket] = {}
        self._begins: dict[_Place, Ticket] = {}
        self._chars = 0
        self._blocking_chars = 0

    def __len__(self) -> int:
        return len(self._blocking) + len(self._watching)

    def __iter__(self) -> Iterator[Ticket]:
        yield from self._blocking.values()
        yield from self._watching.values()

    def has_room(self, chars: int, ahead: int) -> bool:
        """Tell whether a text of so many code points could wait, and text for it, without one of
        its kind dropping out. Watchers make room. ahead: tickets that may come before it.
        """
        waiting = len(self._blocking) + ahead
        if waiting >= self.max_tickets:
            return False
        return not waiting or self._blocking_chars + chars <= self._max_chars

    def push(self, ticket: Ticket) -> list[Ticket]:
        """Take a ticket; return those that drop out, perhaps this one."""
        self._line(ticket)[ticket.number] = ticket
        self._begins[_begin(ticket)] = ticket
        self._count_chars(ticket, ticket.chars)
        dropped = []
        # A text that is too long by itself still gets its turn.
        while len(self) > self.max_tickets or (self._chars > self._max_chars and len(self) > 1):
            line = self._watching or self._blocking
            dropped.append(next(reversed(line.values())))
            self.remove(dropped[-1])
        return dropped

    def remove(self, ticket: Ticket) -> bool:
        """Take a ticket out; tell whether it was there."""
        if self._line(ticket).pop(ticket.number, None) is None:
            return False
        if self._begins.get(_begin(ticket)) is ticket:
            del self._begins[_begin(ticket)]
        self._count_chars(ticket, -ticket.chars)
        return True

    def take(self, count: int, max_chars: int) -> list[Ticket]:
        """Take the next tickets, up to `count` and up to `max_chars` together; at least one."""
        taken: list[Ticket] = []
        chars = 0
        for ticket in islice(self, count):
            chars += ticket.chars
            if taken and chars > max_chars:
                break
            taken.append(ticket)
        for ticket in taken:
            self.remove(ticket)
        return taken

    def take_consecutive(self, max_chars: int) -> list[Ticket]:
        """Take the next ticket and those that continue its text, up to `max_chars` together."""
        taken = self.take(1, max_chars)
        chars = sum(ticket.chars for ticket in taken)
        while taken:
            last = taken[-1].job.request
            place = (last.stream_id, last.policy_version, last.end)
            following = self._begins.get(place)
            if following is None or not _continues(taken[-1], following):
                break
            chars += following.chars
            if chars > max_chars:
                break
            self.remove(following)
            taken.append(following)
        return taken

    def _count_chars(self, ticket: Ticket, chars: int) -> None:
        self._chars += chars
        if ticket.blocking:
            self._blocking_chars += chars

    def _line(self, ticket: Ticket) -> dict[int, Ticket]:
        return self._blocking if ticket.blocking else self._watching


def _begin(ticket: Ticket) -> _Place:
    request = ticket.job.request
    return request.stream_id, request.policy_version, request.start


def _continues(ticket: Ticket, following: Ticket) -> bool:
    """Tell whether two texts can be joined: no label may stand for text of both."""
    return ticket.job.text.end == following.job.text.start
