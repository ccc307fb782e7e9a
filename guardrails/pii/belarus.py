"""Numbers that authorities of Belarus give to people and companies.

Catches: Belarusian taxpayer numbers. Misses: passports. Cost: holds the current number, and the 32
characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.by import unp

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

BELARUS = Guardrail(
    id="belarus",
    family="pii",
    summary="Belarusian taxpayer numbers",
    rules=(
        identifier(
            "by-unp",
            r"[1-7][0-9]{3}[0-9]{4}[0-9]|[ABCEHKMabcehkm][ABCEHKMOPTabcehkmopt][0-9]{4}[0-9]{3}",
            check=unp.is_valid,
            words=f"унп, unp, {TAX}",
        ),
    ),
    catches=(
        "унп: «254514877».",
        "her унп is «HA9349536», as she told us",
        "（унп）«484209399»。",
        "(унп «620573834», see the letter)",
    ),
    ignores=(
        "унп 237578437",
        "part 159581602 is in stock",
        "release 617284808 is out",
        "see 643671948 in the list",
        "унп 7KP280928117",
    ),
)
