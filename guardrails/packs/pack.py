"""A rule pack as it is read: what a policy can say of it, and what it cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from pydantic import ValidationError

from guardrails.allow import AllowList
from guardrails.content.patterns import MAX_PATTERNS, Pattern
from guardrails.problem import explain

_MAX_ID_CHARS = 64


class PackError(ValueError):
    """The text is no rule pack of its format. The message says where and why."""


class Remark(msgspec.Struct, frozen=True):
    """What a reader of the pack must know.

    subject: the rule it is about, or `the pack`. left_out: what it names is not in the policy;
    otherwise it is there and means something else.
    """

    subject: str
    text: str
    left_out: bool

    @property
    def written(self) -> str:
        """Return the remark as a comment beside its rule."""
        return f"not carried over: {self.text}" if self.left_out else self.text


class Entry(msgspec.Struct, frozen=True):
    """One rule. values: as the policy writes them, checked. comments: what stands above it."""

    values: dict[str, object]
    comments: tuple[str, ...] = ()


class Pack(msgspec.Struct):
    """What was read. allow: for all patterns. phrases: for the guardrail `keywords`."""

    source: str
    kind: str
    entries: list[Entry] = []
    allow: dict[str, list[str]] = {}
    phrases: list[str] = []
    remarks: list[Remark] = []
    # The subject of remarks about all of it.
    whole: str = "the pack"

    @property
    def size(self) -> str:
        """Say how much there is."""
        if self.kind == "words":
            return f"{len(self.phrases):,} phrases"
        return f"{len(self.entries):,} rules"

    def leave_out(self, subject: str, why: str) -> None:
        """Note that something is not carried over."""
        self.remarks.append(Remark(subject, why, left_out=True))

    def note(self, subject: str, text: str) -> None:
        """Note that something means something else here."""
        self.remarks.append(Remark(subject, text, left_out=False))


class Ids:
    """Ids that rules may have: as they were, if they can be, and each only once."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self._given: set[str] = set()

    def give(self, name: str) -> str:
        """Return the id of the next rule of this name.

        >>> ids = Ids()
        >>> ids.give("GitHub PAT"), ids.give("github-pat")
        ('github-pat', 'github-pat-2')
        """
        plain = re.sub("[^a-z0-9]+", "-", f"{self.prefix}{name}".lower()).strip("-") or "rule"
        found, count = plain[:_MAX_ID_CHARS].rstrip("-"), 1
        while found in self._given:
            count += 1
            end = f"-{count}"
            found = plain[: _MAX_ID_CHARS - len(end)].rstrip("-") + end
        self._given.add(found)
        return found

    @property
    def full(self) -> bool:
        """Tell whether a policy can hold no more rules."""
        return len(self._given) >= MAX_PATTERNS


def why_not(values: dict[str, object]) -> str | None:
    """Return why a policy cannot hold a pattern; None if it can."""
    return _why_not(Pattern, values)


def why_not_allow(values: dict[str, list[str]]) -> str | None:
    """Return why a policy cannot hold an allow list; None if it can."""
    return _why_not(AllowList, values)


def _why_not(model: type[Pattern] | type[AllowList], values: object) -> str | None:
    try:
        model.model_validate(values)
    except ValidationError as error:
        # The name of the key says little: a pack has other ones.
        texts = (problem.text for problem in explain(error, model))
        return "; ".join(re.sub("^'[^']*': (expression [0-9]+: )?", "", text) for text in texts)
    return None


def shorten(texts: Sequence[str], most: int = 2) -> str:
    """Write the first few of some texts.

    >>> shorten(["a", "b", "c"])
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(f"'{text}'" for text in texts[:most])
    return shown if len(texts) <= most else f"{shown} and {len(texts) - most:,} more"
