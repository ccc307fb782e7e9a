"""Numbers that authorities of Azerbaijan give to people and companies.

Catches: Azerbaijani taxpayer numbers. Misses: identity cards. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.az import voen

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, identifier

AZERBAIJAN = Guardrail(
    id="azerbaijan",
    family="pii",
    summary="Azerbaijani taxpayer numbers",
    rules=(
        identifier(
            "az-voen",
            r"[0-9]{2,3} ?[0-9]{3} ?[0-9]{3}[12]",
            check=voen.is_valid,
            words=f"vöen, voen, {TAX}, {VAT}",
        ),
    ),
    catches=(
        "(vöen «250902602», see the letter)",
        "they gave me «20 973 8792» as my vöen",
        "（vöen）«701605341»。",
        "is «18 354 0952» the right vöen?",
    ),
    ignores=(
        "vöen 442729632",
        "part 152 031 1402 is in stock",
        "release 86 207 3132 is out",
        "see 94 416 8621 in the list",
        "vöen 731139448290",
    ),
)
