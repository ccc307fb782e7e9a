"""Numbers that authorities of Pakistan give to people and companies.

Catches: Pakistani identity card numbers. Misses: passports. Cost: holds the current number, and the
32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.pk import cnic

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, identifier

PAKISTAN = Guardrail(
    id="pakistan",
    family="pii",
    summary="Pakistani identity card numbers",
    rules=(
        identifier(
            "pk-cnic",
            r"[1-7][0-9]{4}-[0-9]{4}[0-9]{3}-[1-9]",
            check=cnic.is_valid,
            words=f"cnic, nicop, nadra, شناختی کارڈ, {PERSON}",
            confidence=0.9,
            bare=0.5,
        ),
        identifier(
            "pk-cnic-unbroken",
            r"[1-7][0-9]{3}[0-9]{4}[0-9]{4}[1-9]",
            kind="PK_CNIC",
            check=cnic.is_valid,
            words="cnic, nicop, nadra, شناختی کارڈ",
            confidence=0.7,
            bare=0.05,
        ),
    ),
    catches=(
        "her CNIC is «17201-6434737-7», as she told us",
        "under CNIC «6194722935717» you find all of it",
        "（CNIC）«78595-1611079-1»。",
        "CNIC = «3321119213791»",
    ),
    ignores=(
        "CNIC 2395430200380",
        "part 11096-0357792-3 is in stock",
        "release 67031-7407581-6 is out",
        "see 42378-8156554-8 in the list",
        "CNIC 7423985010938394",
    ),
)
