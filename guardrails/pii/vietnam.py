"""Numbers that authorities of Vietnam give to people and companies.

Catches: Vietnamese tax numbers. Misses: identity cards, which have no check digit. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.vn import mst

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

VIETNAM = Guardrail(
    id="vietnam",
    family="pii",
    summary="Vietnamese tax numbers",
    rules=(
        identifier(
            "vn-mst",
            r"[0-9]{4}[0-9]{4}[0-9]{2}(?:-?[0-9]{3})?",
            check=mst.is_valid,
            words=f"mã số thuế, mst, {TAX}",
        ),
    ),
    catches=(
        "mã số thuế: «6867579239-864».",
        "her mã số thuế is «7066265024-986», as she told us",
        "（mã số thuế）«3024945630084»。",
        "(mã số thuế «4849882944», see the letter)",
    ),
    ignores=(
        "mã số thuế 1303906929",
        "part 1634959912 is in stock",
        "release 1993125268511 is out",
        "see 8083148146 in the list",
        "mã số thuế 7937365960288766",
    ),
)
