"""Numbers that authorities of Nigeria give to people and companies.

Catches: Nigerian national identification numbers and vehicle registrations. Misses: bank
verification numbers, which have no check digit. Cost: holds the current number, and the 32
characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum import verhoeff

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, PLATE, digits, identifier

NIGERIA = Guardrail(
    id="nigeria",
    family="pii",
    summary="Nigerian national identification numbers and vehicle registrations",
    rules=(
        identifier(
            "ng-nin",
            digits(11),
            check=verhoeff.is_valid,
            words=f"nin, nimc, national identification, national identity, {PERSON}",
        ),
        identifier(
            "ng-vehicle-registration",
            r"[A-Za-z]{3}[ -]?[0-9]{3}[A-Za-z]{2}",
            words=f"{PLATE}, car",
            bare=0.3,
        ),
    ),
    catches=(
        "NIN: «62839146556».",
        "her number plate is «BXJ274HV», as she told us",
        "（NIN）«00542272364»。",
        "(number plate «KMQ-190VN», see the letter)",
    ),
    ignores=(
        "NIN 95060118416",
        "part 98996363572 is in stock",
        "release 80119703327 is out",
        "see 12390693109 in the list",
        "number plate 7LHA960DP64",
    ),
)
