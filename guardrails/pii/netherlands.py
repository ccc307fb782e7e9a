"""Numbers that authorities of the Netherlands give to people and companies.

Catches: Dutch citizen service, identity document and VAT numbers. Misses: driving licences. Cost:
holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.nl import bsn, btw

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PERSON, TAX, VAT, identifier, loose

NETHERLANDS = Guardrail(
    id="netherlands",
    family="pii",
    summary="Dutch citizen service, identity document and VAT numbers",
    rules=(
        identifier(
            "nl-bsn",
            r"[0-9]{4}(?P<by>[ .-]?)[0-9]{2}(?P=by)[0-9]{3}|[0-9]{4}[0-9]{4}",
            check=bsn.is_valid,
            words=(
                "bsn, burgerservicenummer, sofinummer, sofi-nummer, citizen service, "
                f"{PERSON}, {TAX}"
            ),
        ),
        identifier(
            "nl-vat",
            rf"(?:(?i:NL) ?)?[0-9]{loose(6, 8)}\.?[Bb]\.?[0-9]{{2}}",
            check=btw.is_valid,
            words=f"btw, omzetbelasting, {VAT}",
            bare=0.7,
        ),
        identifier(
            "nl-identity-document",
            r"[A-NP-Za-np-z]{2}[0-9A-NP-Za-np-z]{6}[0-9]",
            words="paspoort, identiteitskaart, id-kaart, documentnummer",
            bare=0.02,
        ),
    ),
    catches=(
        "BSN = «30813256»",
        "BTW = «4974931.B.78»",
        "（paspoort）«TTKM295J5»。",
        "BSN: «6255-65-034».",
    ),
    ignores=(
        "BSN 6707 24 553",
        "BTW NL 26255970.B.17",
        "part AQPFQ6EX8 is in stock",
        "release JAPY3Z9Z1 is out",
        "see WR583CU54 in the list",
    ),
)
