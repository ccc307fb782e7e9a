"""Numbers that authorities of the United Kingdom give to people and companies.

Catches: British NHS, National Insurance, passport, driving licence, taxpayer, VAT, company and
pupil numbers, postcodes and number plates. Misses: plates of Northern Ireland, passports of digits
alone. Cost: holds the current number, and the 32 characters behind one that needs a word beside it.
"""

from __future__ import annotations

from stdnum.gb import nhs, upn, utr, vat

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import DAY, LICENCE, PASSPORT, PLATE, TAX, VAT, grouped, identifier

_NINO = (
    r"[ABCEGHJ-PRSTW-Zabceghj-prstw-z][ABCEGHJ-NPRSTW-Zabceghj-nprstw-z]"
    r"(?P<by> ?)[0-9]{2}(?P=by)[0-9]{2}(?P=by)[0-9]{2}(?P=by)[A-Da-d]"
)
# DVLA: five letters of the surname, filled up with 9; the decade, month (5 more in its first digit
# for women), day and year of birth; two initials, a digit and two letters.
_LICENCE = (
    r"[A-Za-z](?:[A-Za-z]{4}|[A-Za-z]{3}9|[A-Za-z]{2}99|[A-Za-z]999|9999)[0-9](?:[05][1-9]|[16][0-2])"
    rf"{DAY}[0-9][A-Za-z9]{{2}}[0-9A-Za-z][A-Za-z]{{2}}"
)
# Royal Mail, PAF Programmer's Guide: area, district, sector; a unit without C, I, K, M, O and V.
_POSTCODE = (
    r"GIR ?0AA|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]{1,2}|[0-9][A-HJKPSTUW]"
    r"|[A-HK-Y][0-9][ABEHMNPRV-Y]) ?[0-9][ABD-HJLNP-UW-Z]{2}"
)
# DVLA, INF104: since 2001 place, half-year (02-29, 51-79) and three letters; since 1983 a letter
# for the year first; since 1963 last.
_PLATE = (
    r"[A-HJ-PR-Y]{2}(?:0[2-9]|[12][0-9]|5[1-9]|[67][0-9])[ -]?[A-HJ-PR-Z]{3}"
    r"|[A-HJ-NPR-TV-Y][0-9]{1,3}[ -]?[A-HJ-PR-Z]{3}|[A-HJ-PR-Z]{3}[ -]?[0-9]{1,3}[A-HJ-NPR-TV-Y]"
)


UNITED_KINGDOM = Guardrail(
    id="united-kingdom",
    family="pii",
    summary="British health, insurance, licence, tax and company numbers, and plates",
    rules=(
        identifier(
            "uk-nhs",
            grouped(3, 3, 4),
            check=nhs.is_valid,
            words="nhs, national health, health service, patient",
        ),
        # HMRC, NIM39110: no D, F, I, Q, U, V, no O behind the first, no pair that was never used.
        identifier(
            "uk-nino",
            rf"(?!(?i:BG|GB|KN|NK|NT|TN|ZZ)){_NINO}",
            words="national insurance, nino, ni number, ni no, insurance n",
            confidence=0.9,
            bare=0.5,
        ),
        identifier("uk-passport", r"[A-Za-z]{2}[0-9]{4}[0-9]{3}", words=PASSPORT),
        identifier(
            "uk-driving-licence",
            _LICENCE,
            words=f"{LICENCE}, dvla, licence",
            confidence=0.9,
            bare=0.6,
        ),
        identifier(
            "uk-postcode", _POSTCODE, words="postcode, post code, postal, zip, address", bare=0.3
        ),
        identifier(
            "uk-vehicle-registration",
            _PLATE,
            words=f"{PLATE}, car reg, reg no, reg., dvla, number plate, v5c",
            bare=0.2,
        ),
        identifier(
            "uk-vehicle-registration-small",
            _PLATE.lower(),
            kind="UK_VEHICLE_REGISTRATION",
            words=PLATE,
            confidence=0.4,
        ),
        identifier(
            "uk-utr",
            r"[0-9]{4}[0-9]{1}(?P<by> ?)[0-9]{4}[0-9]{1}[Kk]?",
            check=utr.is_valid,
            words=f"utr, unique taxpayer, self assessment, self-assessment, {TAX}",
        ),
        identifier(
            "uk-vat",
            r"(?:(?i:GB) ?)?[0-9]{3} ?[0-9]{4} ?[0-9]{2}(?: ?[0-9]{3})?",
            check=vat.is_valid,
            words=VAT,
        ),
        identifier(
            "uk-company-number",
            r"(?:[0-9]{2}|(?i:AC|BR|FC|LP|N[CILPV]|OC|R[0C]|S[CLOR]))[0-9]{4}[0-9]{2}",
            words=(
                "company n, company reg, companies house, registered in england, "
                "registered in scotland, crn"
            ),
            bare=0.05,
        ),
        identifier(
            "uk-upn",
            r"[A-HJ-NP-RT-Z][0-9]{4}[0-9]{4}[0-9]{3}[0-9A-HJ-NP-RT-Z]",
            check=upn.is_valid,
            words="upn, pupil",
            bare=0.4,
        ),
    ),
    catches=(
        "NHS: «021 619 8909».",
        "her National Insurance number is «JH924954B», as she told us",
        "under passport «BI6004249» you find all of it",
        "(driver's licence «FCP99561062KVLJI», see the letter)",
        "（postcode）«GIR0AA»。",
        "number plate = «KMX6M»",
        "is «4916692584» the right UTR?",
        "VAT: «GB 085 9481 21».",
        "her company number is «08945725», as she told us",
    ),
    ignores=(
        "UTR 5388709915",
        "UPN T31506381845T",
        "NHS 835-180-7483",
        "part E3-CHS is in stock",
        "release ZWPW9253121NR6ET is out",
    ),
)
