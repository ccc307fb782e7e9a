"""Numbers that authorities of Austria give to people and companies.

Catches: Austrian social insurance, tax, VAT and company register numbers. Misses: passports and
identity cards. Cost: holds the current number, and the 32 characters behind one that needs a word
beside it.
"""

from __future__ import annotations

from stdnum.at import uid, vnr

from guardrails.checksums import luhn
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, DAY, MONTH, PERSON, TAX, VAT, identifier, loose

AUSTRIA = Guardrail(
    id="austria",
    family="pii",
    summary="Austrian social insurance, tax, VAT and company register numbers",
    rules=(
        identifier(
            "at-social-insurance",
            rf"[1-9][0-9]{{3}} ?{DAY}(?:{MONTH}|1[3-5])[0-9]{{2}}",
            check=vnr.is_valid,
            words=f"svnr, sv-nummer, sozialversicherung, versicherungsnummer, {PERSON}",
            bare=0.4,
        ),
        # Bundesministerium für Finanzen: the office's two digits, six, and Luhn's digit.
        identifier(
            "at-tax-number",
            r"[0-9]{2}[ -]?[0-9]{3}/?[0-9]{3}[0-9]",
            check=luhn,
            words=f"steuernummer, abgabenkontonummer, finanzamt, {TAX}",
        ),
        identifier(
            "at-vat",
            rf"(?i:AT ?U){loose(8)}",
            check=uid.is_valid,
            words=f"uid, ust-id, {VAT}",
            bare=0.7,
        ),
        identifier(
            "at-vat-national",
            r"[Uu][0-9]{4}[0-9]{4}",
            kind="AT_VAT",
            check=uid.is_valid,
            words=f"uid, ust-id, {VAT}",
            bare=0.3,
        ),
        identifier(
            "at-company-register",
            r"(?i:FN) ?[0-9]{5,6} ?[A-Za-z]|[0-9]{4}[0-9]{1,2}[A-Za-z]",
            words=f"firmenbuch, {COMPANY}",
            bare=0.4,
        ),
    ),
    catches=(
        "SVNR: «4984 141110».",
        "her Steuernummer is «137553962», as she told us",
        "（UID）«AT U92977538»。",
        "UID-Nr. «U92977538», Wien",
        "(firmenbuch «08680D», see the letter)",
    ),
    ignores=(
        "SVNR 1613 041246",
        "UID ATU75500217",
        "Steuernummer 058935650",
        "part ATU88823257 is in stock",
        "release 93-164/8687 is out",
    ),
)
