"""What every API's reader offers, and the channels it has open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

from connectors.providers.events import After, Channel, Close, Event
from connectors.providers.payload import Record


class Reading(Protocol):
    """Reads the payloads of one stream, in order. Its iterators raise WrongShape."""

    def read(self, payload: Record, event: str | None) -> Iterator[Event]:
        """Yield what a frame says. event: its name in the framing."""

    def body(self, payload: Record) -> Iterator[Event]:
        """Yield what an answer says that was not streamed."""

    def end(self) -> Iterator[Event]:
        """The stream is over: close what it left open."""


class OpenChannels:
    """The channels that have had text and may get more, in the order they began."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[Channel, None] = {}

    def add(self, channel: Channel) -> None:
        """Note that the channel has text."""
        self._open[channel] = None

    def close(self, chosen: Callable[[Channel], bool] | None = None) -> Iterator[Event]:
        """Yield the end of each chosen channel, of all by default, and forget it."""
        for channel in [one for one in self._open if chosen is None or chosen(one)]:
            del self._open[channel]
            yield Close(channel)

    def after(self, chosen: Callable[[Channel], bool] | None = None) -> Iterator[Event]:
        """Yield for each chosen channel that the frame belongs behind its text so far."""
        for channel in self._open:
            if chosen is None or chosen(channel):
                yield After(channel)

    def close_of(self, key: str) -> Iterator[Event]:
        """Yield the ends of what belongs to a choice, block or item: its index and below."""
        return self.close(lambda channel: re.split("[.:]", channel.index)[0] == key)
