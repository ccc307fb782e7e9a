"""Passwords in addresses.

Catches: user and password before the host of a URL (RFC 3986 3.2.1), of any scheme; the finding
ends at the `@`, a redaction replaces the password. Misses: passwords with `/`, `@`, `#` or quotes
in them that are not encoded, and placeholders such as `user:password@` on purpose. Cost: holds the
host of a URL up to the first slash, white space or quote.
"""

from __future__ import annotations

import re

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# What cannot stand in either part: RFC 3986's gen-delims, and what surrounds an address in text.
_OUT = r"\s/@?#\"'<>`\\"
# Words that stand for a password, one character over and over, a name in brackets.
_PLACEHOLDER = re.compile(
    r"(?i:(?:your|my|db|user)?[_-]?(?:password|passwd|pass|pwd|secret|token|key))|(.)\1*"
    r"|[<\[{$%(].*[>\]})%]"
)


def is_placeholder(text: str) -> bool:
    """Tell whether a match ends in a word, or one character, that stands for a password.

    >>> is_placeholder("https://user:password@"), is_placeholder("https://ada:h4rdT0guess@")
    (True, False)
    """
    password = text.rpartition("//")[2][:-1].partition(":")[2]
    return _PLACEHOLDER.fullmatch(password) is not None


def _is_no_placeholder(text: str) -> bool:
    return not is_placeholder(text)


# 32: the longest scheme in use with a password (`mongodb+srv`, 11), and a word before it that lacks
# its space: begun at every letter, each letter of a text would be pending.
EXPRESSION = (
    rf"(?<![A-Za-z])[A-Za-z][A-Za-z0-9+.-]{{1,31}}://[^:{_OUT}]{{0,64}}:"
    rf"(?P<secret>[^{_OUT}]{{1,128}})@(?=[A-Za-z0-9\[])"
)

URL_CREDENTIALS = Guardrail(
    id="url-credentials",
    family="secrets",
    summary="Passwords in URLs",
    rules=(
        Rule(
            id="url-credentials",
            type="SECRET",
            expression=EXPRESSION,
            # Above that of an e-mail address, which a password and its host look like.
            confidence=0.97,
            check=_is_no_placeholder,
        ),
    ),
    catches=(
        "clone «https://deploy:h4rdT0guess@»git.example.com/x.git",
        "«postgresql://app:s3cr3t-pw@»db.internal:5432/main",
        "连接«redis://:p4ssw0rd9@»10.0.0.7:6379。",
        "(«mongodb+srv://svc:aB%40c9@»cluster0.example.net/?w=1)",
    ),
    ignores=(
        "https://user:password@example.com and ftp://u:<password>@host",
        "http://localhost:8080/@team and https://example.com/@user:1",
        "postgres://app:${DB_PASSWORD}@db/main",
        "mailto:jane at 10:30, see //a:b@c",
        "https://user:xxxx@example.com",
    ),
)
