"""Numbers that authorities of Malta give to people and companies.

Catches: Maltese VAT numbers and identity cards. Misses: passports. Cost: holds the current number,
and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.mt import vat

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import VAT, identifier

MALTA = Guardrail(
    id="malta",
    family="pii",
    summary="Maltese VAT numbers and identity cards",
    rules=(
        identifier(
            "mt-vat", r"(?:(?i:MT) ?)?[1-9][0-9]{3}[- ]?[0-9]{4}", check=vat.is_valid, words=VAT
        ),
        identifier(
            "mt-id-card",
            r"[0-9]{3,4}[0-9]{3}[ABGHLMPZabghlmpz]",
            words="karta tal-identità, maltese id, identity card, id card",
            bare=0.1,
        ),
    ),
    catches=(
        "VAT = «MT 3033-8966»",
        "is «1660956M» the right karta tal-identità?",
        "（VAT）«57769097»。",
        "her karta tal-identità is «6881785M», as she told us",
    ),
    ignores=(
        "VAT MT48767724",
        "part 8274 0410 is in stock",
        "release 87234597 is out",
        "see 4111-1219 in the list",
        "karta tal-identità 70335299L30",
    ),
)
