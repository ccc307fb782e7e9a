"""Badge numbers of Acme Inc.

Catches: "ACME", a dash and six digits of which the last is the sum of the others modulo ten.
Misses: numbers without the letters, or with spaces inside. Cost: holds the current number.
"""

from __future__ import annotations

from guardrails.guardrail import Cost, Guardrail, PerformanceCharacteristics, PerformanceClass
from guardrails.rule import Rule


def has_check_digit(text: str) -> bool:
    """Tell whether the last digit of a badge number is the right one.

    >>> has_check_digit("ACME-123455"), has_check_digit("ACME-123456")
    (True, False)
    """
    *digits, last = map(int, text.removeprefix("ACME-"))
    return sum(digits) % 10 == last


BADGE = Guardrail(
    id="acme-badge",
    family="acme",
    summary="Badge numbers of Acme",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.INSTANT,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.05),
        client_safe=True,
    ),
    rules=(
        Rule(
            id="acme-badge",
            type="ACME_BADGE",
            expression=r"(?<![0-9A-Za-z])ACME-[0-9]{6}(?![0-9A-Za-z])",
            check=has_check_digit,
        ),
    ),
    catches=(
        "Badge «ACME-123455».",
        "工牌«ＡＣＭＥ－１２３４５５»。",
        "(«ACME-000011», «ACME-111115»)",
        "badge:«ACME-987655»\n",
    ),
    ignores=(
        "ACME-123456 has the wrong last digit",
        "ACME-1234556 and XACME-123455",
        "ACME 123455",
        "the Acme-123455",
    ),
)

GUARDRAILS = (BADGE,)
