"""One text that is asked about, and everyone who waits for the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.checks.answer import Answer, clip, find_whole, locate
from connectors.checks.cache import Key
from connectors.checks.ticket import Ticket
from guardrails.checked_text import CheckedText
from guardrails.events import CheckFinding


class Group(NamedTuple):
    """Tickets whose texts, joined, are the text that is asked about."""

    text: CheckedText
    tickets: tuple[Ticket, ...]

    @classmethod
    def join(cls, tickets: Sequence[Ticket]) -> Group:
        """Widen the window: consecutive texts are asked about as one."""
        parts = [ticket.job.text for ticket in tickets]
        text = parts[0] if len(parts) == 1 else CheckedText.join(parts)
        return cls(text, tuple(tickets))

    def share(
        self, answer: Answer, default_type: str
    ) -> Iterator[tuple[Ticket, tuple[CheckFinding, ...]]]:
        """Yield each ticket with the findings that touch its span, clipped to it.

        default_type: of what the answer gives no type. What was seen in the joined text as a whole
        is a finding of every ticket, of all its text.
        """
        placed = locate(answer, self.text, default_type)
        for ticket in self.tickets:
            whole = find_whole(answer, ticket.job.text, default_type)
            request = ticket.job.request
            yield ticket, clip([*placed, *whole], request.start, request.end)


class Question:
    """One text of a call. groups: who asked first, then all who asked the same meanwhile."""

    def __init__(self, key: Key, group: Group) -> None:
        self.key = key
        self.text = group.text.text
        self.groups = [group]

    @property
    def tickets(self) -> Iterator[Ticket]:
        """Yield those who still wait."""
        for group in self.groups:
            for ticket in group.tickets:
                if not ticket.done:
                    yield ticket
