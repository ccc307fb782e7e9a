"""What of a match counts: all of it, or what its groups called `secret` hold."""

from __future__ import annotations

import re
from collections.abc import Callable

from guardrails.allow import Allow, allows
from guardrails.checksums import entropy
from guardrails.rule import PART_GROUP


def part_of(text: str, expression: re.Pattern[str] | None) -> str:
    """Return what counts of a match: the text of the first group called `secret` that has any.

    text: of the match, in which the groups are looked for once more; what lookarounds saw beside it
    is not there. Where that leaves no group, the whole match counts. expression: None if it has no
    such group.

    >>> part_of("key=abc", re.compile("key=(?P<secret>[a-z]+)"))
    'abc'
    """
    match = expression.fullmatch(text) if expression else None
    if match is None:
        return text
    groups = match.groupdict().items()
    return next((held for name, held in groups if name.startswith(PART_GROUP) and held), text)


def counts(
    text: str,
    *,
    expression: re.Pattern[str] | None,
    entropy_above: float | None,
    allow: Allow,
    in_match: tuple[re.Pattern[str], ...],
) -> bool:
    """Tell whether a match counts: random enough, and not allowed.

    entropy_above: bits per character of the part that counts, which must have more. in_match:
    expressions searched in the whole match, one of which allows it.
    """
    part = part_of(text, expression)
    if entropy_above is not None and entropy(part) <= entropy_above:
        return False
    return not allows(allow, part) and not any(one.search(text) for one in in_match)


def with_word(
    text: str, *, words: tuple[str, ...], wanted: bool, check: Callable[[str], bool] | None
) -> bool:
    """Tell whether one of the words stands in a match, or, unless wanted, none does; and whether
    the match counts. words: folded, lower case.
    """
    lower = text.lower()
    return any(word in lower for word in words) is wanted and (check is None or check(text))
