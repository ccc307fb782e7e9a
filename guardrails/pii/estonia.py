"""Numbers that authorities of Estonia give to people and companies.

Catches: Estonian personal, VAT and company numbers. Misses: identity cards. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ee import ik, kmkr, registrikood

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, VAT, identifier, loose

ESTONIA = Guardrail(
    id="estonia",
    family="pii",
    summary="Estonian personal, VAT and company numbers",
    rules=(
        identifier(
            "ee-isikukood",
            rf"[1-8][0-9]{{2}}{MONTH}{DAY}[0-9]{{4}}",
            check=ik.is_valid,
            words=f"isikukood, isikukoodi, {PERSON}",
            bare=0.4,
        ),
        identifier(
            "ee-vat",
            rf"(?i:EE){loose(9)}",
            check=kmkr.is_valid,
            words=f"kmkr, käibemaks, {VAT}",
            bare=0.5,
        ),
        identifier(
            "ee-registrikood",
            r"[1789][0-9]{3}[0-9]{4}",
            check=registrikood.is_valid,
            words=f"registrikood, reg. kood, {COMPANY}",
        ),
    ),
    catches=(
        "isikukood: «72111297806».",
        "her KMKR is «EE387553461», as she told us",
        "（registrikood）«94190320»。",
        "(isikukood «18611226629», see the letter)",
    ),
    ignores=(
        "KMKR EE722808684",
        "isikukood 38609027530",
        "registrikood 74712042",
        "part EE165305912 is in stock",
        "release EE465396553 is out",
    ),
)
