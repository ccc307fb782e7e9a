"""Numbers that authorities of Hungary give to people and companies.

Catches: Hungarian tax numbers of companies and persons, social security and VAT numbers. Misses:
identity cards. Cost: holds the current number, and the 32 characters behind one that needs a word
beside it.
"""

from __future__ import annotations

from stdnum.hu import anum

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import TAX, VAT, grouped, identifier, loose


def _is_company(text: str) -> bool:
    return anum.is_valid(text[:8])


def _is_person(text: str) -> bool:
    return weigh(text[:9], range(1, 10)) % 11 == int(text[9])


def _is_insured(text: str) -> bool:
    found = digits_of(text)
    return weigh(found[:8], (3, 7) * 4) % 10 == int(found[8])


HUNGARY = Guardrail(
    id="hungary",
    family="pii",
    summary="Hungarian tax numbers of companies and persons, social security and VAT numbers",
    rules=(
        identifier(
            "hu-tax-number",
            r"[0-9]{4}[0-9]{4}-[1-5]-[0-9]{2}",
            check=_is_company,
            words=f"adószám, adoszam, {TAX}, {VAT}",
            bare=0.6,
        ),
        identifier(
            "hu-vat",
            rf"(?i:HU){loose(8)}",
            check=anum.is_valid,
            words=f"áfa, közösségi adószám, {VAT}",
            bare=0.5,
        ),
        # 1990. évi törvény: 8, days since 1867, and the sum by 1 to 9 modulo 11.
        identifier(
            "hu-tax-id",
            r"8[0-9]{3}[0-9]{4}[0-9]{2}",
            check=_is_person,
            words=f"adóazonosító, adoazonosito, {TAX}",
        ),
        identifier(
            "hu-taj",
            grouped(3, 3, 3),
            check=_is_insured,
            words="taj, taj-szám, társadalombiztosítás, social security",
        ),
    ),
    catches=(
        "adószám: «36492112-2-76».",
        "her áfa is «HU51325466», as she told us",
        "（adóazonosító）«8298533135»。",
        "(TAJ «066-715-179», see the letter)",
    ),
    ignores=(
        "TAJ 131-438-175",
        "áfa HU49608130",
        "adóazonosító 8783113410",
        "part 8451307205 is in stock",
        "release 44099790-2-16 is out",
    ),
)
