"""Numbers that authorities of Finland give to people and companies.

Catches: Finnish personal identity codes, business and VAT numbers. Misses: codes with a century
sign that is not issued. Cost: holds the current number, and the 32 characters behind one that needs
a word beside it.
"""

from __future__ import annotations

from functools import partial

from stdnum.fi import alv, hetu, veronumero, ytunnus

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, TAX, VAT, digits, identifier

FINLAND = Guardrail(
    id="finland",
    family="pii",
    summary="Finnish personal identity codes, business and VAT numbers",
    rules=(
        identifier(
            "fi-personal-identity-code",
            rf"{DAY}{MONTH}[0-9]{{2}}[+A-FU-Ya-fu-y-][0-9]{{3}}[0-9A-FHJ-NPR-Ya-fhj-npr-y]",
            check=partial(hetu.is_valid, allow_temporary=True),
            words=f"hetu, henkilötunnus, henkilotunnus, personbeteckning, {PERSON}",
            confidence=0.95,
            bare=0.8,
            left=r"(?<![0-9_])(?<![0-9][.,-])",
        ),
        identifier(
            "fi-business-id",
            r"[0-9]{4}[0-9]{3}-[0-9]",
            check=ytunnus.is_valid,
            words=f"y-tunnus, ytunnus, fo-nummer, {COMPANY}",
            bare=0.4,
        ),
        identifier(
            "fi-tax-number", digits(12), check=veronumero.is_valid, words=f"veronumero, {TAX}"
        ),
        identifier(
            "fi-vat",
            r"(?i:FI) ?[0-9]{4}[0-9]{3}-?[0-9]",
            check=alv.is_valid,
            words=f"alv, arvonlisävero, moms, {VAT}",
            bare=0.6,
        ),
    ),
    catches=(
        "HETU: «270811-329A».",
        "her y-tunnus is «2055907-1», as she told us",
        "（veronumero）«648099585063»。",
        "(ALV «FI86275127», see the letter)",
    ),
    ignores=(
        "y-tunnus 6207234-7",
        "HETU 070902Y770W",
        "ALV FI23530150",
        "part FI55303359 is in stock",
        "release 523292174284 is out",
    ),
)
