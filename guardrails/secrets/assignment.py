"""Rules for values without a shape of their own: a name says what they are.

A finding reaches from the name to the value's end: `algolia_key = "..."`, `"algolia": "..."`,
`<algoliaKey>...`, `ALGOLIA_KEY=...`, `set("ALGOLIA_KEY", "...")`, "Algolia API key is ...". A
redaction replaces the value.

All these rules have one expression behind their names, and its value is any: the automata share it,
so that a rule more costs no more than its name. What the value must be is asked of the match.
"""

from __future__ import annotations

import re
from functools import cache, partial

from guardrails.rule import Rule
from guardrails.secrets.entropy import looks_random

# The rest of a name, then words as prose and declarations have them: "API key", "string". No other
# words, as every mention of a provider would hold the sentence behind it.
_REST = (
    r"[A-Za-z0-9_.-]{0,20}(?:[ \t]{1,2}(?i:(?:api|app|application|access|auth|client|private|"
    r"personal|secret|service|account|key|token|password|id|string)(?:[_-]?(?:key|token|id))?)){0,3}"
)
# = : := ::= => ?= .= > , || and the word; with quotes and white space around.
OPERATOR = r"[\"'`\\\]]{0,2}\s{0,3}(?:[:?.+]{0,3}=>?|:|>|,|\|\||\bis\b)[\"'`\\\s=]{0,6}"
# No character of a longer value; none that begins a call, a path or an attribute.
RIGHT = r"(?![A-Za-z0-9_+/=(-]|\.[A-Za-z0-9])"
# The shortest key that a provider gives has 12 characters, the longest 400.
_ANY_VALUE = "[A-Za-z0-9_.%+/=-]{11,420}[A-Za-z0-9_%+/=-]"

_UUID = r"(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_VALUE = re.compile(r"[^\s\"'`=:>,|\\]+={0,2}\Z", re.ASCII)


def value_of(text: str) -> str:
    """Return the value at the end of a match.

    >>> value_of('algolia_key = "k9Fq2L'), value_of("key: YWJj==")
    ('k9Fq2L', 'YWJj==')
    """
    found = _VALUE.search(text)
    return found[0] if found else ""


@cache
def _ending(shape: str) -> re.Pattern[str]:
    """Compile the end of an assignment of a value of this shape."""
    return re.compile(rf"(?<=[\"'`\\\s=:>,|])(?:{shape})\Z", re.ASCII)


def is_drawn(text: str, *, shape: str, bits: float, digits: bool) -> bool:
    """Tell whether an assignment ends in a value of a shape that looks random.

    digits: one digit at least must be in it, as a word of the same length has none.

    >>> is_drawn("algolia = k9Fq2L", shape="[A-Za-z0-9]{6}", bits=2, digits=True)
    True
    """
    found = _ending(shape).search(text)
    if found is None or (digits and not any("0" <= character <= "9" for character in found[0])):
        return False
    return looks_random(found[0], bits=bits)


def assigned(
    name: str,
    keyword: str,
    value: str,
    *,
    bits: float = 3,
    digits: bool = True,
    confidence: float = 0.9,
) -> Rule:
    """Make a rule of a value behind a name.

    keyword: what the name begins with, or its telling part, in any case. value: its expression, of
    one length or few. bits: the least entropy per character. digits: one must be in it.
    """
    return Rule(
        id=name,
        type="SECRET",
        expression=f"(?i:{keyword}){_REST}{OPERATOR}(?P<secret>{_ANY_VALUE}){RIGHT}",
        confidence=confidence,
        check=partial(is_drawn, shape=value, bits=bits, digits=digits),
    )


def alnum(count: int) -> str:
    """Return the expression of so many letters of either case and digits."""
    return f"[A-Za-z0-9]{{{count}}}"


def dashed(low: int, high: int = 0) -> str:
    """Return the expression of base64url characters, so many."""
    return f"[A-Za-z0-9=_-]{{{low},{max(low, high)}}}"


def digest(count: int) -> str:
    """Return the expression of so many hexadecimal digits."""
    return f"[A-Fa-f0-9]{{{count}}}"


def uuid_value() -> str:
    """Return the expression of a UUID (RFC 9562), in either case."""
    return _UUID
