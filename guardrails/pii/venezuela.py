"""Numbers that authorities of Venezuela give to people and companies.

Catches: Venezuelan tax numbers. Misses: identity cards, which have no check digit. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ve import rif

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

VENEZUELA = Guardrail(
    id="venezuela",
    family="pii",
    summary="Venezuelan tax numbers",
    rules=(
        identifier(
            "ve-rif",
            r"[EGJPVegjpv]-?[0-9]{4}[0-9]{4}-?[0-9]",
            check=rif.is_valid,
            words=f"rif, información fiscal, {TAX}",
            bare=0.45,
        ),
    ),
    catches=(
        "under RIF «G716997253» you find all of it",
        "(RIF «P083698549», see the letter)",
        "（RIF）«G-53093878-8»。",
        "RIF = «G266286823»",
    ),
    ignores=(
        "RIF E263384872",
        "part P701087106 is in stock",
        "release V-27255680-2 is out",
        "see P-18243247-0 in the list",
        "RIF 7E-52623236-728",
    ),
)
