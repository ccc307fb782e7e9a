"""Word lists: what they find, what they leave alone, and what they are measured against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import pytest

from guardrails.content.keywords import KeywordOptions, build_keywords
from guardrails.content.profanity import PROFANITY, ProfanityOptions, build_profanity
from guardrails.content.word_list import Severity, languages, parse_words, read_words
from guardrails.guardrail import Action, Mode
from guardrails.joined_matcher import compile_rules
from guardrails.phrases import normalise
from guardrails.policy import Policy
from guardrails.rule import Rule, at_least
from tests import corpus

Find = Callable[[str], list[str]]


def finder(rules: Sequence[Rule]) -> Find:
    matcher, new_state = compile_rules(rules)

    def find(text: str) -> list[str]:
        found = matcher.push(new_state(), text, final=True)
        return [text[match.start : match.end] for match in found]

    return find


@cache
def lists(*codes: str, at: float = 0.5, leetspeak: bool = True) -> Find:
    options = ProfanityOptions(languages=list(codes), leetspeak=leetspeak)
    return finder(at_least(build_profanity(options), at))


def test_there_are_lists_of_many_languages_and_each_says_how_it_was_made() -> None:
    from importlib.resources import files

    assert len(languages()) >= 30
    for code in languages():
        path = files("guardrails").joinpath(f"content/words/{code}.txt")
        assert "Written for Tidegate" in path.read_text("utf-8").partition("[")[0]


@pytest.mark.parametrize("code", languages())
def test_every_entry_can_be_seen_and_every_severity_is_there(code: str) -> None:
    words = read_words(code)
    assert len(words) >= 60
    assert {word.severity for word in words} == set(Severity)
    for word in words:
        assert normalise(word.text), word
        assert word.text == word.text.strip(), word
        assert "|" not in word.text, word
        assert "!" not in word.text, word
        assert all(2 <= len(other) <= 3 and other.isalpha() for other in word.ordinary_in), word
        assert code not in word.ordinary_in, word
    marked = {normalise(word.text) for word in words if word.ordinary_in}
    assert not marked & {normalise(word.text) for word in words if not word.ordinary_in}


@pytest.mark.parametrize("code", languages())
def test_what_a_list_has_is_found_in_a_sentence(code: str) -> None:
    find = lists(code, at=0.4, leetspeak=False)
    for word in read_words(code):
        assert find(f"({word.text})"), word


def test_entries_are_written_with_endings() -> None:
    words = [(word.text, str(word.severity)) for word in parse_words("# x\n\n[slur]\nab||s ! de\n")]
    assert words == [("ab", "slur"), ("abs", "slur")]


def test_a_word_counts_only_where_it_is_not_an_ordinary_one() -> None:
    assert lists("en")("a slut") == ["slut"]
    assert lists("en", "sv")("slut på det roliga") == []
    assert lists()("slut på det roliga") == []
    assert lists("de")("du fickst") == ["fickst"]
    assert lists("sv")("jag fick det") == lists()("jag fick det") == []


def test_words_that_are_allowed_do_not_count() -> None:
    options = ProfanityOptions(languages=["en"], allow=["SHIT", "redskins"])
    find = finder(build_profanity(options))
    assert find("shit, Redskins, shitty") == ["shitty"]


def test_mild_words_count_only_where_they_are_wanted() -> None:
    assert lists("en")("damn this crap") == []
    assert lists("en", at=0.4)("damn this crap") == ["damn", "crap"]


def test_a_finding_warns_and_holds_nothing_unless_the_policy_says_more() -> None:
    (setting,) = Policy(guardrails={"profanity": {}}).resolve()
    assert (setting.action, setting.mode) == (Action.WARN, Mode.BLOCK)
    assert [rule.id for rule in setting.rules] == ["slur", "profanity"]
    assert PROFANITY.action is Action.WARN


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="got 'xx'"):
        Policy(guardrails={"profanity": {"languages": ["xx"]}}).resolve()


SENTENCES = (
    "The Scunthorpe classic: assassins assess Essex, Sussex and Middlesex.",
    "Charles Dickens met Alfred Hitchcock over cocktails with Dick Cheney's cockatoo.",
    "The A55 meets the A5 at 8008; part numbers 455, 5H17 and T1755 are in stock.",
    "def assign(pass_through, ass_id): return cumulative[analysis]  # b = a55 + col1",
    "Der Dritte Mann fing an; die Vögel und ihre Mösenform",
    "Le retard du train, la bite d'amarrage, il fut con et vit la chatte.",
    "Hora de comer: el cono, la piña y la polla; la hora llegó.",
    "Slut på historien. Jag fick ett kort, fan av fotboll.",
    "Det er nok å høre på; jøder og kristne. Bøker og pule.",
    "Katten likte posten; ik was in de hoek, met de fietsen en hoes.",
    "Drum bun! Curve periculoase, acum puțin. Il fut un temps.",
    "Hitno, tri puta sam zvao. Piće i pića na stolu.",
    "Buổi sáng, như các bạn, cho để bộ máy, con mồi, đảm đang.",
    "生日快乐，他妈妈的手机在印度支那半岛，三八妇女节，本土人士。",
    "パチンコとファックス、ロマンコメディ、早くそれを。リュックサック。外人はガイジン。",
    "올해 5개년 계획, 나무는 튀기지 않는다. 보지 않는다.",
    "هیچ کس نیامد. كون واسع. نيك جونز",
    "Сколько рублей оскорблять не нужно; хлеб требует колебаний, педали велосипеда.",
    "Göt mig, got it; amk fi; sik balık. Kim bu pic?",
)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence[:24])
def test_ordinary_words_are_left_alone(sentence: str) -> None:
    assert lists()(sentence) == []


@pytest.mark.data
def test_prose_has_few_findings_and_all_are_such_words() -> None:
    chars = found = 0
    for row in corpus.rows("negatives/wikitext2.jsonl"):
        chars += len(row["text"])
        found += len(lists()(row["text"]))
    assert found / chars < 10e-6


@pytest.mark.data
def test_hateful_and_offensive_tweets_are_told_from_others() -> None:
    rows = list(corpus.rows("toxicity/davidson_tweets.jsonl"))
    for codes, least in (((), 0.83), (("en",), 0.90)):
        pairs = [(row["label"] != "neither", bool(lists(*codes)(row["text"]))) for row in rows]
        right = sum(wanted and got for wanted, got in pairs)
        f1 = 2 * right / (sum(wanted for wanted, _ in pairs) + sum(got for _, got in pairs))
        assert f1 >= least, codes


@pytest.mark.data
def test_a_list_of_ones_own_in_28_languages_is_found_in_sentences() -> None:
    terms = [row["term"] for row in corpus.rows("toxicity/ldnoobw_words.jsonl")]
    find = finder(build_keywords(KeywordOptions(phrases=sorted(set(terms)))))
    whole = sum(term in " ".join(find(f"They said {term} , and left.")) for term in terms)
    assert whole / len(terms) >= 0.99
