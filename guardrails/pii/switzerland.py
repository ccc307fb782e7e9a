"""Numbers that authorities of Switzerland give to people and companies.

Catches: Swiss social security (AHV) and company numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ch import ssn, uid

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, VAT, identifier


def _is_uid(text: str) -> bool:
    return uid.is_valid("CHE" + digits_of(text))


SWITZERLAND = Guardrail(
    id="switzerland",
    family="pii",
    summary="Swiss social security (AHV) and company numbers",
    rules=(
        identifier(
            "ch-ahv",
            r"756(?P<by>[. ]?)[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{2}",
            check=ssn.is_valid,
            words=f"ahv, avs, sozialversicherung, assurance sociale, {PERSON}",
            confidence=0.95,
            bare=0.7,
        ),
        identifier(
            "ch-uid",
            r"(?i:CHE)(?:[ .-]?[0-9]){9}(?: ?(?i:MWST|TVA|IVA|TPV))?",
            check=_is_uid,
            words=f"uid, ide, mwst, tva, {COMPANY}, {VAT}",
            confidence=0.95,
            bare=0.8,
        ),
    ),
    catches=(
        "AHV = «7564755338267»",
        "UID = «CHE358410919 TPV»",
        "（AHV）«756 5466 6497 03»。",
        "UID: «CHE327642687 TVA».",
    ),
    ignores=(
        "UID CHE301867290 TPV",
        "AHV 7568485883675",
        "part CHE970576072 TVA is in stock",
        "release 7561211074448 is out",
        "see CHE217924103TPV in the list",
    ),
)
