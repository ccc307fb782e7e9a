"""How far a client has come in what was said about one stream: what it hands in to go on there.

    <epoch>-<verdicts>-<events>-<audit>        3f9a01c2-118-4410-0

The three numbers are offsets of the next record, of the stream's partition of each topic. A gateway
that reads the same log later meets the topics in another order, so one number could not say what
has been seen. The epoch names the log: in another one the offsets mean nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from guardrails.errors import TidegateError

_SHAPE = re.compile(r"([0-9a-z]{1,32})-(\d{1,18})-(\d{1,18})-(\d{1,18})")


class BadPosition(TidegateError):
    """An id of an event that was never one of ours. Next: subscribe without it."""


class Position(NamedTuple):
    """Offsets of the next record of each topic; all zero before the first one."""

    verdicts: int = 0
    events: int = 0
    audit: int = 0

    def covers(self, other: Position) -> bool:
        """Whether everything before the other position lies before this one."""
        return all(mine >= its for mine, its in zip(self, other, strict=True))


def write(epoch: str, position: Position) -> str:
    """Return the id of an event.

    >>> write("3f9a01c2", Position(118, 4410, 0))
    '3f9a01c2-118-4410-0'
    """
    return f"{epoch}-{position.verdicts}-{position.events}-{position.audit}"


def read(text: str) -> tuple[str, Position]:
    """Return epoch and position of an id. Raises BadPosition.

    >>> read("3f9a01c2-118-4410-0")
    ('3f9a01c2', Position(verdicts=118, events=4410, audit=0))
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise BadPosition(
            f"expected the id of an event (<epoch>-<n>-<n>-<n>), got {len(text)} characters of "
            "another shape; send the id of the last event as it came, or none"
        )
    epoch, *offsets = match.groups()
    return epoch, Position(*map(int, offsets))
