"""Numbers that authorities of Costa Rica give to people and companies.

Catches: Costa Rican identity and company numbers. Misses: passports. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.cr import cpj

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, identifier

COSTA_RICA = Guardrail(
    id="costa-rica",
    family="pii",
    summary="Costa Rican identity and company numbers",
    rules=(
        identifier(
            "cr-cpf",
            r"0?[1-9]-[0-9]{3,4}-[0-9]{4}|0?[1-9][0-9]{4}[0-9]{4}",
            words="cédula, cedula, cpf, persona física, identidad",
            bare=0.1,
        ),
        identifier(
            "cr-dimex",
            r"1[0-9]{3}[0-9]{4}[0-9]{3}[0-9]?",
            words="dimex, residencia, residence, extranjer, migratorio",
            bare=0.1,
        ),
        identifier(
            "cr-cpj",
            r"[2-5](?P<by>-?)[0-9]{3}(?P=by)[0-9]{4}[0-9]{2}",
            check=cpj.is_valid,
            words=f"cédula jurídica, cedula juridica, persona jurídica, {COMPANY}",
            confidence=0.75,
            bare=0.1,
        ),
    ),
    catches=(
        "(cédula «09-9517-7524», see the letter)",
        "they gave me «10205184152» as my dimex",
        "（cédula jurídica）«3-109-471831»。",
        "is «01-692-4145» the right cédula?",
    ),
    ignores=(
        "cédula jurídica 3-404-056394",
        "part 615651001 is in stock",
        "release 3013091076 is out",
        "see 587881536 in the list",
        "dimex 71364572792643",
    ),
)
