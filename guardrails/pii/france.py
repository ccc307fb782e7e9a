"""Numbers that authorities of France give to people and companies.

Catches: French social security, tax, company, establishment and VAT numbers and national identity
cards. Misses: passports and driving licences, which no check digit protects. Cost: holds the
current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.fr import nif, nir, siren, siret, tva

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PERSON, TAX, VAT, identifier

# INSEE: sex, year and month of birth, department (2A and 2B are Corsica's), commune, order, key.
_NIR = (
    r"[1-478]{0}[0-9]{{2}}{0}(?:0[1-9]|1[0-2]|[2-9][0-9]){0}"
    r"(?:[0-9]{{2}}|2[ABab]){0}[0-9]{{3}}{0}[0-9]{{3}}{0}[0-9]{{2}}"
)
_NIR_WORDS = (
    f"sécurité sociale, securite sociale, nir, insee, numéro de sécu, carte vitale, {PERSON}"
)


FRANCE = Guardrail(
    id="france",
    family="pii",
    summary="French social security, tax, company and VAT numbers",
    rules=(
        identifier(
            "fr-nir",
            _NIR.format(" "),
            check=nir.is_valid,
            words=_NIR_WORDS,
            confidence=0.95,
            bare=0.7,
        ),
        # Cards of American Express have 15 digits too, and one in 97 the same key.
        identifier(
            "fr-nir-unbroken",
            _NIR.format(""),
            kind="FR_NIR",
            check=nir.is_valid,
            words=_NIR_WORDS,
            confidence=0.95,
            bare=0.4,
        ),
        identifier(
            "fr-tax-number",
            r"[0-3][0-9](?P<by> ?)[0-9]{2}(?P=by)[0-9]{3}(?P=by)[0-9]{3}(?P=by)[0-9]{3}",
            check=nif.is_valid,
            words=f"numéro fiscal, spi, référence fiscale, impôt, impots, {TAX}",
        ),
        identifier(
            "fr-siren",
            r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}",
            check=siren.is_valid,
            words=f"siren, rcs, {COMPANY}",
        ),
        identifier(
            "fr-siret",
            r"[0-9]{3}(?P<by>[ -]?)[0-9]{3}(?P=by)[0-9]{3}(?P=by)[0-9]{4}[0-9]",
            check=siret.is_valid,
            words=f"siret, {COMPANY}",
            bare=0.3,
        ),
        identifier(
            "fr-vat",
            r"(?i:FR) ?[0-9A-HJ-NP-Za-hj-np-z]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
            check=tva.is_valid,
            words=f"tva, {VAT}",
            bare=0.7,
        ),
    ),
    catches=(
        "is «2 44 77 2A 200 638 70» the right numéro de sécurité sociale?",
        "numéro fiscal: «2804568178377».",
        "（siren）«815639646»。",
        "under siret «292 186 210 74926» you find all of it",
        "(TVA «FR UK 491 894 655», see the letter)",
    ),
    ignores=(
        "TVA FR SB 296 072 169",
        "numéro fiscal 3473976835067",
        "siret 979 550 106 56905",
        "part 99936689149604 is in stock",
        "release 917622110 is out",
    ),
)
