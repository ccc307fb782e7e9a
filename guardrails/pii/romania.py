"""Numbers that authorities of Romania give to people and companies.

Catches: Romanian personal, tax and company register numbers. Misses: identity cards. Cost: holds
the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ro import cnp, cui

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, TAX, VAT, identifier, loose

# Form, county, number and year; some write the day.
_OLD_REGISTER = (
    r"[CFJcfj][ /]?[0-9]{1,2}[ /-]{1,3}[0-9]{1,5}[ /-]{1,3}"
    r"(?:[0-9]{2}\.[0-9]{2}\.)?(?:199[0-9]|20[0-2][0-9])"
)


def _is_registered(text: str) -> bool:
    """The form's letter counts as its ASCII code does in its last digit."""
    counted = str(ord(text[0].upper()) % 10) + text[1:-1]
    return sum(map(int, counted)) % 10 == int(text[-1])


ROMANIA = Guardrail(
    id="romania",
    family="pii",
    summary="Romanian personal, tax and company register numbers",
    rules=(
        identifier(
            "ro-cnp",
            rf"[1-9][0-9]{{2}}{MONTH}{DAY}[0-9]{{4}}[0-9]{{2}}",
            check=cnp.is_valid,
            words=f"cnp, cod numeric personal, {PERSON}",
            bare=0.45,
        ),
        identifier(
            "ro-cui",
            rf"(?i:RO){loose(2, 10)}|[1-9][0-9]{{3}}[0-9]{{2,6}}",
            check=cui.is_valid,
            words=f"cui, cif, cod fiscal, cod unic, {TAX}, {VAT}",
        ),
        identifier(
            "ro-company-register",
            _OLD_REGISTER,
            words=f"registrul comerțului, reg. com, nr. reg, onrc, {COMPANY}",
            bare=0.3,
        ),
        # Ordinul 2.026 of 2024: form, year, number, county or 00, and a check digit.
        identifier(
            "ro-company-register-new",
            r"[CFJcfj](?:199|20[0-9])[0-9][0-9]{4}[0-9]{4}[0-9]",
            kind="RO_COMPANY_REGISTER",
            check=_is_registered,
            words=f"registrul comerțului, reg. com, nr. reg, onrc, {COMPANY}",
            bare=0.5,
        ),
    ),
    catches=(
        "CNP: «2610417153831».",
        "her CUI is «RO16237551», as she told us",
        "（registrul comerțului）«J/62/3182 68.81.1996»。",
        "(registrul comerțului «J1996939232232», see the letter)",
    ),
    ignores=(
        "CNP 7380426414736",
        "registrul comerțului F2010858106313",
        "CUI RO2742",
        "part J61 56/94.26.1996 is in stock",
        "release C1995207742272 is out",
    ),
)
