"""Numbers that authorities of Mexico give to people and companies.

Catches: Mexican taxpayer and population register numbers. Misses: voters' numbers. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from functools import partial

from stdnum.mx import curp, rfc

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, MONTH, PERSON, TAX, identifier

_RFC = rf"[A-Z&a-z]{{3,4}}[ -]?[0-9]{{2}}{MONTH}{DAY}[ -]?[0-9A-Za-z]{{2}}[0-9Aa]"
_RFC_WORDS = f"rfc, registro federal, contribuyente, {TAX}"


MEXICO = Guardrail(
    id="mexico",
    family="pii",
    summary="Mexican taxpayer and population register numbers",
    rules=(
        identifier(
            "mx-curp",
            rf"[A-Za-z]{{4}}[0-9]{{2}}{MONTH}{DAY}[HMXhmx][A-Za-z]{{2}}[A-Za-z]{{3}}[0-9A-Za-z][0-9]",
            check=curp.is_valid,
            words=f"curp, clave única, {PERSON}",
            confidence=0.95,
            bare=0.8,
        ),
        identifier(
            "mx-rfc",
            _RFC,
            check=partial(rfc.is_valid, validate_check_digits=True),
            words=_RFC_WORDS,
            confidence=0.9,
            bare=0.6,
        ),
        # Many that were given out have another check digit.
        identifier(
            "mx-rfc-unchecked",
            _RFC,
            kind="MX_RFC",
            check=rfc.is_valid,
            words=_RFC_WORDS,
            confidence=0.65,
            bare=0.3,
        ),
    ),
    catches=(
        "is «OBHS670304HSLXPT87» the right CURP?",
        "RFC: «XQSP 521023 DRA».",
        "（RFC）«RVQ 580616 0F3»。",
        "under CURP «OWQG760406HMCJML89» you find all of it",
    ),
    ignores=(
        "CURP SSZK840604MTLIZQ74",
        "RFC IUV051804KZ3",
        "part HFGT 250804-HU6 is in stock",
        "release YIWX370601HBSCCJR0 is out",
        "see XKF-051026-2FA in the list",
    ),
)
