"""Numbers that authorities of Cyprus give to people and companies.

Catches: Cypriot tax and VAT numbers. Misses: identity cards. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cy import vat

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, identifier, loose

CYPRUS = Guardrail(
    id="cyprus",
    family="pii",
    summary="Cypriot tax and VAT numbers",
    rules=(
        identifier(
            "cy-vat",
            rf"(?i:CY){loose(8)} ?[A-Za-z]|[0-9]{{4}}[0-9]{{4}}[A-Za-z]",
            check=vat.is_valid,
            words=f"φπα, αφτ, {TAX}, {VAT}",
            bare=0.4,
        ),
    ),
    catches=(
        "is «CY08142899 E» the right φπα?",
        "φπα: «CY86775253 C».",
        "（φπα）«08602460W»。",
        "under φπα «CY86720026E» you find all of it",
    ),
    ignores=(
        "φπα 37592230G",
        "part CY96073090 L is in stock",
        "release 91520231W is out",
        "see CY40758049Q in the list",
        "φπα 771774130H60",
    ),
)
