"""What tells a random value from one that a person or a program has named.

Pure functions over the text of a value. A value of n random characters has nearly log2(n) bits of
entropy per character while n is far below the size of its alphabet; words have 3 and less.
"""

from __future__ import annotations

import re
from itertools import pairwise

from guardrails.checksums import entropy

# Words that stand where a secret would, or name it. Four letters at least: a random value of 40
# characters holds a given one once in 10,000.
_WORDS = re.compile(
    r"example|sample|dummy|fake|placeholder|your|change[_-]?(?:me|it)|insert|replace|redact|todo|"
    r"passw(?:or)?d|passphrase|secret|credential|undefined|default|token|api_?key|hunter2|qwerty|"
    r"letmein|lorem|foobar|test|demo|null|none|true|false|x{4}|\*{3}|\.{3}|deadbeef|deadc0de",
    re.ASCII | re.IGNORECASE,
)
# What programs put a value into: ${VAR}, $VAR, {{ name }}, <name>, %s, [NAME], %VAR%, f(x).
_TEMPLATE = re.compile(r"[\[{<(]|\$[A-Za-z_{(]|%[sdvq%]|%\w+%|#\{", re.ASCII)
_UUID = re.compile(r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)
# Six in a row, up or down, of one kind: 123456, abcdef, fedcba.
_MAX_STEPS = 5


def looks_random(text: str, *, bits: float) -> bool:
    """Tell whether a text has so many bits of entropy per character.

    >>> looks_random("AKIAXXXXXXXXXXXXXXXX", bits=3)
    False
    """
    return entropy(text) >= bits


def is_named(value: str) -> bool:
    """Tell whether a value holds a word that stands for a secret, or a template that fills it in.

    >>> [is_named(value) for value in ("<your key>", "${API_KEY}", "changeme", "k9Fq2LxV7bTz")]
    [True, True, True, False]
    """
    return bool(_WORDS.search(value) or _TEMPLATE.search(value))


def is_regular(value: str) -> bool:
    """Tell whether a value counts up or down, or is a short part of it over and over.

    >>> [is_regular(value) for value in ("aaaaaaaaaa", "a1b2a1b2a1b2", "x-123456", "k9Fq2LxV7bTz")]
    [True, True, True, False]
    """
    if any(value == (value[:size] * len(value))[: len(value)] for size in range(1, 5)):
        return True
    steps = previous = 0
    for left, right in pairwise(value):
        step = ord(right) - ord(left)
        steps = steps + 1 if step == previous and step in (-1, 0, 1) else int(step in (-1, 0, 1))
        if steps >= _MAX_STEPS:
            return True
        previous = step
    return False


def is_uuid(value: str) -> bool:
    """Tell whether a value is a UUID, which mostly names something and opens nothing.

    >>> is_uuid("0736f5ef-7e88-499a-80cc-90c85d2a5180")
    True
    """
    return _UUID.fullmatch(value) is not None


def switches(value: str) -> int:
    """Count where letters and digits meet: names and versions have few such places.

    >>> [switches(value) for value in ("rc0.15.0_2023-SNAPSHOT", "ultraPictureBox1", "k9Fq2LxV7b")]
    [1, 1, 6]
    """
    return sum(
        left.isalnum() and right.isalnum() and left.isdigit() != right.isdigit()
        for left, right in pairwise(value)
    )


_LEET = str.maketrans("@013457$!", "aoieastsi")


def unleet(value: str) -> str:
    """Read digits and signs as the letters they are drawn like.

    >>> unleet("P@ssw0rd")
    'Password'
    """
    return value.translate(_LEET)
