"""Numbers that authorities of Kenya give to people and companies.

Catches: Kenyan tax numbers. Misses: identity cards, which are eight bare digits. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, identifier

KENYA = Guardrail(
    id="kenya",
    family="pii",
    summary="Kenyan tax numbers",
    rules=(
        identifier(
            "ke-pin",
            r"[APap][0-9]{4}[0-9]{4}[0-9][A-Za-z]",
            words=f"kra, pin, {TAX}, {VAT}",
            confidence=0.8,
            bare=0.4,
        ),
    ),
    catches=(
        "KRA = «A213310543E»",
        "is «A817296072A» the right KRA?",
        "（KRA）«A111058366U»。",
        "her KRA is «A103432823L», as she told us",
    ),
    ignores=(
        "part A726605975N is in stock",
        "release A183348469X is out",
        "see A027562909D in the list",
        "KRA 7P507900666T19",
        "KRA 0.P847597879E",
    ),
)
