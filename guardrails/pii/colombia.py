"""Numbers that authorities of Colombia give to people and companies.

Catches: Colombian tax numbers. Misses: citizens' cards, which have no check digit. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.co import nit

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, TAX, identifier

COLOMBIA = Guardrail(
    id="colombia",
    family="pii",
    summary="Colombian tax numbers",
    rules=(
        identifier(
            "co-nit",
            r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3,4}-?[0-9]|[0-9]{4}[0-9]{3}[0-9]{0,2}-[0-9]",
            check=nit.is_valid,
            words=f"nit, rut, identificación tributaria, {TAX}, {COMPANY}",
        ),
    ),
    catches=(
        "her NIT is «440.626.022-6», as she told us",
        "under NIT «204203419-4» you find all of it",
        "（NIT）«207.724.0895-6»。",
        "NIT = «509.164.7528-1»",
    ),
    ignores=(
        "NIT 230.811.7490-7",
        "part 986.890.952-1 is in stock",
        "release 5766948160 is out",
        "see 48638188-1 in the list",
        "NIT 7949.525.7480-063",
    ),
)
