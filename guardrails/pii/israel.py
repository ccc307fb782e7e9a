"""Numbers that authorities of Israel give to people and companies.

Catches: Israeli identity and company numbers. Misses: passports. Cost: holds the current number,
and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.il import hp, idnr

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, identifier

ISRAEL = Guardrail(
    id="israel",
    family="pii",
    summary="Israeli identity and company numbers",
    rules=(
        identifier(
            "il-id-number",
            r"[0-9]{4}[0-9]{4}[0-9]|[0-9]{4}[0-9]{1,4}-[0-9]",
            check=idnr.is_valid,
            words=f'teudat zehut, תעודת זהות, ת.ז, ת״ז, ת"ז, מספר זהות, {PERSON}',
        ),
        identifier(
            "il-company-number",
            r"5[0-9]{3}[0-9]{4}[0-9]",
            check=hp.is_valid,
            words=f'ח.פ, ח״פ, ח"פ, חברה, {COMPANY}',
        ),
    ),
    catches=(
        "is «802877-1» the right teudat zehut?",
        "ח.פ: «550244107».",
        "（teudat zehut）«94946-1»。",
        "under ח.פ «520833278» you find all of it",
    ),
    ignores=(
        "ח.פ 532099177",
        "teudat zehut 097848-7",
        "part 587852237 is in stock",
        "release 500647235 is out",
        "see 97451-9 in the list",
    ),
)
