"""What a page offers to try: answers of a model, and models to ask."""

from __future__ import annotations

from msgspec import Struct


class Sample(Struct, frozen=True):
    """One answer. pieces: as a model writes it, piece by piece; together they are the text.
    policy: the one it is meant for; None for the default.
    """

    id: str
    title: str
    pieces: tuple[str, ...]
    policy: str | None = None


class OfferedProvider(Struct, frozen=True):
    """A provider that may be asked, because the gateway has a key for it. id: as the settings call
    it. host: where it is. model: the one to suggest, empty where none is set.
    """

    id: str
    host: str
    model: str = ""


class Samples(Struct, frozen=True):
    """What may be tried. policies: names of those that are loaded, the default first."""

    policies: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    providers: tuple[OfferedProvider, ...] = ()
