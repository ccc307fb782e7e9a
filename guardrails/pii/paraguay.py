"""Numbers that authorities of Paraguay give to people and companies.

Catches: Paraguayan taxpayer numbers. Misses: identity cards, which have no check digit. Cost: holds
the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.py import ruc

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

PARAGUAY = Guardrail(
    id="paraguay",
    family="pii",
    summary="Paraguayan taxpayer numbers",
    rules=(
        identifier(
            "py-ruc",
            r"[1-9][0-9]{3}[0-9]{0,4}-[0-9]|[1-9][0-9]{3}[0-9]{3,5}",
            check=ruc.is_valid,
            words=f"ruc, contribuyente, {TAX}",
        ),
    ),
    catches=(
        "her RUC is «2116707», as she told us",
        "under RUC «575913983» you find all of it",
        "（RUC）«75972-4»。",
        "RUC = «6849903-5»",
    ),
    ignores=(
        "RUC 60054622-1",
        "part 92092-4 is in stock",
        "release 1529-6 is out",
        "see 60770-3 in the list",
        "RUC 724590968-091",
    ),
)
