"""Numbers that authorities of Singapore give to people and companies.

Catches: Singaporean identity numbers of residents and foreigners, and of entities. Misses:
passports, which look like identity numbers. Cost: holds the current number, and the 32 characters
behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.sg import uen

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import COMPANY, PERSON, identifier

_NRIC_WORDS = f"nric, fin, ic no, identity card, identification card, {PERSON}"
# What is added for each first letter, and the letters of the remainders.
_NRIC = {
    "S": (0, "JZIHGFEDCBA"),
    "T": (4, "JZIHGFEDCBA"),
    "F": (0, "XWUTRQPNMLK"),
    "G": (4, "XWUTRQPNMLK"),
    "M": (3, "XWUTRQPNJLK"),
}


def _is_nric(text: str) -> bool:
    offset, letters = _NRIC[text[0].upper()]
    remainder = (offset + weigh(text[1:8], (2, 7, 6, 5, 4, 3, 2))) % 11
    return letters[remainder] == text[8].upper()


SINGAPORE = Guardrail(
    id="singapore",
    family="pii",
    summary="Singaporean identity numbers of residents and foreigners, and of entities",
    rules=(
        identifier(
            "sg-nric-fin",
            r"[FGMSTfgmst][0-9]{4}[0-9]{3}[A-Za-z]",
            check=_is_nric,
            words=_NRIC_WORDS,
            confidence=0.9,
            bare=0.6,
        ),
        identifier(
            "sg-nric-fin-unchecked",
            r"[A-Za-z][0-9]{4}[0-9]{3}[A-Za-z]",
            kind="SG_NRIC_FIN",
            words=_NRIC_WORDS,
            confidence=0.4,
            bare=0.3,
        ),
        identifier(
            "sg-uen",
            r"[0-9]{4}[0-9]{4}[0-9]?[A-Za-z]|[RSTrst][0-9]{2}[A-Za-z]{2}[0-9]{4}[A-Za-z]",
            check=uen.is_valid,
            words=f"uen, unique entity, acra, {COMPANY}",
            bare=0.45,
        ),
    ),
    catches=(
        "under NRIC «M6273526T» you find all of it",
        "(UEN «17783001L», see the letter)",
        "（NRIC）«T4849927E»。",
        "UEN = «32285881W»",
    ),
    ignores=(
        "UEN 96485726B",
        "part F8436920U is in stock",
        "release F9612828L is out",
        "see 69571470L in the list",
        "UEN 758677622B72",
    ),
)
