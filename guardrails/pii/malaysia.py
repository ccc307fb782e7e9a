"""Numbers that authorities of Malaysia give to people and companies.

Catches: Malaysian identity card numbers. Misses: passports. Cost: holds the current number, and the
32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import starts_with_date
from guardrails.pii.identifier import DAY, MONTH, PERSON, identifier

MALAYSIA = Guardrail(
    id="malaysia",
    family="pii",
    summary="Malaysian identity card numbers",
    rules=(
        identifier(
            "my-nric",
            rf"[0-9]{{2}}{MONTH}{DAY}(?P<by>[ -]?)(?!00)[0-9]{{2}}(?P=by)[0-9]{{4}}",
            check=starts_with_date,
            words=f"mykad, nric, kad pengenalan, {PERSON}",
            confidence=0.7,
            bare=0.2,
        ),
    ),
    catches=(
        "her mykad is «550306090956», as she told us",
        "under mykad «180327-15-5415» you find all of it",
        "（mykad）«940813955761»。",
        "they gave me «460803078589» as my mykad",
    ),
    ignores=(
        "mykad 220006690182",
        "part 600531100837 is in stock",
        "release 710119-09-7118 is out",
        "see 110219 05 9999 in the list",
        "mykad 739020982658745",
    ),
)
