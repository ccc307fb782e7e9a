"""Numbers that authorities of Bulgaria give to people and companies.

Catches: Bulgarian citizens', foreigners' and company numbers. Misses: identity cards. Cost: holds
the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.bg import egn, pnf, vat

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, PERSON, VAT, identifier, loose

BULGARIA = Guardrail(
    id="bulgaria",
    family="pii",
    summary="Bulgarian citizens', foreigners' and company numbers",
    rules=(
        identifier(
            "bg-egn",
            rf"[0-9]{{2}}(?:[024][1-9]|[135][0-2]){DAY} ?[0-9]{{3}} ?[0-9]",
            check=egn.is_valid,
            words=f"егн, egn, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "bg-pnf",
            r"[0-9]{4} ?[0-9]{3} ?[0-9]{3}",
            check=pnf.is_valid,
            words="лнч, lnch, personal number of a foreigner, чужденец",
        ),
        identifier(
            "bg-vat",
            rf"(?i:BG){loose(9, 10)}|[0-9]{{3}} ?[0-9]{{3}} ?[0-9]{{3,4}}",
            check=vat.is_valid,
            words=f"еик, булстат, eik, bulstat, ддс, {COMPANY}, {VAT}",
        ),
    ),
    catches=(
        "her егн is «3945076990», as she told us",
        "under лнч «3135 856 966» you find all of it",
        "（еик）«BG0505423977»。",
        "they gave me «751115 515 5» as my егн",
    ),
    ignores=(
        "еик 390 956 871",
        "лнч 7240202750",
        "егн 684512 596 4",
        "part 5109228203 is in stock",
        "release 6152260728 is out",
    ),
)
