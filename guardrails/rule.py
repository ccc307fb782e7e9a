"""What a guardrail of patterns is made of: rules, which are data."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

# The group of an expression that matches only where a hold has reached its cap: the match is then
# cut there, and a redaction that cannot know its end becomes a block.
CAP_GROUP = "cap"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One expression and what a match of it means.

    id: as users know it; secrets have the id gitleaks gives them. type: Presidio's entity name, or
    SECRET. expression: Python `re` syntax with ASCII classes, matched on folded text
    (`guardrails.fold`). check: called with the folded text of a match, says whether it counts; the
    search goes on one code point behind the start of a match that does not. confidence: 0 to 1.
    context: folded lower-case words, one of which must stand within `context_chars` code points of
    the match, on either side.
    """

    id: str
    type: str
    expression: str
    confidence: float = 0.9
    check: Callable[[str], bool] | None = None
    context: tuple[str, ...] = ()
    context_chars: int = 0
    # Also asked about the character before and the one behind the match ('' at an end).
    bounds: Callable[[str, str], bool] | None = None
