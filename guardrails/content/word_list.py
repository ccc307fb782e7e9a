"""Word lists that are part of the package: `words/*.txt`, one file a language.

Their format is described at the head of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib.resources import files

import msgspec


class Severity(StrEnum):
    """How much a word offends, worst first. See the head of a list."""

    SLUR = "slur"
    STRONG = "strong"
    MILD = "mild"


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word or phrase. ordinary_in: codes of languages in which it is an ordinary one."""

    text: str
    severity: Severity
    ordinary_in: frozenset[str]


@cache
def languages() -> tuple[str, ...]:
    """Return the codes (ISO 639-1) of the languages that have a list."""
    names = (path.name for path in files("guardrails").joinpath("content/words").iterdir())
    return tuple(sorted(name.removesuffix(".txt") for name in names if name.endswith(".txt")))


@cache
def read_words(language: str) -> tuple[Word, ...]:
    """Return the list of a language."""
    path = files("guardrails").joinpath(f"content/words/{language}.txt")
    return tuple(parse_words(path.read_text("utf-8")))


def parse_words(text: str) -> Iterator[Word]:
    """Read a list.

    >>> [(word.text, str(word.severity)) for word in parse_words("[mild]\\ndar|n|ned ! xx")]
    [('darn', 'mild'), ('darned', 'mild')]
    """
    severity = Severity.MILD
    for line in text.split("\n"):
        if line.startswith("["):
            severity = Severity(line.strip("[]"))
        elif line and not line.startswith("#"):
            entry, _, ordinary = line.partition(" ! ")
            stem, *endings = entry.split("|")
            for ending in endings or [""]:
                yield Word(stem + ending, severity, frozenset(ordinary.split()))
