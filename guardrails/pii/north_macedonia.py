"""Numbers that authorities of North Macedonia give to people and companies.

Catches: Macedonian tax numbers. Misses: personal numbers, which `serbia` finds. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.mk import edb

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, digits, identifier

NORTH_MACEDONIA = Guardrail(
    id="north-macedonia",
    family="pii",
    summary="Macedonian tax numbers",
    rules=(
        identifier(
            "mk-edb",
            rf"(?:(?i:MK)|МК)?{digits(13)}",
            check=edb.is_valid,
            words=f"едб, edb, даночен, {TAX}, {VAT}",
        ),
    ),
    catches=(
        "her едб is «MK9934682280234», as she told us",
        "under едб «7335422013803» you find all of it",
        "（едб）«МК9080133988803»。",
        "they gave me «MK9041365686697» as my едб",
    ),
    ignores=(
        "едб 0379039636253",
        "part 7844484411017 is in stock",
        "release 7373703661889 is out",
        "see MK7398956234521 in the list",
        "едб 7113015743835724",
    ),
)
