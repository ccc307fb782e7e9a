"""What a guardrail of patterns is made of: rules, which are data."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

# The group of an expression that matches only where a hold has reached its cap: the match is then
# cut there, and a redaction that cannot know its end becomes a block.
CAP_GROUP = "cap"
# Groups of an expression whose names begin so: the first that holds text is what a redaction
# replaces. What stands around it in the match says what it is, and stays: the name of a key, an
# equals sign, quotes.
PART_GROUP = "secret"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One expression and what a match of it means.

    id: as users know it; secrets have the id gitleaks gives them. type: Presidio's entity name, or
    SECRET. expression: Python `re` syntax with ASCII classes, matched on folded text
    (`guardrails.fold`). check: called with the folded text of a match, says whether it counts; the
    search goes on one code point behind the start of a match that does not. context, words: folded
    lower-case texts, one of which must stand within `context_chars` code points of the match, on
    either side; words only where no ASCII letter or digit touches them. confidence: 0 to 1, with
    such a text if it needs one. bare: confidence without; None: it does not count without.
    """

    id: str
    type: str
    expression: str
    confidence: float = 0.9
    check: Callable[[str], bool] | None = None
    context: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    context_chars: int = 0
    # Also asked about the character before and the one behind the match ('' at an end).
    bounds: Callable[[str, str], bool] | None = None
    bare: float | None = None


# What a policy wants unless it says otherwise: a pattern that many harmless texts match, and no
# word beside it says what it is, is no finding.
DEFAULT_MIN_CONFIDENCE = 0.5


def at_least(rules: Iterable[Rule], min_confidence: float) -> tuple[Rule, ...]:
    """Return the rules whose findings are sure enough, each with what it still needs.

    One that is sure enough without its context words needs them no longer: its findings then have
    its bare confidence.

    >>> rule = Rule(id="r", type="R", expression="[0-9]{9}", context=("id",), context_chars=9,
    ...             confidence=0.6, bare=0.1)
    >>> [at_least([rule], wanted)[0].context for wanted in (0.1, 0.5)]
    [(), ('id',)]
    >>> at_least([rule], 0.7)
    ()
    """
    found = []
    for rule in rules:
        if rule.bare is not None and rule.bare >= min_confidence:
            found.append(
                msgspec.structs.replace(
                    rule, context=(), words=(), context_chars=0, confidence=rule.bare, bare=None
                )
            )
        elif rule.confidence >= min_confidence:
            found.append(rule)
    return tuple(found)
