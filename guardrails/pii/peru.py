"""Numbers that authorities of Peru give to people and companies.

Catches: Peruvian taxpayer and identity numbers. Misses: passports. Cost: holds the current number,
and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.pe import cui, ruc

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, TAX, identifier

PERU = Guardrail(
    id="peru",
    family="pii",
    summary="Peruvian taxpayer and identity numbers",
    rules=(
        identifier(
            "pe-ruc",
            r"(?:10|1[5-7]|20)[0-9]{2}[0-9]{4}[0-9]{3}",
            check=ruc.is_valid,
            words=f"ruc, sunat, {TAX}, {COMPANY}",
            bare=0.3,
        ),
        identifier(
            "pe-dni",
            r"[0-9]{4}[0-9]{4}(?:(?: ?- ?)?[0-9A-Ka-k])?",
            check=cui.is_valid,
            words="dni, cui, documento nacional",
            bare=0.05,
        ),
    ),
    catches=(
        "RUC = «10035593425»",
        "DNI = «97229409»",
        "（RUC）«10066610379»。",
        "DNI: «94983478-1».",
    ),
    ignores=(
        "RUC 10968693619",
        "part 12266022 is in stock",
        "release 20382555555 is out",
        "see 64043017 in the list",
        "RUC 71790357682142",
    ),
)
