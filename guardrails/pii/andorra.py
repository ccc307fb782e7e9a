"""Numbers that authorities of Andorra give to people and companies.

Catches: Andorran tax register numbers. Misses: passports. Cost: holds the current number, and the
32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ad import nrt

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

ANDORRA = Guardrail(
    id="andorra",
    family="pii",
    summary="Andorran tax register numbers",
    rules=(
        identifier(
            "ad-nrt",
            r"[ACDEFGLOPUacdefglopu][ .-]{0,3}[0-9]{3}[ .]?[0-9]{3}[ .-]{0,3}[A-Za-z]",
            check=nrt.is_valid,
            words=f"nrt, registre tributari, {TAX}",
            bare=0.2,
        ),
    ),
    catches=(
        "NRT: «D064245P».",
        "her NRT is «P.984 231-C», as she told us",
        "（NRT）«D019533Y»。",
        "(NRT «G678217I», see the letter)",
    ),
    ignores=(
        "NRT A226698O",
        "part D641216Z is in stock",
        "release G786038O is out",
        "see E908606D in the list",
        "NRT 7O277149R97",
    ),
)
