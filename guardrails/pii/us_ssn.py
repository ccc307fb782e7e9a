"""US social security numbers.

Catches: three, two and four digits with dashes between them, wherever they stand; nine bare digits,
or with spaces or a single dash, within 32 characters of words such as "social security" (with a
low confidence also without). Numbers that are never assigned do not count. Misses: other spellings.
Cost: holds the current number; nine digits on their own hold the 32 characters behind them.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# SSA, POMS RM 10201.035: area 000, 666 and 900-999, group 00 and serial 0000 are not assigned.
_AREA = r"(?!000|666)[0-8][0-9]{2}"
_GROUP = r"(?!00)[0-9]{2}"
_SERIAL = r"(?!0000)[0-9]{4}"
_LEFT = r"(?<![0-9A-Za-z])(?<![0-9][.-])"
_RIGHT = r"(?![0-9A-Za-z]|[.-][0-9])"

US_SSN = Guardrail(
    id="us-ssn",
    family="pii",
    summary="US social security numbers",
    rules=(
        Rule(
            id="us-ssn",
            type="US_SSN",
            expression=f"{_LEFT}{_AREA}-{_GROUP}-{_SERIAL}{_RIGHT}",
            confidence=0.9,
        ),
        Rule(
            id="us-ssn-undashed",
            type="US_SSN",
            expression=f"{_LEFT}{_AREA}(?: {_GROUP} |-?{_GROUP}-?){_SERIAL}{_RIGHT}",
            confidence=0.7,
            check=lambda text: text.count("-") < 2,
            context=("social sec", "soc sec", "ss#"),
            words=("ssn", "ssns", "ss no"),
            context_chars=32,
            bare=0.1,
        ),
    ),
    catches=(
        "SSN «123-45-6789».",
        "社保号«１２３-４５-６７８９»。",
        "social security number: «219 09 9998»",
        "the ssn «219099998» is hers",
        "(«536-22-1234»), «536-22-1235»",
    ),
    ignores=(
        "000-12-3456, 666-12-3456 and 912-34-5678",
        "536-00-1234 and 536-22-0000",
        "part 219099998 is in stock",
        "1-536-22-1234-9",
        "2023-10-2024 and 123-456-7890",
    ),
)
