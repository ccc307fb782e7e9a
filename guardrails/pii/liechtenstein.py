"""Numbers that authorities of Liechtenstein give to people and companies.

Catches: Liechtenstein personal numbers. Misses: numbers of four digits, which years are too. Cost:
holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import identifier

LIECHTENSTEIN = Guardrail(
    id="liechtenstein",
    family="pii",
    summary="Liechtenstein personal numbers",
    rules=(
        identifier(
            "li-peid",
            r"(?:0{0,7}[1-9][0-9]{4}[0-9]{0,2}|[1-9][0-9]?\.[0-9]{3}\.[0-9]{3})",
            words="peid, personenidentifikation, pid-nummer",
            confidence=0.55,
            bare=0.01,
        ),
    ),
    catches=(
        "is «12.946.551» the right PEID?",
        "PEID: «000000395732».",
        "（PEID）«00000039029»。",
        "under PEID «0000000546060» you find all of it",
    ),
    ignores=(
        "PEID 030000753610",
        "part 9.905.112 is in stock",
        "release 8044491 is out",
        "see 75.909.853 in the list",
        "PEID 75.384.48016",
    ),
)
