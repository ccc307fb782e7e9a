"""Numbers that authorities of Cuba give to people and companies.

Catches: Cuban identity numbers. Misses: passports. Cost: holds the current number, and the 32
characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cu import ni

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, identifier

CUBA = Guardrail(
    id="cuba",
    family="pii",
    summary="Cuban identity numbers",
    rules=(
        identifier(
            "cu-ni",
            rf"[0-9]{{2}}{MONTH}{DAY}[0-9]{{4}}[0-9]",
            check=ni.is_valid,
            words="carné de identidad, carnet de identidad, número de identidad",
            confidence=0.7,
        ),
    ),
    catches=(
        "they gave me «28032925163» as my carné de identidad",
        "carné de identidad = «41100964005»",
        "（carné de identidad）«93082202684»。",
        "carné de identidad: «30100623239».",
    ),
    ignores=(
        "carné de identidad 43074461994",
        "part 86062727420 is in stock",
        "release 30112679142 is out",
        "see 59081814843 in the list",
        "carné de identidad 72603193004830",
    ),
)
