"""Numbers that authorities of the United States give to people and companies.

Catches: US passport, driver's licence, individual taxpayer and employer numbers, bank accounts and
routing numbers, Medicare beneficiaries, health care providers, prescribers and laboratories.
Misses: social security numbers, which `us-ssn` finds; licences of letters alone. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum import luhn
from stdnum.us import rtn

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import PASSPORT, TAX, identifier

_LICENSE = (
    "[A-Za-z]{1,2}[0-9]{3}[0-9]{2,6}|[A-Za-z][0-9]{4}[0-9]{4}[0-9]{3,6}"
    "|[0-9]{3}[0-9]{4}[0-9]{0,2}[A-Za-z]|[0-9]{4}[0-9]{4}[A-Za-z]{2}|[0-9]{2}[A-Za-z]{3}[0-9]{4}[0-9]{1,2}|[0-9]{3}[A-Za-z]{2}[0-9]{4}"
    "|[A-Za-z][0-9]{3}-[0-9]{3}-[0-9]{2}-[0-9]{3}(?:-[0-9])?|[A-Za-z][0-9]{3}-[0-9]{4}-[0-9]{4}"
    "|[A-Za-z][0-9]{2}-[0-9]{2}-[0-9]{4}"
)
_LICENSE_DIGITS = "[0-9]{4}[0-9]{2}[0-9]{0,8}|[0-9]{4}[0-9]{4}[0-9]{4}[0-9]{4}"
_LICENSE_WORDS = "driver, driving, license n, licence n, license #, license is, dmv, permit, lic."
_ITIN = r"9[0-9]{{2}}{0}(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9]){0}[0-9]{{4}}"
_ITIN_WORDS = f"itin, individual taxpayer, {TAX}"
_LETTER, _EITHER = "[AC-HJKMNP-RT-Yac-hjkmnp-rt-y]", "[0-9AC-HJKMNP-RT-Yac-hjkmnp-rt-y]"
_MBI = (
    f"[1-9]{_LETTER}{_EITHER}[0-9](?P<by>-?){_LETTER}{_EITHER}[0-9](?P=by){_LETTER}{{2}}[0-9]{{2}}"
)


def _is_routing(text: str) -> bool:
    return rtn.is_valid(digits_of(text))


def _is_npi(text: str) -> bool:
    """CMS: Luhn's digit over the number behind 80840, the prefix of health cards in the US."""
    found = digits_of(text)
    return luhn.is_valid(f"80840{found}") and len(set(found)) > 2


def _is_dea(text: str) -> bool:
    return weigh(text[2:8], (1, 2) * 3) % 10 == int(text[8])


UNITED_STATES = Guardrail(
    id="united-states",
    family="pii",
    summary="US passports, licences, taxpayers, bank accounts and numbers of health care",
    rules=(
        identifier(
            "us-passport",
            r"[A-Za-z]?[0-9]{4}[0-9]{4}|[0-9]{4}[0-9]{4}[0-9]",
            words=f"{PASSPORT}, pasaporte",
        ),
        # Formats of the states, as the American Association of Motor Vehicle Administrators lists
        # them: letters and digits, then digits alone.
        identifier("us-driver-license", _LICENSE, words=_LICENSE_WORDS, bare=0.3),
        identifier(
            "us-driver-license-digits",
            _LICENSE_DIGITS,
            kind="US_DRIVER_LICENSE",
            words="driver, driving, dmv",
            confidence=0.5,
            bare=0.01,
        ),
        # IRS, Internal Revenue Manual 3.21.263: 9, and a group of 50-65, 70-88, 90-92 or 94-99.
        identifier("us-itin", _ITIN.format("-"), words=_ITIN_WORDS, confidence=0.85, bare=0.6),
        identifier(
            "us-itin-undashed", _ITIN.format("[ -]?"), kind="US_ITIN", words=_ITIN_WORDS, bare=0.2
        ),
        identifier(
            "us-ein",
            r"[0-9]{2}-[0-9]{4}[0-9]{3}",
            words="ein, fein, employer id, employer identification, federal tax, tax id",
        ),
        identifier("us-ptin", r"[Pp]-?[0-9]{4}[0-9]{4}", words="ptin, preparer", bare=0.2),
        identifier(
            "us-bank-number",
            r"[0-9]{4}[0-9]{4}[0-9]{0,9}",
            words=(
                "bank account, account n, acct, checking account, savings account, "
                "account #, direct deposit"
            ),
            confidence=0.55,
            bare=0.05,
        ),
        # American Bankers Association: the Federal Reserve's districts are 00-12, 21-32, 61-72, 80.
        identifier(
            "aba-routing-number",
            r"(?:0[0-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)[0-9]{2}(?P<by>-?)[0-9]{4}(?P=by)[0-9]",
            check=_is_routing,
            words="routing, aba, rtn, transit n, wire transfer, bank",
        ),
        # CMS, Understanding the MBI: letters without S, L, O, I, B and Z.
        identifier(
            "us-mbi", _MBI, words="medicare, mbi, beneficiary, cms", confidence=0.9, bare=0.6
        ),
        identifier(
            "us-npi",
            r"[12][0-9]{3}(?P<by>[ -]?)[0-9]{3}(?P=by)[0-9]{3}",
            check=_is_npi,
            words="npi, national provider, provider, physician, prescriber",
        ),
        identifier(
            "us-clia",
            r"[0-9]{2}(?P<by>[ -]?)[Dd](?P=by)[0-9]{4}[0-9]{3}",
            words="clia, laborator, lab id, lab n",
            bare=0.3,
        ),
        # DEA: kind of registrant, first letter of the name or 9, seven digits.
        identifier(
            "us-dea",
            r"[ABCDEFGHJKLMPRSTUXabcdefghjklmprstux][A-Za-z9][0-9]{4}[0-9]{3}",
            kind="MEDICAL_LICENSE",
            check=_is_dea,
            words="dea, medical, prescrib, license, certificate",
            bare=0.4,
        ),
    ),
    catches=(
        "is «L51025522» the right passport?",
        "driver's licence: «L913-171-21-350-8».",
        "her driver's licence is «3392499566974803», as she told us",
        "under ITIN «978-86-7179» you find all of it",
        "（ITIN）«961851243»。",
        "EIN = «88-3715643»",
        "PTIN = «P-75260020»",
        "is «63305860073» the right bank account?",
        "routing number: «0192-5669-6».",
    ),
    ignores=(
        "NPI 2074430431",
        "routing number 086509373",
        "DEA BF6818859",
        "part JK5763823 is in stock",
        "release 4U31M05HT66 is out",
    ),
)
