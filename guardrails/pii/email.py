"""E-mail addresses.

Catches: addresses with an unquoted local part and a domain of at least two labels (RFC 5321's
lengths), also in full-width letters and with accents. Misses: quoted local parts, address literals,
"at"-and-"dot" spellings, local parts and domains in their own script, and `git@` on purpose, which
is how one writes a repository's place. Cost: holds the current word.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# RFC 5321 4.5.3.1: a local part has at most 64 octets; RFC 1035: a label has at most 63.
_LOCAL = r"[A-Za-z0-9_][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}"
_LEFT = r"(?<![A-Za-z0-9_])(?!git@)"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# RFC 5890 2.3.2.1: an internationalised label is written xn-- and at most 59 more. 24: as
# long as the longest name in IANA's list of top-level domains.
_TOP = r"(?:[Xx][Nn]--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,24})"


EMAIL = Guardrail(
    id="email",
    family="pii",
    summary="E-mail addresses",
    rules=(
        Rule(
            id="email",
            type="EMAIL_ADDRESS",
            expression=rf"{_LEFT}{_LOCAL}@(?:{_LABEL}\.){{1,6}}{_TOP}(?![A-Za-z0-9])",
            confidence=0.95,
        ),
    ),
    catches=(
        "write to «jane.doe+news@mail.example.co.uk», please",
        "（«ｊａｎｅ@example.com»）",
        "联系«info@example.cn»。",
        "mailto:«_support@example.org».",
        "<«josé@xn--caf-dma.xn--p1ai»>",
    ),
    ignores=(
        "see @example on the site",
        "a@b is not an address",
        "user@localhost",
        "git clone git@example.com:team/project.git",
        "@media (min-width: 600px) and @app.route('/')",
    ),
)
