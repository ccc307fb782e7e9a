"""Numbers that authorities of Mauritius give to people and companies.

Catches: Mauritian national identity numbers. Misses: passports. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.mu import nid

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, identifier

MAURITIUS = Guardrail(
    id="mauritius",
    family="pii",
    summary="Mauritian national identity numbers",
    rules=(
        identifier(
            "mu-nid",
            rf"[A-Za-z]{DAY}{MONTH}[0-9]{{2}}[0-9]{{4}}[0-9]{{2}}[0-9A-Ga-g]",
            check=nid.is_valid,
            words=f"nid, nic, {PERSON}",
            bare=0.7,
        ),
    ),
    catches=(
        "under NID «N130980179880E» you find all of it",
        "(NID «U1508521122978», see the letter)",
        "（NID）«O3008359250954»。",
        "NID = «K1107281609882»",
    ),
    ignores=(
        "NID B220563601543A",
        "part I2209886901770 is in stock",
        "release W120703287045G is out",
        "see B2306838091056 in the list",
        "NID 7Z090310442071999",
    ),
)
