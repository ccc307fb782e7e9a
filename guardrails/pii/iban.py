"""International bank account numbers.

Catches: IBANs of every country in the SWIFT registry with the country's exact length and valid
check digits, in either case, unbroken or with single spaces and dashes. Misses: numbers over
several lines, countries that only use IBANs unofficially. Cost: two letters and two digits, then
holds the number.
"""

from __future__ import annotations

from guardrails.checksums import mod97
from guardrails.guardrail import Guardrail
from guardrails.rule import Rule

# SWIFT IBAN registry (ISO 13616-1): characters in all -> countries.
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}


def _alternative(length: int, countries: str) -> str:
    return rf"(?:{'|'.join(countries.split())})[0-9]{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}"


IBAN = Guardrail(
    id="iban",
    family="pii",
    summary="International bank account numbers with valid check digits",
    rules=(
        Rule(
            id="iban",
            type="IBAN_CODE",
            expression=r"(?i)(?<![A-Z0-9])(?:"
            + "|".join(_alternative(length, names) for length, names in _COUNTRIES.items())
            + r")(?![A-Z0-9])",
            confidence=0.98,
            check=mod97,
        ),
    ),
    catches=(
        "pay to «GB82 WEST 1234 5698 7654 32», please",
        "«BE68 5390 0754 7034» from my bank",
        "iban:«de89370400440532013000».",
        "账号«NO93-8601-1117-947»。",
        "（«ＧＢ８２ＷＥＳＴ１２３４５６９８７６５４３２»）",
        "GB82 WEST 1234 5698 7654 33 «GB82WEST12345698765432»",
    ),
    ignores=(
        "GB82 WEST 1234 5698 7654 33",
        "XGB82WEST12345698765432",
        "GB82WEST123456987654321",
        "DE89 3704 0044 0532 0130",
        "is20 things you should know about it today",
    ),
)
