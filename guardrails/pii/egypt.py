"""Numbers that authorities of Egypt give to people and companies.

Catches: Egyptian national identity and tax numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, identifier

EGYPT = Guardrail(
    id="egypt",
    family="pii",
    summary="Egyptian national identity and tax numbers",
    rules=(
        # Governorates as the civil registry numbers them: 01 to 35, and 88 for who is born abroad.
        identifier(
            "eg-national-id",
            rf"[23][0-9]{{2}}{MONTH}{DAY}(?:0[1-4]|1[1-9]|2[1-9]|3[1-5]|88)[0-9]{{4}}[0-9]",
            words=f"الرقم القومي, رقم قومي, بطاقة, {PERSON}",
            confidence=0.75,
            bare=0.4,
        ),
        identifier(
            "eg-tax-number",
            r"[0-9]{3}-[0-9]{3}-[0-9]{3}",
            words="الرقم الضريبي, ضريب, egyptian tax",
        ),
    ),
    catches=(
        "الرقم القومي = «31909252180624»",
        "is «249-673-559» the right الرقم الضريبي?",
        "（الرقم القومي）«20805091413918»。",
        "her الرقم الضريبي is «036-078-156», as she told us",
    ),
    ignores=(
        "الرقم القومي 32611468820729",
        "part 995-999-020 is in stock",
        "release 21005182606628 is out",
        "see 33912278817049 in the list",
        "الرقم الضريبي 7700-467-40547",
    ),
)
