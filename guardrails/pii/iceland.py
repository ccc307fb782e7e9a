"""Numbers that authorities of Iceland give to people and companies.

Catches: Icelandic identity and VAT numbers. Misses: VAT numbers without the letters VSK. Cost:
holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.is_ import kennitala

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, identifier

ICELAND = Guardrail(
    id="iceland",
    family="pii",
    summary="Icelandic identity and VAT numbers",
    rules=(
        identifier(
            "is-kennitala",
            rf"(?:{DAY}|[4-6][0-9]|7[01]){MONTH}[0-9]{{2}}-?[0-9]{{3}}[089]",
            check=kennitala.is_valid,
            words=f"kennitala, kt., {PERSON}, {COMPANY}",
            bare=0.4,
        ),
    ),
    catches=(
        "kennitala: «050794-6529».",
        "her kennitala is «1502844570», as she told us",
        "（kennitala）«700458-6360»。",
        "(kennitala «6303533860», see the letter)",
    ),
    ignores=(
        "kennitala 0452658099",
        "part 020622-6440 is in stock",
        "release 530397-8079 is out",
        "see 070692-1630 in the list",
        "kennitala 7021171-034032",
    ),
)
