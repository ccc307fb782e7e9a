"""Numbers that authorities of Denmark give to people and companies.

Catches: Danish civil registration and company numbers. Misses: CPR numbers whose date is not one.
Cost: holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.dk import cvr

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import is_date
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, VAT, identifier


def _is_person(text: str) -> bool:
    """CPR-kontoret: day, month, year; numbers have no check digit since 2007."""
    found = digits_of(text)
    return is_date(found[4:6], found[2:4], found[:2])


DENMARK = Guardrail(
    id="denmark",
    family="pii",
    summary="Danish civil registration and company numbers",
    rules=(
        identifier(
            "dk-cpr",
            rf"{DAY}{MONTH}[0-9]{{2}}[ -]?[0-9]{{4}}",
            check=_is_person,
            words=f"cpr, cpr-nr, cpr-nummer, personnummer, {PERSON}",
            confidence=0.7,
            bare=0.3,
        ),
        identifier(
            "dk-cvr",
            r"(?:(?i:DK) ?)?[1-9][0-9](?P<by>[ ]?)[0-9]{2}(?P=by)[0-9]{2}(?P=by)[0-9]{2}",
            check=cvr.is_valid,
            words=f"cvr, cvr-nr, cvr-nummer, moms, {COMPANY}, {VAT}",
        ),
    ),
    catches=(
        "CPR: «170350 7337».",
        "her CVR is «DK 93 91 54 37», as she told us",
        "（CPR）«1506718305»。",
        "(CVR «DK 56 19 71 68», see the letter)",
    ),
    ignores=(
        "CVR 15 87 04 96",
        "CPR 471212-3489",
        "part 251168-9350 is in stock",
        "release DK16187151 is out",
        "see 80 93 22 86 in the list",
    ),
)
