"""Numbers that authorities of Italy give to people and companies.

Catches: Italian fiscal codes, VAT codes, identity cards, passports and driving licences. Misses:
fiscal codes over several lines. Cost: holds the current number, and the 32 characters behind one
that needs a word beside it.
"""

from __future__ import annotations

from stdnum.it import codicefiscale, iva

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import LICENCE, PASSPORT, TAX, VAT, identifier

# Decreto ministeriale 23/12/1976: letters of surname and name, year, month (a letter), day, place,
# check letter. LMNPQRSTUV stand for digits where two people would have the same code.
_DIGIT = "[0-9LMNP-Vlmnp-v]"
_FISCAL = (
    rf"[A-Za-z]{{3}}[A-Za-z]{{3}}{_DIGIT}{{2}}[A-EHLMPR-Ta-ehlmpr-t]{_DIGIT}{{2}}"
    rf"[A-Za-z]{_DIGIT}{{3}}[A-Za-z]"
)
# On paper, and the electronic ones of 2001 and of 2016.
_IDENTITY_CARD = (
    r"[A-Za-z]{2} ?[0-9]{4}[0-9]{3}|[0-9]{4}[0-9]{3}[A-Za-z]{2}|[A-Za-z]{2}[0-9]{4}[0-9][A-Za-z]{2}"
)
_FISCAL_WORDS = f"codice fiscale, cod. fisc, cf:, c.f., {TAX}"


ITALY = Guardrail(
    id="italy",
    family="pii",
    summary="Italian fiscal codes, VAT codes, identity cards, passports and driving licences",
    rules=(
        identifier(
            "it-fiscal-code",
            _FISCAL,
            check=codicefiscale.is_valid,
            words=_FISCAL_WORDS,
            confidence=0.95,
            bare=0.9,
        ),
        identifier(
            "it-fiscal-code-unchecked",
            _FISCAL,
            kind="IT_FISCAL_CODE",
            words=_FISCAL_WORDS,
            confidence=0.4,
            bare=0.3,
        ),
        identifier(
            "it-vat-code",
            r"(?:(?i:IT) ?)?[0-9]{4}[0-9]{4}[0-9]{3}",
            check=iva.is_valid,
            words=f"partita iva, p.iva, p. iva, iva, {TAX}, {VAT}",
        ),
        identifier("it-passport", r"[A-Za-z]{2}[0-9]{4}[0-9]{3}", words=f"{PASSPORT}, passaporto"),
        identifier(
            "it-identity-card",
            _IDENTITY_CARD,
            words=(
                "carta d'identità, carta di identità, carta identità, "
                "carta d’identità, cie, documento, identity card, id card"
            ),
        ),
        identifier(
            "it-driver-license",
            r"[A-Za-z]{2}[0-9]{4}[0-9]{3}[A-Za-z]|[Uu]1[0-9A-Za-z]{7}[A-Za-z]",
            words=f"patente, licenza di guida, {LICENCE}",
            bare=0.2,
        ),
    ),
    catches=(
        "codice fiscale = «GNKUKBP5M7LP96PF»",
        "is «25683620493» the right partita iva?",
        "（passport）«NP6136229»。",
        "her carta d'identità is «OK31993PZ», as she told us",
        "under patente «UC7288646E» you find all of it",
    ),
    ignores=(
        "partita iva IT 22313138880",
        "part SF3876557 is in stock",
        "release 9182774CK is out",
        "see JL9159818 in the list",
        "passport 7EU206329545",
    ),
)
