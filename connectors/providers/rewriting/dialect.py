"""What a rewriter has to know of an API besides how to read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from connectors.providers.payload import Record
from connectors.providers.rewriting.shape import Shape


class Closing(NamedTuple):
    """How a reply ends early: events (name, payload), and the API's last word, if it has one."""

    events: Iterable[tuple[str | None, Record]]
    mark: bytes = b""


class Dialect(Protocol):
    """One API of the guarded proxy; an object per reply, which sees all that is sent.

    shape: of a frame; body_shape: of an answer that is not streamed. late: keys on the way to a
    text that belong behind all of it. kept: keys that every piece of a frame repeats. splits: a
    frame with several texts may go out as several frames. keep_alive: a payload that says nothing.
    """

    shape: Shape
    body_shape: Shape
    late: frozenset[str]
    kept: frozenset[str]
    splits: bool
    keep_alive: Record | None

    def came(self, payload: Record) -> None:
        """Note what has come, before any of it may be sent."""

    def sent(self, payload: Record) -> None:
        """Note what the client has got."""

    def block(self) -> Closing:
        """Return how a reply ends that was blocked."""

    def fail(self, code: str) -> Closing:
        """Return how a reply ends that could not be guarded. code: short, in words."""

    def block_body(self, payload: Record) -> Record:
        """Return an answer that was blocked; its texts are what was released."""

    def fail_body(self, code: str) -> Record:
        """Return an answer that could not be guarded."""


MESSAGES = {
    "blocked": "The rest of this reply was blocked by a policy.",
    "unscanned": "The reply holds something the guard cannot read; it was stopped there.",
    "malformed": "The reply cannot be read on; it was stopped there.",
    "unavailable": "The guard did not answer; the reply was stopped.",
    "upstream": "The provider did not send this reply to its end; it was stopped there.",
    "broken": "The reply could not be guarded to its end; it was stopped there.",
}


def message(code: str) -> str:
    """Return what is said to a person about why a reply was stopped."""
    return MESSAGES.get(code, MESSAGES["unavailable"])
