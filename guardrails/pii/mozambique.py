"""Numbers that authorities of Mozambique give to people and companies.

Catches: Mozambican taxpayer numbers. Misses: identity cards. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.mz import nuit

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, grouped, identifier

MOZAMBIQUE = Guardrail(
    id="mozambique",
    family="pii",
    summary="Mozambican taxpayer numbers",
    rules=(
        identifier(
            "mz-nuit",
            grouped(3, 3, 3, by=" "),
            check=nuit.is_valid,
            words=f"nuit, contribuinte, {TAX}",
        ),
    ),
    catches=(
        "(NUIT «648 395 000», see the letter)",
        "NUIT = «747 136 505»",
        "（NUIT）«755369756»。",
        "is «022 822 020» the right NUIT?",
    ),
    ignores=(
        "NUIT 645130533",
        "part 696 773 777 is in stock",
        "release 707 616 970 is out",
        "see 078573449 in the list",
        "NUIT 7330 283 21180",
    ),
)
