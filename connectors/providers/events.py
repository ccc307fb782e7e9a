"""What frames say, whatever the API: a small closed set.

A *channel* is one text of a reply that a guard follows by itself: what a client joins to one
string. Its index is the API's own address of it, see each API's module.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# extra: what is none of the others: output of tools, citations, text that stands there twice.
Kind = Literal["text", "reasoning", "refusal", "arguments", "extra"]
# Where a string stands in a payload.
Path = tuple[str | int, ...]


class Channel(Struct, frozen=True, gc=False):
    """One text of a reply. index: its address within the kind, `0` for the first choice."""

    kind: Kind
    index: str


class Call(Struct, frozen=True, gc=False):
    """A tool call begins whose arguments are this channel. name: empty if it was not said."""

    channel: Channel
    name: str


class Delta(Struct, frozen=True, gc=False):
    """More text of a channel. path: where it stands in the payload, empty where nobody needs to
    know. key: the choice, block or part it belongs to, as the API counts them. json: the text is
    JSON, so that an escape is one character of what it says. value: the path leads to a JSON value
    of which the text was written, whole.
    """

    channel: Channel
    text: str
    path: Path = ()
    key: str = "0"
    json: bool = False
    value: bool = False


class Stated(Struct, frozen=True, gc=False):
    """The whole text of a channel, said again at its end."""

    channel: Channel
    text: str
    path: Path = ()
    key: str = "0"
    json: bool = False


class After(Struct, frozen=True, gc=False):
    """The frame belongs behind the text its channel has had so far."""

    channel: Channel


class Close(Struct, frozen=True, gc=False):
    """Nothing more comes for this channel."""

    channel: Channel


class Finish(Struct, frozen=True, gc=False):
    """A choice, or the reply, has come to its end. reason: in the API's own word."""

    key: str
    reason: str


class Usage(Struct, frozen=True, gc=False):
    """Tokens as the provider counts them; the last one of a stream counts."""

    prompt: int
    completion: int


class Failure(Struct, frozen=True, gc=False):
    """The provider says that it failed. code: its own word, short, no text of users."""

    code: str


class Opaque(Struct, frozen=True, gc=False):
    """A frame nobody here knows: it may hold text. what: the type it has, if it says one."""

    what: str


Event = Call | Delta | Stated | After | Close | Finish | Usage | Failure | Opaque
