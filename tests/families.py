"""The rules of one family of the catalogue, over whole texts."""

from __future__ import annotations

from functools import cache

from guardrails.catalogue import CATALOGUE
from guardrails.matcher import Matcher, MatchState
from guardrails.rule import Rule, at_least

# (type, rule id, start, end).
Found = tuple[str, str, int, int]


@cache
def compiled(family: str, min_confidence: float) -> tuple[Matcher, tuple[Rule, ...]]:
    """Compile what a policy runs that names the family with this confidence."""
    rules: list[Rule] = []
    for guardrail in CATALOGUE:
        if guardrail.family == family:
            rules += guardrail.rules
            if guardrail.build is not None and guardrail.options is not None:
                rules += guardrail.build(guardrail.options())
    kept = at_least(rules, min_confidence)
    return Matcher(kept), kept


def find(family: str, text: str, min_confidence: float) -> list[Found]:
    """Return what the family finds in a text."""
    matcher, rules = compiled(family, min_confidence)
    state = MatchState()
    matches = [*matcher.push(state, text), *matcher.push(state, "", final=True)]
    return [
        (rules[match.rule].type, rules[match.rule].id, match.start, match.end) for match in matches
    ]
