"""Numbers that authorities of Spain give to people and companies.

Catches: Spanish identity cards, foreigners, tax numbers of companies, passports and social
security. Misses: numbers of companies without their check character. Cost: holds the current
number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.es import cae, ccc, cif, nie

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PASSPORT, TAX, VAT, identifier

_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _is_nif(text: str) -> bool:
    """Real Decreto 1553/2005, 11: the letter is the number's remainder by 23."""
    return _NIF_LETTERS[int(digits_of(text)) % 23] == text[-1].upper()


def _is_social_security(text: str) -> bool:
    found = digits_of(text)
    number = int(found[2:10])
    joined = int(found[:2]) * 10_000_000 + number if number < 10_000_000 else int(found[:10])
    return joined % 97 == int(found[10:])


SPAIN = Guardrail(
    id="spain",
    family="pii",
    summary="Spanish identity cards, foreigners, companies, passports and social security",
    rules=(
        identifier(
            "es-nif",
            r"(?:[KLMklm][0-9]{4}[0-9]{3}|[0-9]{3}[0-9]{4}[0-9]?)-?[A-HJ-NP-TV-Za-hj-np-tv-z]",
            check=_is_nif,
            words=f"dni, nif, documento nacional, identidad, {TAX}",
            bare=0.45,
        ),
        identifier(
            "es-nie",
            r"[XYZxyz]-?[0-9]{4}[0-9]{3}-?[A-HJ-NP-TV-Za-hj-np-tv-z]",
            check=nie.is_valid,
            words=f"nie, extranjer, foreigner, identidad, {TAX}",
            bare=0.6,
        ),
        identifier(
            "es-cif",
            r"[ABCDEFGHJNPQRSUVWabcdefghjnpqrsuvw]-?[0-9]{4}[0-9]{3}-?[0-9A-Ja-j]",
            check=cif.is_valid,
            words=f"cif, nif, iva, {TAX}, {COMPANY}, {VAT}",
            bare=0.3,
        ),
        identifier("es-passport", r"[A-Za-z]{3}[0-9]{4}[0-9]{2}", words=f"{PASSPORT}, pasaporte"),
        # Tesorería General de la Seguridad Social: province, number, and their remainder by 97.
        identifier(
            "es-social-security",
            r"(?:0[1-9]|[1-4][0-9]|5[0-3])(?P<by>[ /-]?)[0-9]{4}[0-9]{4}(?P=by)[0-9]{2}",
            check=_is_social_security,
            words="seguridad social, nuss, naf, afiliación, social security",
        ),
        # Bank, branch, two check digits and account, as before IBANs.
        identifier(
            "es-bank-account",
            r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2}[ -]?[0-9]{4}[0-9]{4}[0-9]{2}",
            check=ccc.is_valid,
            words="cuenta, ccc, bank account, código cuenta",
            bare=0.4,
        ),
        identifier(
            "es-cae",
            r"(?i:ES)[0-9]{3}[0-9]{2}[0-9A-Za-z]{2}[0-9]{3}[A-Za-z]",
            check=cae.is_valid,
            words="cae, excise, impuestos especiales, actividad y establecimiento",
        ),
    ),
    catches=(
        "DNI = «96249441F»",
        "is «X-2309818-C» the right NIE?",
        "CIF: «C-8733570-9».",
        "（passport）«MUF589258»。",
        "under seguridad social «045154703608» you find all of it",
        "(cuenta «8941-7635-82 4140757390», see the letter)",
        "CAE = «ES00001OB438H»",
    ),
    ignores=(
        "seguridad social 03/45307459/14",
        "DNI M8185132-G",
        "NIE Z-7804321-Y",
        "part ES00018HS106M is in stock",
        "release 6604 0541 03 9364586288 is out",
    ),
)
