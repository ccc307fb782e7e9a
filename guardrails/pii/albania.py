"""Numbers that authorities of Albania give to people and companies.

Catches: Albanian tax numbers. Misses: numbers of citizens, which look the same and have no check
digit that is published. Cost: holds the current number, and the 32 characters behind one that needs
a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, identifier

ALBANIA = Guardrail(
    id="albania",
    family="pii",
    summary="Albanian tax numbers",
    rules=(
        identifier(
            "al-nipt",
            r"(?:(?i:AL) ?)?[A-Ma-m] ?[0-9]{4}[0-9]{4} ?[A-Wa-w]",
            words=f"nipt, nuis, {TAX}, {VAT}",
            bare=0.3,
        ),
    ),
    catches=(
        "NIPT: «C 79210430 D».",
        "her NIPT is «ALC75379602W», as she told us",
        "（NIPT）«ALK60180687U»。",
        "(NIPT «AL M 64945483 J», see the letter)",
    ),
    ignores=(
        "part AL K 02135326 V is in stock",
        "release K 43744872 O is out",
        "see H 04500318 C in the list",
        "NIPT 7F 49015353 M52",
        "NIPT 0.ALL72564265B",
    ),
)
