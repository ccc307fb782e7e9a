"""Numbers that authorities of India give to people and companies.

Catches: Indian Aadhaar and virtual IDs, PAN, GSTIN, voter, passport and vehicle registration
numbers. Misses: driving licences. Cost: holds the current number, and the 32 characters behind one
that needs a word beside it.
"""

from __future__ import annotations

from stdnum.in_ import aadhaar, gstin, vid

from guardrails.checksums import digits_of
from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import PASSPORT, PERSON, PLATE, TAX, identifier

_PAN_WORDS = f"pan, permanent account, income tax, {TAX}"
_GST_WORDS = f"gst, gstin, goods and services, {TAX}"
# The state's code, its holder's PAN, a count, Z, and a check character. 38 is Ladakh since 2019,
# 97 and 99 are no state's.
_STATES = "0[1-9]|[12][0-9]|3[0-7]"
_BEHIND_STATE = "[A-Za-z]{3}[A-Za-z]{2}[0-9]{4}[A-Za-z][1-9A-Za-z][Zz][0-9A-Za-z]"
# Ministry of Road Transport and Highways: codes of states and union territories, old ones too.
_STATE = (
    "A[NPRS]|BR|C[GHT]|D[DLN]|G[AJ]|H[PR]|J[HK]|K[AL]|L[ADH]|M[HLNPZ]|NL|O[DR]|P[BY]|RJ|SK|T[NRSG]"
    "|U[AKLPT]|WB"
)
# State, district, series and number; Bharat series since 2021.
_PLATE = (
    rf"(?:{_STATE})[ -]?[0-9]{{1,2}}[ -]?(?:[A-Z]{{1,3}}[ -]?)?(?!0000)[0-9]{{4}}"
    r"|[2-9][0-9][ -]?BH[ -]?[0-9]{4}[ -]?[A-HJ-NP-Z]{1,2}"
)
# Old, of diplomats, and of the armed forces.
_OTHER_PLATE = (
    r"[A-Z]{1,3}(?!0000)[0-9]{4}|[0-9]{1,3}(?:CC|CD|UN)[1-9][0-9]{1,3}"
    r"|[0-9]{2}[A-FHKPRX][0-9]{4}[0-9]{2}[A-Z]"
)


def _is_aadhaar(text: str) -> bool:
    return aadhaar.is_valid(digits_of(text))


INDIA = Guardrail(
    id="india",
    family="pii",
    summary="Aadhaar, PAN, GSTIN, voter, passport and vehicle numbers",
    rules=(
        identifier(
            "in-aadhaar",
            r"[2-9][0-9]{3}(?P<by>[ :-]?)[0-9]{4}(?P=by)[0-9]{4}",
            check=_is_aadhaar,
            words=f"aadhaar, aadhar, adhaar, uidai, uid, आधार, {PERSON}",
        ),
        identifier(
            "in-vid",
            r"[2-9][0-9]{3}(?P<by>[ -]?)[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{4}",
            check=vid.is_valid,
            words="aadhaar, vid, virtual id, आधार",
        ),
        # Income Tax Department: the fourth letter is the kind of holder.
        identifier(
            "in-pan",
            r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]",
            words=_PAN_WORDS,
            confidence=0.85,
            bare=0.5,
        ),
        identifier(
            "in-pan-any-letters",
            r"[A-Za-z]{4}[A-Za-z][0-9]{4}[A-Za-z]",
            kind="IN_PAN",
            words=_PAN_WORDS,
            confidence=0.4,
            bare=0.2,
        ),
        identifier(
            "in-gstin",
            f"(?:{_STATES}|38|97|99){_BEHIND_STATE}",
            check=gstin.is_valid,
            words=_GST_WORDS,
            confidence=0.95,
            bare=0.9,
        ),
        identifier(
            "in-gstin-unchecked",
            f"(?:{_STATES}){_BEHIND_STATE}",
            kind="IN_GSTIN",
            words=_GST_WORDS,
            confidence=0.45,
            bare=0.4,
        ),
        identifier(
            "in-voter",
            r"[A-Za-z]{3}[0-9]{4}[0-9]{3}",
            words="voter, epic, election, elector, मतदाता",
            bare=0.2,
        ),
        identifier(
            "in-passport",
            r"[A-PR-WYa-pr-wy][1-9][0-9]{2} ?[0-9]{3}[1-9]",
            words=f"{PASSPORT}, पासपोर्ट",
        ),
        identifier(
            "in-vehicle-registration",
            _PLATE,
            words=f"{PLATE}, rto, car n, number plate",
            confidence=0.7,
            bare=0.4,
        ),
        identifier(
            "in-vehicle-registration-other",
            _OTHER_PLATE,
            kind="IN_VEHICLE_REGISTRATION",
            words=PLATE,
            confidence=0.4,
            bare=0.05,
        ),
    ),
    catches=(
        "Aadhaar = «3015-8804-0955»",
        "is «3438 8141 9945 2994» the right Aadhaar?",
        "PAN: «NSUGD9272I».",
        "（GST）«09TXSJS2068CRZ5»。",
        "under voter ID «LFB0176918» you find all of it",
        "(passport «F2050217», see the letter)",
        "they gave me «29 BH 8765-NL» as my number plate",
    ),
    ignores=(
        "Aadhaar 3407-3333-4672-8341",
        "GST 00YWKPT5913KIZV",
        "part CCD8085804 is in stock",
        "release P145 3967 is out",
        "see 664233499432 in the list",
    ),
)
