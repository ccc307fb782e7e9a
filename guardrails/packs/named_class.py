"""Classes of characters that RE2 knows by name."""

from __future__ import annotations

from functools import cache

import regex

from guardrails.tree import LAST_CODE_POINT, Ranges, union

# RE2's wiki, "ASCII character classes".
POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
# Without the vertical tab, which Python's has.
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))


@cache
def unicode_class(name: str) -> Ranges:
    """Return the code points of a category or a script of Unicode. Raises KeyError.

    >>> unicode_class("Zl")
    ((8232, 8232),)
    """
    if name == "Any":
        return ((0, LAST_CODE_POINT),)
    try:
        runs = regex.compile(rf"\p{{{name}}}+")
    except regex.error as error:
        raise KeyError(name) from error
    every = "".join(map(chr, range(LAST_CODE_POINT + 1)))
    return union([(run.start(), run.end() - 1) for run in runs.finditer(every)])
