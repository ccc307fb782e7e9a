"""Numbers that authorities of the Dominican Republic give to people and companies.

Catches: Dominican identity and taxpayer numbers. Misses: passports. Cost: holds the current number,
and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.do import cedula, rnc

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, identifier

DOMINICAN_REPUBLIC = Guardrail(
    id="dominican-republic",
    family="pii",
    summary="Dominican identity and taxpayer numbers",
    rules=(
        identifier(
            "do-cedula",
            r"[0-9]{3}(?P<by>[ -]?)[0-9]{4}[0-9]{3}(?P=by)[0-9]",
            check=cedula.is_valid,
            words=f"cédula, cedula, {PERSON}",
        ),
        identifier(
            "do-rnc",
            r"[1-9](?P<by>[ -]?)[0-9]{2}(?P=by)[0-9]{4}[0-9](?P=by)[0-9]",
            check=rnc.is_valid,
            words=f"rnc, contribuyente, {TAX}, {COMPANY}",
        ),
    ),
    catches=(
        "they gave me «16712940036» as my cédula",
        "RNC = «336282939»",
        "（cédula）«34615895439»。",
        "RNC: «9-66-69231-1».",
    ),
    ignores=(
        "RNC 119527699",
        "cédula 96184024439",
        "part 203 0500272 5 is in stock",
        "release 70752311590 is out",
        "see 6-06-68748-9 in the list",
    ),
)
