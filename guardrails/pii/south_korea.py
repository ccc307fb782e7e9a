"""Numbers that authorities of South Korea give to people and companies.

Catches: South Korean resident, foreigner and business registration, passport and driver's licence
numbers. Misses: corporate registration numbers. Cost: holds the current number, and the 32
characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import starts_with_date, weigh
from guardrails.pii.identifier import COMPANY, DAY, LICENCE, MONTH, PASSPORT, PERSON, identifier


def _resident(century: str, dash: str) -> str:
    return rf"[0-9]{{2}}{MONTH}{DAY}{dash}[{century}][0-9]{{4}}[0-9]{{2}}"


_DRIVER = r"(?:1[1-9]|2[0-8])(?P<by>[ -]?)[0-9]{2}(?P=by)[0-9]{4}[0-9]{2}(?P=by)[0-9]{2}"
_RRN_WORDS = f"rrn, resident registration, 주민등록, 주민번호, 주민 등록, {PERSON}"
_FRN_WORDS = f"frn, foreigner registration, alien registration, 외국인등록, 외국인 등록, {PERSON}"


def _is_resident(text: str) -> bool:
    return starts_with_date(text) and (_is_random(text) or _check_digit(text) == text[-1])


def _is_foreigner(text: str) -> bool:
    """The check digit is two more than residents' have, and sometimes theirs."""
    either = (_check_digit(text), _check_digit(text, more=2))
    return starts_with_date(text) and (_is_random(text) or text[-1] in either)


def _is_business(text: str) -> bool:
    """National Tax Service: weights 1, 3, 7, 1, 3, 7, 1, 3, 5, and the tens of the last product."""
    found = digits_of(text)
    total = weigh(found[:9], (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(found[8]) * 5 // 10
    return (10 - total % 10) % 10 == int(found[9])


def _check_digit(text: str, more: int = 0) -> str:
    remainder = weigh(digits_of(text)[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11
    return str((11 - remainder + more) % 10)


def _is_random(text: str) -> bool:
    """Ministry of the Interior: since October 2020 all behind the century's digit is drawn."""
    found = digits_of(text)
    return found[6] in "3478" and "2010" <= found[:4] <= "9912"


SOUTH_KOREA = Guardrail(
    id="south-korea",
    family="pii",
    summary="South Korean resident, foreigner, business, passport and licence numbers",
    rules=(
        identifier("kr-rrn", _resident("1-4", ""), check=_is_resident, words=_RRN_WORDS, bare=0.3),
        identifier(
            "kr-rrn-dashed",
            _resident("1-4", "-"),
            kind="KR_RRN",
            check=_is_resident,
            words=_RRN_WORDS,
            confidence=0.95,
            bare=0.6,
        ),
        identifier(
            "kr-rrn-unchecked",
            _resident("1-4", "-?"),
            kind="KR_RRN",
            check=starts_with_date,
            words=_RRN_WORDS,
            confidence=0.45,
            bare=0.2,
        ),
        identifier(
            "kr-frn", _resident("5-8", "-?"), check=_is_foreigner, words=_FRN_WORDS, bare=0.3
        ),
        identifier(
            "kr-frn-unchecked",
            _resident("5-8", "-?"),
            kind="KR_FRN",
            check=starts_with_date,
            words=_FRN_WORDS,
            confidence=0.45,
            bare=0.2,
        ),
        identifier(
            "kr-brn",
            r"[0-9]{3}(?P<by>-?)[0-9]{2}(?P=by)[0-9]{4}[0-9]",
            check=_is_business,
            words=f"brn, business registration, 사업자등록, 사업자 등록, {COMPANY}",
            bare=0.3,
        ),
        identifier(
            "kr-passport",
            r"[DMORSdmors](?:[0-9]{3}[A-Za-z][0-9]{4}|[0-9]{4}[0-9]{4})",
            words=f"{PASSPORT}, 여권",
            left=r"(?<![0-9A-Za-z])",
            right=r"(?![0-9])",
        ),
        # National Police Agency: 11 to 28 is the office that issued it, then the year.
        identifier("kr-driver-license", _DRIVER, words=f"운전면허, 면허번호, {LICENCE}", bare=0.1),
    ),
    catches=(
        "RRN = «4406254592744»",
        "RRN = «971118-3708903»",
        "is «4008297251123» the right FRN?",
        "（BRN）«384-15-69406»。",
        "her passport is «S73225054», as she told us",
        "under 운전면허 «18-43-834050-61» you find all of it",
    ),
    ignores=(
        "RRN 6811314829858",
        "BRN 2319630495",
        "part R74226616 is in stock",
        "release 7706107826936 is out",
        "see 227-78-55981 in the list",
    ),
)
