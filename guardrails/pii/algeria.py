"""Numbers that authorities of Algeria give to people and companies.

Catches: Algerian tax numbers. Misses: identity cards. Cost: holds the current number, and the 32
characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import identifier

ALGERIA = Guardrail(
    id="algeria",
    family="pii",
    summary="Algerian tax numbers",
    rules=(
        identifier(
            "dz-nif",
            r"[0-9]{3} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}(?: ?[0-9]{4}[0-9])?",
            words="nif, identification fiscale, الجبائي",
            bare=0.05,
        ),
    ),
    catches=(
        "NIF: «785558554384224».",
        "her NIF is «812 416 173 630 829», as she told us",
        "（NIF）«705 052 846 456 070»。",
        "(NIF «91666216599364134224», see the letter)",
    ),
    ignores=(
        "part 336 158 402 417 796 is in stock",
        "release 84068351460534384843 is out",
        "see 251038544678162 in the list",
        "NIF 7324 772 753 203 36259",
        "NIF 0.445 967 178 936 145 73016",
    ),
)
