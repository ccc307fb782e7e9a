"""Numbers that authorities of Slovakia give to people and companies.

Catches: Slovak birth, tax, VAT and company numbers. Misses: identity cards. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cz import dic
from stdnum.sk import dph, rc

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, VAT, identifier, loose


def _is_company(text: str) -> bool:
    """Made as in Czechia, of which the register was once a part."""
    found = digits_of(text)
    return dic.calc_check_digit_legal(found[:7]) == found[7]


SLOVAKIA = Guardrail(
    id="slovakia",
    family="pii",
    summary="Slovak birth, tax, VAT and company numbers",
    rules=(
        identifier(
            "sk-birth-number",
            r"[0-9]{2}[0-8][0-9][0-3][0-9](?:/?[0-9]{4}|/[0-9]{3})",
            check=rc.is_valid,
            words=f"rodné číslo, rodne cislo, rodného čísla, r.č., {PERSON}",
            bare=0.4,
        ),
        identifier(
            "sk-vat",
            rf"(?i:SK){loose(10)}|[1-9][0-9]{{3}}[0-9]{{4}}[0-9]{{2}}",
            check=dph.is_valid,
            words=f"ič dph, ic dph, dph, dič, {TAX}, {VAT}",
            bare=0.3,
        ),
        identifier(
            "sk-company-id",
            r"[0-9]{2} ?[0-9]{3} ?[0-9]{3}",
            check=_is_company,
            words=f"ičo, ico, identifikačné číslo, {COMPANY}",
        ),
    ),
    catches=(
        "her rodné číslo is «881225/509», as she told us",
        "under ič dph «SK2227087511» you find all of it",
        "（ičo）«37 468 634»。",
        "they gave me «100930/6397» as my rodné číslo",
    ),
    ignores=(
        "ič dph SK7922646994",
        "ičo 97 613 426",
        "rodné číslo 129607/717",
        "part SK6581998368 is in stock",
        "release SK8643102138 is out",
    ),
)
