"""Numbers that authorities of South Africa give to people and companies.

Catches: South African identity, passport, driving licence, tax, VAT, company and traffic register
numbers and license plates. Misses: plates of personal choice. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum import luhn
from stdnum.za import tin

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import starts_with_date
from guardrails.pii.identifier import (
    COMPANY,
    DAY,
    LICENCE,
    MONTH,
    PASSPORT,
    PERSON,
    PLATE,
    TAX,
    VAT,
    digits,
    identifier,
)

# CIPC: year, number and kind; before 2011 the kind's letters, year and number.
_COMPANY = (
    r"(?:18|19|20)[0-9]{2}/[0-9]{4}[0-9]{2}/[0-9]{2}"
    r"|(?:CK|NR|[BKMNTW])(?:18|19|20)[0-9]{2}/[0-9]{4}[0-9]{2}"
)
_PROVINCE = "EC|FS|GP|LP|MP|NC|NW|WP|ZN"
_PLATE = (
    rf"[A-Z]{{2,4}} ?[0-9]{{2,4}} ?(?:[A-Z]{{1,2}} ?)?(?:{_PROVINCE})"
    r"|[0-9]{2,3} ?[A-Z]{2,3} ?EC"
)


def _is_person(text: str) -> bool:
    return starts_with_date(text) and luhn.is_valid(digits_of(text))


def _is_no_person(text: str) -> bool:
    return not _is_person(text)


SOUTH_AFRICA = Guardrail(
    id="south-africa",
    family="pii",
    summary="South African identity, passport, licence, tax and company numbers, and plates",
    rules=(
        identifier(
            "za-id-number",
            rf"[0-9]{{2}}{MONTH}{DAY} ?[0-9]{{4}} ?[0-2][0-9] ?[0-9]",
            check=_is_person,
            words=f"sa id, rsa id, south african id, identiteit, {PERSON}",
            bare=0.4,
        ),
        identifier("za-passport", r"[ADMTadmt][0-9]{4}[0-9]{4}", words=f"{PASSPORT}, paspoort"),
        identifier(
            "za-driver-license",
            r"[0-9]{4}[0-9]{2}[0-9A-Za-z]{3,7}[A-Za-z]",
            words=f"{LICENCE}, licence n, license n, natis, rybewys",
            confidence=0.55,
        ),
        identifier(
            "za-income-tax-number",
            r"[0-39][0-9]{3}(?P<by>[ /]?)[0-9]{3}(?P=by)[0-9]{3}",
            check=tin.is_valid,
            words=f"sars, income tax, belasting, {TAX}",
        ),
        identifier(
            "za-income-tax-number-unchecked",
            r"[0-39][0-9]{3}[0-9]{4}[0-9]{2}",
            kind="ZA_INCOME_TAX_NUMBER",
            words="sars, income tax",
            confidence=0.45,
            bare=0.02,
        ),
        identifier("za-vat-number", r"4[0-9]{3}[0-9]{4}[0-9]{2}", words=f"sars, btw, {VAT}"),
        identifier(
            "za-company-registration",
            _COMPANY,
            words=f"cipc, cipro, reg no, reg. no, close corporation, {COMPANY}",
            confidence=0.9,
            bare=0.45,
        ),
        identifier(
            "za-traffic-register-number",
            digits(13),
            check=_is_no_person,
            words="traffic register, trn, natis",
            confidence=0.6,
            bare=0.02,
        ),
        identifier("za-license-plate", _PLATE, words=f"{PLATE}, natis", bare=0.3),
    ),
    catches=(
        "SA ID = «910708 3266 02 7»",
        "is «D42355636» the right passport?",
        "driver's licence: «02331866IEE».",
        "her SARS is «2444/134/833», as she told us",
        "（SARS）«4436035283»。",
        "(CIPC «1969/416266/85», see the letter)",
        "they gave me «7301272266892» as my traffic register number",
        "number plate = «RD 02 MP»",
    ),
    ignores=(
        "SA ID 7904087516206",
        "SARS 1259/418/842",
        "part 9904828697 is in stock",
        "release 4524658996 is out",
        "see 646659FFM8Q in the list",
    ),
)
