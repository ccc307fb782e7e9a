"""Numbers that authorities of Montenegro give to people and companies.

Catches: Montenegrin tax numbers. Misses: personal numbers, which `serbia` finds. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.me import pib

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, identifier

MONTENEGRO = Guardrail(
    id="montenegro",
    family="pii",
    summary="Montenegrin tax numbers",
    rules=(
        identifier(
            "me-pib", r"0[0-9]{3}[0-9]{4}", check=pib.is_valid, words=f"pib, poreski, {TAX}, {VAT}"
        ),
    ),
    catches=(
        "(PIB «01047051», see the letter)",
        "PIB = «05989949»",
        "（PIB）«00631396»。",
        "is «09545387» the right PIB?",
    ),
    ignores=(
        "PIB 04302048",
        "part 05740274 is in stock",
        "release 01469533 is out",
        "see 06935630 in the list",
        "PIB 70207659467",
    ),
)
