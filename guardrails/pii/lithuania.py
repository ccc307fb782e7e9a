"""Numbers that authorities of Lithuania give to people and companies.

Catches: Lithuanian personal and VAT numbers. Misses: passports. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.lt import asmens, pvm

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, VAT, digits, identifier, loose

LITHUANIA = Guardrail(
    id="lithuania",
    family="pii",
    summary="Lithuanian personal and VAT numbers",
    rules=(
        identifier(
            "lt-asmens-kodas",
            rf"[1-9][0-9]{{2}}{MONTH}{DAY}[0-9]{{4}}",
            check=asmens.is_valid,
            words=f"asmens kodas, asmens kodo, a.k., {PERSON}",
            bare=0.4,
        ),
        identifier(
            "lt-vat",
            rf"(?i:LT){loose(9, 12)}|{digits(9)}|{digits(12)}",
            check=pvm.is_valid,
            words=f"pvm, {VAT}",
        ),
    ),
    catches=(
        "under asmens kodas «56504273180» you find all of it",
        "(PVM «511870584812», see the letter)",
        "（asmens kodas）«42808283773»。",
        "PVM = «LT002210218»",
    ),
    ignores=(
        "asmens kodas 83103238652",
        "PVM LT985934715",
        "part 24406037411 is in stock",
        "release 497972288417 is out",
        "see 344747811 in the list",
    ),
)
