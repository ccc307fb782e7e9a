"""Numbers that authorities of Canada give to people and companies.

Catches: Canadian social insurance and business numbers. Misses: health cards of the provinces,
except British Columbia's. Cost: holds the current number, and the 32 characters behind one that
needs a word beside it.
"""

from __future__ import annotations

from stdnum.ca import bc_phn, bn, sin

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, TAX, grouped, identifier


def _is_sin(text: str) -> bool:
    return sin.is_valid(digits_of(text))


CANADA = Guardrail(
    id="canada",
    family="pii",
    summary="Canadian social insurance and business numbers",
    rules=(
        identifier(
            "ca-sin",
            grouped(3, 3, 3),
            check=_is_sin,
            words="sin, social insurance, nas, assurance sociale",
        ),
        identifier(
            "ca-bn",
            r"[0-9]{4}[0-9] ?[0-9]{4}(?: ?(?i:R[CMPT]) ?[0-9]{4})?",
            check=bn.is_valid,
            words=f"bn, business n, gst, hst, cra, {TAX}, {COMPANY}",
        ),
        identifier(
            "ca-bc-phn",
            r"9[0-9]{3}(?P<by>[ -]?)[0-9]{3}(?P=by)[0-9]{3}",
            check=bc_phn.is_valid,
            words="phn, personal health, health n, care card",
        ),
    ),
    catches=(
        "is «262 108 111» the right SIN?",
        "BN: «00373 6188».",
        "（PHN）«9396908303»。",
        "under SIN «700-888-233» you find all of it",
    ),
    ignores=(
        "PHN 9843828507",
        "SIN 760317812",
        "BN 69908 8745",
        "part 552799157 is in stock",
        "release 9287-831-488 is out",
    ),
)
