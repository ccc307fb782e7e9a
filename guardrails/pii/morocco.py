"""Numbers that authorities of Morocco give to people and companies.

Catches: Moroccan company numbers and identity cards. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ma import ice

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, TAX, identifier

MOROCCO = Guardrail(
    id="morocco",
    family="pii",
    summary="Moroccan company numbers and identity cards",
    rules=(
        identifier(
            "ma-ice",
            r"[0-9]{4}[0-9]{4}[0-9]{4}[0-9]{3}",
            check=ice.is_valid,
            words=f"ice, identifiant commun, {COMPANY}, {TAX}",
            bare=0.4,
        ),
        identifier(
            "ma-cnie",
            r"[A-Za-z]{1,2}[0-9]{3}[0-9]{2,3}",
            words="cnie, cin, carte nationale, بطاقة التعريف",
            bare=0.02,
        ),
    ),
    catches=(
        "ICE: «532094556673089».",
        "her CNIE is «Y84304», as she told us",
        "（ICE）«018965073001470»。",
        "(CNIE «K21413», see the letter)",
    ),
    ignores=(
        "ICE 551629812326908",
        "part V25297 is in stock",
        "release U83830 is out",
        "see 330922575458681 in the list",
        "ICE 707782375634235241",
    ),
)
