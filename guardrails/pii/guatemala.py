"""Numbers that authorities of Guatemala give to people and companies.

Catches: Guatemalan taxpayer numbers. Misses: identity cards. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.gt import nit

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

GUATEMALA = Guardrail(
    id="guatemala",
    family="pii",
    summary="Guatemalan taxpayer numbers",
    rules=(
        identifier(
            "gt-nit",
            r"[1-9][0-9]{3}[0-9]{0,6}-?[0-9Kk]",
            check=nit.is_valid,
            words=f"nit, tributaria, {TAX}",
        ),
    ),
    catches=(
        "under NIT «9537969K» you find all of it",
        "(NIT «505118-5», see the letter)",
        "（NIT）«177583258»。",
        "NIT = «8982774-0»",
    ),
    ignores=(
        "NIT 964427",
        "part 60950412 is in stock",
        "release 1004946103-6 is out",
        "see 46527257 in the list",
        "NIT 735653-068",
    ),
)
