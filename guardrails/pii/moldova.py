"""Numbers that authorities of Moldova give to people and companies.

Catches: Moldovan company numbers and personal codes. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.md import idno

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, identifier

MOLDOVA = Guardrail(
    id="moldova",
    family="pii",
    summary="Moldovan company numbers and personal codes",
    rules=(
        identifier(
            "md-idno",
            r"[012][0-9]{3}[0-9]{4}[0-9]{4}[0-9]",
            check=idno.is_valid,
            words=f"idno, idnp, cod fiscal, {PERSON}, {COMPANY}, {TAX}",
        ),
    ),
    catches=(
        "IDNO: «0585392680394».",
        "her IDNO is «1617255551938», as she told us",
        "（IDNO）«0472147432994»。",
        "(IDNO «0975259653557», see the letter)",
    ),
    ignores=(
        "IDNO 2861633311091",
        "part 1180993379004 is in stock",
        "release 1468989911989 is out",
        "see 0411278315015 in the list",
        "IDNO 7210102910682046",
    ),
)
