"""Answers of a model that a page offers to try."""

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


class Samples(Struct, frozen=True):
    """What may be tried. policies: names of those that are loaded, the default first; empty where
    only the guard behind Kafka knows.
    """

    policies: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
