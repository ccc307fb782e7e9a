"""Numbers that authorities of Czechia give to people and companies.

Catches: Czech birth, tax and company numbers. Misses: identity cards. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cz import dic, rc

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import COMPANY, PERSON, TAX, VAT, digits, identifier, loose


def _is_company(text: str) -> bool:
    return dic.calc_check_digit_legal(text[:7]) == text[7]


def _is_account(text: str) -> bool:
    prefix, _, number = text.partition("/")[0].rpartition("-")
    weights = (6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
    return not any(weigh(part.zfill(10), weights) % 11 for part in (prefix, number))


CZECHIA = Guardrail(
    id="czechia",
    family="pii",
    summary="Czech birth, tax and company numbers",
    rules=(
        identifier(
            "cz-birth-number",
            r"[0-9]{2}[0-8][0-9][0-3][0-9](?:/?[0-9]{4}|/[0-9]{3})",
            check=rc.is_valid,
            words=f"rodné číslo, rodne cislo, rodného čísla, r.č., rč, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "cz-vat",
            rf"(?i:CZ){loose(8, 10)}",
            check=dic.is_valid,
            words=f"dič, dic, {TAX}, {VAT}",
            bare=0.6,
        ),
        # ČNB, vyhláška 169/2011: prefix and number by these weights, modulo 11; the bank's code.
        identifier(
            "cz-bank-account",
            r"(?:[0-9]{2,6}-)?[0-9]{2,10}/[0-9]{4}",
            check=_is_account,
            words="účet, účtu, ucet, bank account",
            bare=0.3,
        ),
        identifier(
            "cz-company-id",
            digits(8),
            check=_is_company,
            words=f"ičo, ico, ič, identifikační číslo, {COMPANY}",
        ),
    ),
    catches=(
        "rodné číslo: «971206/8498».",
        "her dič is «CZ70428697», as she told us",
        "（účet）«40344/6671»。",
        "(ičo «85991678», see the letter)",
    ),
    ignores=(
        "rodné číslo 3178128113",
        "ičo 03852047",
        "účet 9028820671/9372",
        "part 78/6101 is in stock",
        "release CZ66434807 is out",
    ),
)
