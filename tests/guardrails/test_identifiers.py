"""National identifiers: what independent suites find in them, and how quiet they are elsewhere."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, NoReturn

import pytest
from stdnum import numdb

from guardrails.matcher import Match, Matcher, MatchState
from guardrails.pii.countries import COUNTRIES
from guardrails.rule import DEFAULT_MIN_CONFIDENCE, Rule, at_least
from tests.corpus import rows

RULES = tuple(rule for guardrail in COUNTRIES for rule in guardrail.rules)
TYPES = {rule.type for rule in RULES}

# python-stdnum's modules and the types of their numbers.
STDNUM = {
    "ad.nrt": "AD_NRT",
    "ar.cbu": "AR_CBU",
    "at.tin": "AT_TAX_NUMBER",
    "au.acn": "AU_ACN",
    "az.voen": "AZ_VOEN",
    "bg.vat": "BG_VAT",
    "by.unp": "BY_UNP",
    "ch.vat": "CH_UID",
    "cn.uscc": "CN_USCC",
    "cr.cpf": "CR_CPF",
    "cr.cr": "CR_DIMEX",
    "cz.bankaccount": "CZ_BANK_ACCOUNT",
    "cz.rc": "CZ_BIRTH_NUMBER",
    "de.stnr": "DE_TAX_NUMBER",
    "do.cedula": "DO_CEDULA",
    "do.rnc": "DO_RNC",
    "ec.ruc": "EC_RUC",
    "es.cae": "ES_CAE",
    "fr.siren": "FR_SIREN",
    "gh.tin": "GH_TIN",
    "gr.amka": "GR_AMKA",
    "id.npwp": "ID_NPWP",
    "in.pan": "IN_PAN",
    "it.codicefiscale": "IT_FISCAL_CODE",
    "ke.pin": "KE_PIN",
    "kr.rrn": "KR_RRN",
    "li.peid": "LI_PEID",
    "ma.ice": "MA_ICE",
    "me.pib": "ME_PIB",
    "mu.nid": "MU_NID",
    "mx.rfc": "MX_RFC",
    "no.fodselsnummer": "NO_FODSELSNUMMER",
    "pe.ruc": "PE_RUC",
    "pt.cc": "PT_CITIZEN_CARD",
    "ro.onrc": "RO_COMPANY_REGISTER",
    "ru.inn": "RU_INN",
    "se.personnummer": "SE_PERSONNUMMER",
    "si.emso": "SI_EMSO",
    "sk.ico": "SK_COMPANY_ID",
    "sv.nit": "SV_NIT",
    "th.pin": "TH_TNIN",
    "tn.mf": "TN_MF",
    "tr.vkn": "TR_VKN",
    "ua.edrpou": "UA_EDRPOU",
    "ve.rif": "VE_RIF",
    "za.idnr": "ZA_ID_NUMBER",
}
# Their digits, or some of them, are under no check digit; Mexico gave out wrong ones.
UNPROTECTED = {
    *(
        "ad.nrt",
        "cr.cpf",
        "cr.cr",
        "de.stnr",
        "ec.ruc",
        "es.cae",
        "id.npwp",
        "in.pan",
        "ke.pin",
        "li.peid",
    ),
    *("mx.rfc", "ro.onrc", "tn.mf"),
}


@cache
def compiled(min_confidence: float) -> tuple[Matcher, tuple[Rule, ...]]:
    rules = at_least(RULES, min_confidence)
    return Matcher(rules), rules


def matches(text: str, min_confidence: float) -> Iterator[tuple[Rule, Match]]:
    matcher, rules = compiled(min_confidence)
    state = MatchState()
    for match in [*matcher.push(state, text), *matcher.push(state, "", final=True)]:
        yield rules[match.rule], match


def is_found(kind: str, text: str, start: int, end: int, min_confidence: float) -> bool:
    return any(
        rule.type == kind and match.start < end and start < match.end
        for rule, match in matches(text, min_confidence)
    )


def with_one_digit_changed(number: str, random: Random) -> str | None:
    places = [place for place, character in enumerate(number) if character in "0123456789"]
    if not places:
        return None
    place = random.choice(places)
    digit = random.choice("0123456789".replace(number[place], ""))
    return number[:place] + digit + number[place + 1 :]


def in_a_sentence(kind: str, number: str) -> tuple[str, int, int]:
    words = next(rule.context for rule in RULES if rule.type == kind)
    start = f"My {words[0].strip()} is "
    return f"{start}{number}, and that is all.", len(start), len(start) + len(number)


def test_the_day_and_the_disk_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Timeless(datetime.date):
        @classmethod
        def today(cls) -> NoReturn:
            raise AssertionError("a check asks the calendar")

    def closed(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("a check reads a table from disk")

    texts = [
        sample.replace("«", "").replace("»", "")
        for guardrail in COUNTRIES
        for sample in guardrail.catches
    ]
    monkeypatch.setattr(datetime, "date", Timeless)
    monkeypatch.setattr(numdb, "get", closed)
    found = [match for text in texts for _, match in matches(text, DEFAULT_MIN_CONFIDENCE)]
    assert len(found) >= len(texts)
    assert not any(match.failed for match in found)


def test_rules_of_one_type_stand_in_one_guardrail_and_bear_their_countrys_code() -> None:
    homes = {(rule.type, guardrail.id) for guardrail in COUNTRIES for rule in guardrail.rules}
    assert len(homes) == len(TYPES)
    for guardrail in COUNTRIES:
        codes = {rule.id.partition("-")[0] for rule in guardrail.rules}
        assert len(codes - {"aba"}) == 1, guardrail.id


def test_a_bare_number_needs_its_word_at_the_default_confidence() -> None:
    number = "7945 2669 8572"  # passes as an Aadhaar number
    assert not list(matches(f"in row {number} of it", DEFAULT_MIN_CONFIDENCE))
    kinds = {rule.type for rule, _ in matches(f"Aadhaar: {number}", DEFAULT_MIN_CONFIDENCE)}
    assert kinds == {"IN_AADHAAR"}
    assert "IN_AADHAAR" in {rule.type for rule, _ in matches(f"in row {number} of it", 0)}


@pytest.mark.data
def test_what_presidio_expects_is_found_and_what_it_refuses_is_not() -> None:
    found: Counter[bool] = Counter()
    wrong: Counter[bool] = Counter()
    for row in rows("pii/presidio_recognizer_cases.jsonl"):
        kind = row["entity_types"][0] if row["entity_types"] else None
        if row["needs_ner"] or row["kind"] != "span" or kind not in TYPES:
            continue
        for span in row["expected"]:
            found[is_found(span["type"], row["text"], span["start"], span["end"], 0)] += 1
        if not row["expected"]:
            wrong[is_found(kind, row["text"], 0, len(row["text"]) + 1, 0)] += 1
    assert found.total() > 100
    assert found[True] >= 0.97 * found.total(), found
    assert wrong[True] <= 0.02 * wrong.total(), wrong


@pytest.mark.data
@pytest.mark.parametrize("min_confidence", [DEFAULT_MIN_CONFIDENCE, 0])
def test_valid_numbers_are_found_and_changed_ones_are_not(min_confidence: float) -> None:
    random = Random(11)
    found: Counter[tuple[str, bool]] = Counter()
    changed: Counter[bool] = Counter()
    for row in rows("pii/stdnum_numbers.jsonl"):
        module, number = row["module"], row["number"]
        kind = STDNUM.get(module)
        if kind is None or not row["valid"]:
            continue
        if module == "kr.rrn" and number[7] in "5678":
            kind = "KR_FRN"
        found[module, is_found(kind, *in_a_sentence(kind, number), min_confidence)] += 1
        other = with_one_digit_changed(number, random)
        if module not in UNPROTECTED and other is not None:
            changed[is_found(kind, *in_a_sentence(kind, other), min_confidence)] += 1
    assert found.total() > 1_000
    for module in STDNUM:
        total = found[module, True] + found[module, False]
        # One of a handful may be written as nobody writes it.
        assert found[module, False] <= max(1, 0.05 * total), module
    # At 0 the shapes count too whose check digit Presidio does not ask for.
    allowed = 0.05 if min_confidence else 0.06
    assert changed[True] <= allowed * changed.total(), changed


@pytest.mark.data
def test_ordinary_text_is_left_alone() -> None:
    chars, found = 0, []
    for name in ("negatives/wikitext2", "answers/arena_hard_gpt35_turbo", "answers/oasst_sampling"):
        for row in rows(f"{name}.jsonl"):
            chars += len(row["text"])
            found += [rule.id for rule, _ in matches(row["text"], DEFAULT_MIN_CONFIDENCE)]
    assert len(found) <= 2 * chars / 1_000_000, Counter(found)
