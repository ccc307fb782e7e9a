"""Numbers that authorities of Senegal give to people and companies.

Catches: Senegalese company numbers. Misses: identity cards. Cost: holds the current number, and the
32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.sn import ninea

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, identifier

SENEGAL = Guardrail(
    id="senegal",
    family="pii",
    summary="Senegalese company numbers",
    rules=(
        identifier(
            "sn-ninea",
            r"[0-9]{3} ?[0-9]{4}(?:[0-9]{2})?(?: ?[0-2][A-HJ-NP-WZa-hj-np-wz][0-9])?",
            check=ninea.is_valid,
            words=f"ninea, {COMPANY}",
        ),
    ),
    catches=(
        "ninea: «692699782».",
        "her ninea is «4026101», as she told us",
        "（ninea）«204 5591»。",
        "(ninea «973 172952», see the letter)",
    ),
    ignores=(
        "ninea 545 775066",
        "part 835 313032 is in stock",
        "release 795 270520 is out",
        "see 7309267321U1 in the list",
        "ninea 7301 745855",
    ),
)
