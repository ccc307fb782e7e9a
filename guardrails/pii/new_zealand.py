"""Numbers that authorities of New Zealand give to people and companies.

Catches: New Zealand tax, health and bank account numbers. Misses: driving licences, health numbers
since 2022. Cost: holds the current number, and the 32 characters behind one that needs a word
beside it.
"""

from __future__ import annotations

from stdnum.nz import ird

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _is_patient(text: str) -> bool:
    """HISO 10046: letters without I and O count 1 to 24; weights 7 to 2, modulo 11."""
    values = [_LETTERS.index(c) + 1 if c.isalpha() else int(c) for c in text]
    total = sum(value * weight for value, weight in zip(values, range(7, 1, -1), strict=False))
    return total % 11 != 0 and (11 - total % 11) % 10 == values[-1]


NEW_ZEALAND = Guardrail(
    id="new-zealand",
    family="pii",
    summary="New Zealand tax, health and bank account numbers",
    rules=(
        identifier(
            "nz-ird",
            r"[0-9]{2,3}(?P<by>[ -]?)[0-9]{3}(?P=by)[0-9]{3}|[0-9]{4}[0-9]{3,4}-[0-9]",
            check=ird.is_valid,
            words=f"ird, inland revenue, {TAX}",
        ),
        identifier(
            "nz-nhi",
            r"[A-HJ-NP-Z]{3}[0-9]{4}",
            check=_is_patient,
            words="nhi, national health index, patient",
            bare=0.2,
        ),
    ),
    catches=(
        "IRD = «6216739-4»",
        "NHI = «JAK0002»",
        "（IRD）«6655513-5»。",
        "NHI: «DNC3484».",
    ),
    ignores=(
        "NHI XGC4860",
        "IRD 1980086-3",
        "part KUC5117 is in stock",
        "release PCB6977 is out",
        "see HZZ6563 in the list",
    ),
)
