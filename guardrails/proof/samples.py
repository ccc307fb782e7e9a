"""Samples of a guardrail, and what its rules find in them."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Sequence

from guardrails.guardrail import Guardrail
from guardrails.joined_matcher import compile_rules
from guardrails.matcher import Match
from guardrails.rule import Rule

# Half-open, raw offsets.
Span = tuple[int, int]
# (rule id, start, end).
Found = tuple[str, int, int]


def rules_of(guardrail: Guardrail) -> tuple[Rule, ...]:
    """Return the rules a policy gets that names the guardrail and nothing else."""
    if guardrail.build is None or guardrail.options is None:
        return guardrail.rules
    return guardrail.build(guardrail.options())


def unmark(sample: str) -> tuple[str, list[Span]]:
    """Return a sample without its marks, and the spans between them.

    >>> unmark("to «ada» and «bob»")
    ('to ada and bob', [(3, 6), (11, 14)])
    """
    text, spans, start = "", [], 0
    for piece in re.split("([«»])", sample):
        if piece == "«":
            start = len(text)
        elif piece == "»":
            spans.append((start, len(text)))
        else:
            text += piece
    return text, spans


def spans_of(found: Iterable[Found]) -> list[Span]:
    """Return where something was found, in order; what lies inside of a finding is part of it.

    >>> spans_of([("link", 0, 9), ("host", 2, 7), ("word", 8, 12)])
    [(0, 9), (8, 12)]
    """
    spans: list[Span] = []
    # The longest first of those that begin together.
    for start, end in sorted({(start, -end) for _, start, end in found}):
        if not spans or -end > spans[-1][1]:
            spans.append((start, -end))
    return spans


class Finder:
    """Rules, compiled. Raises RuleError naming the rule that cannot be."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self.matcher, self.new_state = compile_rules(rules)

    def find(self, chunks: Iterable[str], *, restored: bool = False) -> list[Found]:
        """Return what is found in a text. restored: its state is saved and read behind each chunk.

        Sorted by rule.
        """
        state = self.new_state()
        found: list[Match] = []
        for chunk in chunks:
            found += self.matcher.push(state, chunk)
            if restored:
                saved = pickle.dumps(state.snapshot())
                state = self.new_state.restore(pickle.loads(saved))  # noqa: S301 - our own bytes
        found += self.matcher.push(state, "", final=True)
        return sorted((self._rules[match.rule].id, match.start, match.end) for match in found)
