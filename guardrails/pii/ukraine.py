"""Numbers that authorities of Ukraine give to people and companies.

Catches: Ukrainian taxpayer and company numbers. Misses: passports. Cost: holds the current number,
and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.ua import edrpou, rntrc

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, TAX, digits, identifier

UKRAINE = Guardrail(
    id="ukraine",
    family="pii",
    summary="Ukrainian taxpayer and company numbers",
    rules=(
        identifier(
            "ua-rntrc",
            r"[0-9]{4}[0-9]{4}[0-9]{2}",
            check=rntrc.is_valid,
            words=f"рнокпп, іпн, инн, rnokpp, {TAX}",
        ),
        identifier(
            "ua-edrpou",
            digits(8),
            check=edrpou.is_valid,
            words=f"єдрпоу, егрпоу, edrpou, {COMPANY}",
        ),
    ),
    catches=(
        "рнокпп: «2128590828».",
        "her єдрпоу is «24195675», as she told us",
        "（рнокпп）«3421929025»。",
        "(єдрпоу «37581236», see the letter)",
    ),
    ignores=(
        "єдрпоу 41012219",
        "рнокпп 9148831781",
        "part 76904661 is in stock",
        "release 0242469444 is out",
        "see 6158898119 in the list",
    ),
)
