"""Numbers that authorities of Germany give to people and companies.

Catches: German tax, social security, health insurance, identity card, passport and driving licence
numbers, doctors and practices, companies, number plates and postal codes. Misses: plates without a
separator, licences from before 2013. Cost: holds the current number, and the 32 characters behind
one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.de import stnr, vat
from stdnum.iso7064 import mod_11_10

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.check_digits import travel_document, weigh
from guardrails.pii.identifier import (
    DAY,
    LICENCE,
    MONTH,
    PASSPORT,
    TAX,
    VAT,
    digits,
    grouped,
    identifier,
)

# Bundesministerium der Finanzen: office, district and count, as each state writes them; or all 13.
_TAX_NUMBER = (
    r"[0-9]{2,3}[ /.]{0,3}[0-9]{3,4}[ /.]{0,3}(?:[0-9]{4}[0-9]?|[0-9]{1,2} [0-9]{3})"
    r"|[0-9]{4}[0-9]{4}[0-9]{4}[0-9]"
)
# VKVV, 2: area, day (50 more if it was taken), month and year of birth, initial, sex and count.
_PENSION = rf"[0-9]{{2}} ?(?:{DAY}|[5-7][0-9]|8[01]){MONTH}[0-9]{{2}} ?[A-Za-z] ?[0-9]{{3}}"
# The letters that cannot be taken for digits or make words, and digits.
_SERIAL = "[0-9CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz]"


def _is_tax_id(text: str) -> bool:
    """BZSt: ISO 7064 MOD 11,10, no 0 first, no digit more than three times."""
    found = digits_of(text)
    often = max(map(found[:10].count, found[:10]))
    return found[0] != "0" and often <= 3 and mod_11_10.is_valid(found)


def _is_pension(text: str) -> bool:
    """VKVV, 2 and 4: digits of the products by these weights, the letter as its two-digit place."""
    plain = text.replace(" ", "").upper()
    spread = plain[:8] + f"{ord(plain[8]) - 64:02d}" + plain[9:11]
    return _sum_of_digits(spread, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)) % 10 == int(plain[11])


def _is_health_insurance(text: str) -> bool:
    """SGB V, 290: as in pension numbers, with weights 1 and 2."""
    spread = f"{ord(text[0].upper()) - 64:02d}" + text[1:9]
    return _sum_of_digits(spread, (1, 2) * 5) % 10 == int(text[9])


def _sum_of_digits(text: str, weights: tuple[int, ...]) -> int:
    return sum(sum(divmod(int(c) * weight, 10)) for c, weight in zip(text, weights, strict=False))


def _is_lanr(text: str) -> bool:
    return (10 - weigh(text[:6], (4, 9) * 3)) % 10 == int(text[6])


GERMANY = Guardrail(
    id="germany",
    family="pii",
    summary="German tax, insurance, identity, licence, doctor and company numbers, and plates",
    rules=(
        identifier(
            "de-tax-id",
            grouped(2, 3, 3, 3, by=" "),
            check=_is_tax_id,
            words=(
                "steuer-id, steuer id, steueridentifikation, identifikationsnummer, "
                f"idnr, id-nr, steuerliche, {TAX}"
            ),
        ),
        identifier(
            "de-tax-number",
            _TAX_NUMBER,
            check=stnr.is_valid,
            words=(
                "steuernummer, steuer-nr, steuer nr, steuernr, st.-nr, st-nr, stnr, "
                "finanzamt, german tax"
            ),
            confidence=0.7,
            bare=0.15,
        ),
        identifier(
            "de-vat-id",
            r"(?i:DE)(?:[ .-]?[0-9]{3}){3}",
            check=vat.is_valid,
            words=f"ust-id, ustid, ust.-id, umsatzsteuer, mwst, {VAT}",
            confidence=0.9,
            bare=0.6,
        ),
        identifier(
            "de-id-card",
            rf"[CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz]{_SERIAL}{{7}}[0-9]",
            check=travel_document,
            words="ausweis, identity card, id card, perso, dokumentennummer",
            bare=0.4,
        ),
        identifier(
            "de-id-card-old",
            r"[Tt][0-9]{4}[0-9]{4}",
            kind="DE_ID_CARD",
            words="ausweis, identity card, id card",
        ),
        identifier(
            "de-passport",
            rf"[CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz]{_SERIAL}{{7}}[0-9]",
            check=travel_document,
            words=f"{PASSPORT}, reisepass, passnummer, pass-nr, passnr",
            bare=0.4,
        ),
        identifier(
            "de-social-security",
            _PENSION,
            check=_is_pension,
            words=(
                "rentenversicherung, sozialversicherung, versicherungsnummer, rvnr, "
                "svnr, sv-nummer, social security, pension"
            ),
            bare=0.6,
        ),
        identifier(
            "de-health-insurance",
            r"[A-Za-z][0-9]{4}[0-9]{4}[0-9]",
            check=_is_health_insurance,
            words=(
                "krankenversicher, versichertennummer, kvnr, krankenkasse, "
                "gesundheitskarte, egk, gkv, health insurance"
            ),
            bare=0.3,
        ),
        identifier(
            "de-fuehrerschein",
            r"[A-Za-z][0-9A-Za-z][0-9]{4}[0-9]{4}[0-9A-Za-z]",
            words=f"führerschein, fuehrerschein, fahrerlaubnis, {LICENCE}",
            bare=0.2,
        ),
        # KBV, Arztnummern: six digits, their check digit, two of the specialty.
        identifier(
            "de-lanr",
            digits(9),
            check=_is_lanr,
            words="lanr, arztnummer, arzt-nr, arztnr, physician",
        ),
        identifier(
            "de-bsnr",
            rf"(?!0000){digits(9)}",
            words="bsnr, betriebsstätte, nbsnr, praxis",
            bare=0.05,
        ),
        identifier(
            "de-handelsregister",
            r"(?i:HR[AB]) ?[0-9]{1,6}",
            words="handelsregister, amtsgericht, registergericht, eingetragen",
            confidence=0.9,
            bare=0.6,
        ),
        # Deutsche Post: 01001 to 99998.
        identifier(
            "de-plz",
            r"(?!00|01000|99999)[0-9]{4}[0-9]",
            words="plz, postleitzahl, postal code, zip code",
            confidence=0.65,
            bare=0.01,
        ),
        identifier(
            "de-kfz",
            r"[A-Z]{1,3}(?:-[A-Z]{1,2}[- ]?| [A-Z]{1,2} )[1-9][0-9]{0,3}[EH]?",
            words=(
                "kennzeichen, nummernschild, kfz, zulassung, fahrzeug, license plate, licence plate"
            ),
            bare=0.2,
        ),
    ),
    catches=(
        "Steuer-ID: «32 597 983 484».",
        "her Steuernummer is «346/660/85439», as she told us",
        "under USt-ID «DE487869775» you find all of it",
        "(Ausweis «GN88FTNK0», see the letter)",
        "（Ausweis）«T29910525»。",
        "passport = «WFYJ335G1»",
        "is «36 730522 T 770» the right Rentenversicherungsnummer?",
        "Krankenversichertennummer: «I336043079».",
        "her Führerschein is «YQ526670571», as she told us",
    ),
    ignores=(
        "USt-ID DE 428 780-973",
        "Steuer-ID 10005235745",
        "Rentenversicherungsnummer 40 181433 G 029",
        "part T39017201 is in stock",
        "release P577890514 is out",
    ),
)
