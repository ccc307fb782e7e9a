"""Numbers that authorities of Australia give to people and companies.

Catches: Australian business, company, tax file and Medicare numbers. Misses: driving licences and
passports, which no check digit protects. Cost: holds the current number, and the 32 characters
behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.au import abn, acn, tfn

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import COMPANY, TAX, grouped, identifier


def _is_medicare(text: str) -> bool:
    found = digits_of(text)
    return weigh(found[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(found[8])


AUSTRALIA = Guardrail(
    id="australia",
    family="pii",
    summary="Australian business, company, tax file and Medicare numbers",
    rules=(
        identifier(
            "au-abn",
            grouped(2, 3, 3, 3),
            check=abn.is_valid,
            words=f"abn, australian business, {COMPANY}, {TAX}",
            bare=0.3,
        ),
        identifier(
            "au-acn",
            grouped(3, 3, 3),
            check=acn.is_valid,
            words=f"acn, australian company, {COMPANY}",
        ),
        identifier("au-tfn", grouped(3, 3, 3), check=tfn.is_valid, words=f"tfn, tax file, {TAX}"),
        # Services Australia: 2 to 6 first, the ninth digit checks, the tenth is the issue.
        identifier(
            "au-medicare",
            r"[2-6][0-9]{3}(?P<by>[ -]?)[0-9]{4}[0-9](?P=by)[0-9]",
            check=_is_medicare,
            words="medicare, health insurance",
        ),
    ),
    catches=(
        "under ABN «23558235129» you find all of it",
        "(ACN «977305605», see the letter)",
        "（TFN）«480978926»。",
        "Medicare number = «4774-30474-1»",
    ),
    ignores=(
        "ABN 95 798 217 263",
        "TFN 308986992",
        "ACN 836 878 744",
        "part 18 987 647 486 is in stock",
        "release 106723385 is out",
    ),
)
