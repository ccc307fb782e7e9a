"""Numbers that authorities of Ghana give to people and companies.

Catches: Ghanaian taxpayer numbers and identity cards. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.gh import tin

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, TAX, identifier

GHANA = Guardrail(
    id="ghana",
    family="pii",
    summary="Ghanaian taxpayer numbers and identity cards",
    rules=(
        identifier(
            "gh-tin",
            r"[CGPQVcgpqv]00[0-9]{3}[0-9]{4}[0-9Xx]",
            check=tin.is_valid,
            words=f"gra, {TAX}",
            bare=0.45,
        ),
        identifier(
            "gh-ghana-card",
            r"(?i:GHA)-[0-9]{4}[0-9]{4}[0-9]-[0-9]",
            words=f"ghana card, ecowas, {PERSON}",
            confidence=0.9,
            bare=0.8,
        ),
    ),
    catches=(
        "GRA = «C0032231172»",
        "is «GHA-370514137-5» the right ghana card?",
        "（GRA）«Q0011019379»。",
        "her ghana card is «GHA-314653913-3», as she told us",
    ),
    ignores=(
        "GRA G0070328833",
        "part C0071885382 is in stock",
        "release GHA-597696890-2 is out",
        "see GHA-380174546-3 in the list",
        "ghana card 7GHA-738460051-213",
    ),
)
