"""Numbers that authorities of El Salvador give to people and companies.

Catches: Salvadoran taxpayer numbers. Misses: identity cards. Cost: holds the current number, and
the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.sv import nit

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import TAX, identifier

EL_SALVADOR = Guardrail(
    id="el-salvador",
    family="pii",
    summary="Salvadoran taxpayer numbers",
    rules=(
        identifier(
            "sv-nit",
            r"[019][0-9]{3}(?P<by>-?)[0-9]{4}[0-9]{2}(?P=by)[0-9]{3}(?P=by)[0-9]",
            check=nit.is_valid,
            words=f"nit, tributaria, {TAX}",
            bare=0.4,
        ),
    ),
    catches=(
        "NIT = «1564-345917-395-6»",
        "NIT = «9412-579644-382-6»",
        "（NIT）«99113786264176»。",
        "NIT: «95725720461303».",
    ),
    ignores=(
        "NIT 1653-232343-890-1",
        "part 0999-057583-624-3 is in stock",
        "release 90539972001805 is out",
        "see 99566410939550 in the list",
        "NIT 71730-400813-179-466",
    ),
)
