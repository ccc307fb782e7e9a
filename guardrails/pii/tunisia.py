"""Numbers that authorities of Tunisia give to people and companies.

Catches: Tunisian tax numbers. Misses: identity cards, which are eight bare digits. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, VAT, identifier

# Number, key, and for companies code of the VAT, kind and establishment.
_MATRICULE = (
    r"(?:[0-9]{3}[0-9]{0,4}|[0-9]{3,4} [0-9]{3})[ /]{0,3}[A-HJ-NP-TV-Za-hj-np-tv-z]"
    r"(?:[ /.-]{0,3}[ABDNPabdnp][ /.-]{0,3}[CEMNPcemnp][ /.-]{0,3}[0-9]{3})?"
)


TUNISIA = Guardrail(
    id="tunisia",
    family="pii",
    summary="Tunisian tax numbers",
    rules=(
        identifier(
            "tn-mf", _MATRICULE, words=f"matricule fiscal, m.f., mf, {TAX}, {VAT}", bare=0.3
        ),
    ),
    catches=(
        "matricule fiscal: «1921991Q».",
        "her matricule fiscal is «74097/R», as she told us",
        "（matricule fiscal）«93474B»。",
        "(matricule fiscal «76123 S», see the letter)",
    ),
    ignores=(
        "part 460/M is in stock",
        "release 9681 283G is out",
        "see 879 173/E in the list",
        "matricule fiscal 77293 411 T16",
        "matricule fiscal 0.66542 X",
    ),
)
