"""Numbers that authorities of Taiwan give to people and companies.

Catches: Taiwanese identity, residence and business numbers. Misses: passports. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.tw import ubn

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import weigh
from guardrails.pii.identifier import COMPANY, PERSON, digits, identifier

# What each first letter counts, in the order places were numbered.
_PLACES = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def _is_person(text: str) -> bool:
    """Ministry of the Interior: the letter as two digits, weights 1, 9 to 1, and 1."""
    place = 10 + _PLACES.index(text[0].upper())
    second = text[1] if text[1].isdigit() else str((10 + _PLACES.index(text[1].upper())) % 10)
    return weigh(f"{place}{second}{text[2:]}", (1, *range(9, 0, -1), 1)) % 10 == 0


TAIWAN = Guardrail(
    id="taiwan",
    family="pii",
    summary="Taiwanese identity, residence and business numbers",
    rules=(
        identifier(
            "tw-national-id",
            r"[A-Za-z][1289A-Da-d][0-9]{4}[0-9]{4}",
            check=_is_person,
            words=f"身分證, 身份證, 居留證, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "tw-ubn", digits(8), check=ubn.is_valid, words=f"統一編號, 統編, ubn, {COMPANY}"
        ),
    ),
    catches=(
        "is «KD70205911» the right 身分證?",
        "統一編號: «93520316».",
        "（身分證）«PD15373179»。",
        "under 統一編號 «91976535» you find all of it",
    ),
    ignores=(
        "身分證 E465707616",
        "統一編號 67089347",
        "part M214297103 is in stock",
        "release 54382498 is out",
        "see LC02237114 in the list",
    ),
)
