"""What a rewriter asks its caller to do, in order."""

from __future__ import annotations

from msgspec import Struct

from connectors.providers.events import Channel


class Send(Struct, frozen=True, gc=False):
    """Pass these bytes on to the client: whole frames."""

    data: bytes


class Judge(Struct, frozen=True, gc=False):
    """Give this text to the guard of the channel. final: the channel's text ends behind it."""

    channel: Channel
    text: str
    final: bool = False


class Unscanned(Struct, frozen=True, gc=False):
    """Something was not looked at, and why. what: where it stood, in the API's words, no text.

    passed: it went through all the same, as pictures do; what could be text never does.
    """

    what: str
    reason: str
    passed: bool = False


Step = Send | Judge | Unscanned
