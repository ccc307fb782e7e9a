"""Lists of phrases: what the oracle finds in the whole text is found in any chunks of it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

import pytest

from guardrails.content.keywords import (
    KEYWORDS,
    MAX_EXPRESSION_PHRASES,
    KeywordOptions,
    build_keywords,
    write_expression,
)
from guardrails.errors import TidegateError
from guardrails.fold import MAX_INVISIBLE_RUN
from guardrails.guardrail import Action, Mode
from guardrails.joined_matcher import JoinedMatcher, compile_rules
from guardrails.matcher import Matcher
from guardrails.phrase_index import PhraseIndex
from guardrails.phrase_matcher import PhraseMatcher, PhraseState
from guardrails.phrase_tail import MAX_SPACES
from guardrails.phrases import PhraseRule, normalise
from guardrails.policy import Policy
from guardrails.rule import Rule
from tests import chunking, random_phrases, random_rules
from tests.oracle import folded_with_origins, judge, phrase_spans
from tests.plans import Ruled, plan_of, rule
from tests.streaming import stream

Spans = list[tuple[int, int]]


def said(*phrases: str, **options: bool) -> PhraseRule:
    return PhraseRule(id="said", type="SAID", phrases=phrases, **options)


def spans(rules: Sequence[Rule], chunks: Sequence[str], *, pickled: bool = False) -> Spans:
    matcher, new_state = compile_rules(rules)
    state = new_state()
    found = []
    for chunk in chunks:
        found += matcher.push(state, chunk)
        if pickled:
            state = new_state.restore(pickle.loads(pickle.dumps(state.snapshot())))
    found += matcher.push(state, "", final=True)
    return [(match.start, match.end) for match in found]


def expected(one: PhraseRule, text: str) -> Spans:
    folded, origins = folded_with_origins(text)
    return [(start, end) for start, end, _, _ in phrase_spans(one, folded, origins, len(text))]


def cases(seed: int) -> Iterator[tuple[Random, list[Ruled], str]]:
    """Random lists, some beside expressions, and texts for them."""
    while True:
        seed += 1
        random = Random(seed)
        alphabet = random.choice(random_phrases.ALPHABETS)
        ruled = [
            random_phrases.ruled(random, alphabet, f"said{number}")
            for number in range(random.choice([1, 1, 2, 3]))
        ]
        phrases = tuple(
            phrase
            for one in ruled
            if isinstance(one.rule, PhraseRule)
            for phrase in one.rule.phrases
        )
        if random.random() < 0.4:
            ruled += [random_rules.ruled(random, f"r{number}") for number in range(2)]
            random.shuffle(ruled)
        for _ in range(3):
            longest = random.choice([12, 12, 12, 60])
            yield random, ruled, random_phrases.text(random, alphabet, phrases, longest)


def try_random_phrases(seed: int, wanted: int) -> int:
    """Compare this many chunkings; return how many findings their texts have."""
    tried = found = 0
    for random, ruled, text in cases(seed):
        try:
            plan = plan_of(*ruled)
            answer = judge(ruled, text)
        except (TidegateError, SystemError):
            continue  # a random expression that is refused, or trips `re`
        cuts = [(hit.start, hit.end) for hit in answer.findings]
        for chunks in chunking.strategies(text, random, cuts):
            pickle_at = random if random.random() < 0.3 else None
            streamed = stream(plan, chunks, pickle_at=pickle_at, final=random.random() < 0.5)
            assert streamed.answer == answer, (ruled, chunks)
            tried += 1
        found += len(answer.findings)
        if tried >= wanted:
            return found
    raise AssertionError("the cases never end")


def test_random_phrases_are_found_in_any_chunks_where_the_oracle_finds_them() -> None:
    assert try_random_phrases(seed=1, wanted=4_000) > 2_000


@pytest.mark.long
def test_many_random_phrases_are_found_in_any_chunks_where_the_oracle_finds_them() -> None:
    wanted = int(os.environ.get("TIDEGATE_CASES", "20000"))
    seed = int(os.environ.get("TIDEGATE_SEED", "1"))
    found = try_random_phrases(seed=seed * 1_000_000, wanted=wanted)
    print(f"\n{wanted:,} chunkings under random phrases, {found:,} findings: 0 differences")


def test_a_short_list_is_an_expression_that_finds_the_same() -> None:
    random = Random(2)
    for _ in range(80):
        alphabet = random.choice(random_phrases.ALPHABETS)
        phrases = random_phrases.phrases(random, alphabet)
        whole = random.random() < 0.5
        own = said(*phrases, whole_words=whole)
        matcher = Matcher([rule(write_expression(phrases, whole_words=whole))])
        state_of = compile_rules([rule("a")])[1]
        for _ in range(5):
            text = random_phrases.text(random, alphabet, phrases).replace("\0", "")
            text = text.encode("utf-8", "replace").decode()
            found = matcher.push(state_of(), text, final=True)
            assert [(one.start, one.end) for one in found] == expected(own, text), (phrases, text)


@pytest.mark.parametrize(
    ("phrases", "text"),
    [
        (["cat", "cat food", "cat food bowl"], "«cat» «cat food» «Cat Food Bowl» cats"),
        (["a b", "b c d"], "«a b» c «b c d» «a b»"),
        (["he", "she", "hers"], "ushers «she» «he» «hers»"),
        (["机密", "секрет", "ลับ", "नमक"], "绝对«机密»文件 «СЕКРЕТ» секретный ความ«ลับ»ของ नमकीन"),
        (["Straße", "naïve"], "«STRASSE» «strasse» Straßen «naive» «NAÏVE»"),
        (["secret"], "«ｓｅｃｒｅｔ» «sе\u200bcrеt» «s\u0301ecret» «ѕесrет» «ꜱᴇᴄʀᴇᴛ» s-ecret"),
        (["top secret"], "«top \n\tsecret» top     secret «top\u3000secret»"),
        (["😀 ok", "👍🏽"], "«😀 OK» 👍 «👍🏽»"),
        (["ab"], "_«ab»_ 京«ab»京 xab ab1"),
    ],
)
def test_whole_words_in_all_scripts(phrases: list[str], text: str) -> None:
    plain, marks = unmark(text)
    own = said(*phrases)
    assert spans([own], [plain]) == marks == expected(own, plain)
    assert spans([own], list(plain), pickled=True) == marks


def test_substrings_are_found_inside_of_words_if_wanted() -> None:
    own = said("ass", "class", whole_words=False)
    plain, marks = unmark("«class»room gl«ass» assembly".replace("assembly", "«ass»embly"))
    assert spans([own], list(plain)) == marks


def test_leetspeak_stands_for_letters_and_numbers_stand_for_themselves() -> None:
    own = said("shit", "ass", "455", leetspeak=True)
    plain, marks = unmark("«5h1t» «$hit»! sh1ft «@ss» «a$$» a55 5417 «455» «ShIt» shi+e shlt")
    assert spans([own], list(plain)) == marks
    assert spans([said("shit")], ["sh1t"]) == []


def unmark(text: str) -> tuple[str, Spans]:
    plain, marks, start = "", [], 0
    for character in text:
        if character == "«":
            start = len(plain)
        elif character == "»":
            marks.append((start, len(plain)))
        else:
            plain += character
    return plain, marks


def test_what_one_code_point_folds_to_is_decided_at_once() -> None:
    own = said("s", "s t", whole_words=False)
    assert spans([own], ["ß t"]) == spans([own], ["ß", " ", "t"]) == [(0, 1)]


def test_text_is_held_only_while_a_phrase_may_still_come_of_it() -> None:
    plan = plan_of(Ruled(said("project nightjar")))
    held = [verdict.held for verdict in stream(plan, list("a project proj. x")).verdicts]
    assert held == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 0, 0, 0, 0]


def test_the_hold_is_bounded_by_the_longest_phrase() -> None:
    own = said("a b" * 10, "c d", whole_words=False)
    matcher = PhraseMatcher({0: own})
    assert matcher.max_width == 30 + 10 * (MAX_SPACES - 1)
    random = Random(3)
    for _ in range(30):
        state, size = PhraseState(), 0
        for _ in range(300):
            piece = random.choice(["a", "b", " ", "   ", "a b" * 3, "ba", "\u200b"])
            size += len(piece)
            matcher.push(state, piece)
            invisible = state.tail.raw_end - len(state.tail.text)
            assert size - state.frontier <= matcher.max_width + max(invisible, 0)
        assert len(state.tail.text) < 200


def test_invisible_characters_do_not_hold_a_phrase_back_for_ever() -> None:
    state, matcher = PhraseState(), PhraseMatcher({0: said("ab")})
    matcher.push(state, "a")
    for _ in range(MAX_INVISIBLE_RUN):
        assert not matcher.push(state, "\u200b")
    assert state.frontier == 0
    matcher.push(state, "\u200b")
    assert state.frontier == MAX_INVISIBLE_RUN + 2


def test_what_one_side_has_decided_waits_for_the_other_also_across_a_snapshot() -> None:
    rules = [rule("x...!"), said("b")]
    matcher, new_state = compile_rules(rules)
    assert isinstance(matcher, JoinedMatcher)
    state = new_state()
    assert not matcher.push(state, "x b ")
    state = new_state.restore(pickle.loads(pickle.dumps(state.snapshot())))
    assert state.frontier == 0
    found = matcher.push(state, "!")
    found = [*found, *matcher.push(state, " ")]
    assert [(match.start, match.end, match.rule) for match in found] == [(0, 5, 0), (2, 3, 1)]


def test_a_plan_without_phrases_has_the_matcher_of_expressions_alone() -> None:
    plan = plan_of(Ruled(rule("a")), Ruled(said("b"), Action.WARN))
    assert plan.enforced is not None
    assert plan.watching is not None
    assert type(plan.enforced.matcher) is Matcher
    assert type(plan.watching.matcher) is PhraseMatcher


def test_states_that_were_forgotten_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrails.phrase_index.MAX_REMEMBERED_STEPS", 20)
    random = Random(5)
    own = random_phrases.phrase_rule(random, "ab ", phrases=("ab", "abba", "ba b", "bb"))
    matcher = PhraseMatcher({0: own})
    for _ in range(100):
        text = random_phrases.text(random, "ab ", own.phrases).replace("\0", "")
        text = text.encode("utf-8", "replace").decode()
        found = matcher.push(PhraseState(), text, final=True)
        assert [(one.start, one.end) for one in found] == expected(own, text)


def test_the_index_keeps_what_texts_have_asked_for_and_nothing_else() -> None:
    index = PhraseIndex(sorted(f"{number:06}" for number in range(100_000)))
    state = index.root
    for character in "0000420":
        state = state[character]
    assert state.beginning == "000420"
    assert state.ends[0][:2] == (6, 420)
    assert set(index.root) == {"0", "4", "2"}


def test_a_new_phrase_makes_a_new_policy_version() -> None:
    many = [f"phrase {number}" for number in range(MAX_EXPRESSION_PHRASES + 1)]
    versions = {
        Policy(guardrails={"keywords": options}).version
        for options in (
            {"phrases": many},
            {"phrases": [*many, "another"]},
            {"phrases": many, "leetspeak": True},
            {"phrases": many, "whole_words": False},
        )
    }
    assert len(versions) == 4


@cache
def hundred_thousand() -> tuple[PhraseMatcher, tuple[str, ...]]:
    random = Random(7)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = [120, 90, 81, 77, 73, 69, 63, 60, 59, 43, 40, 29, 27, 26, 23, 21, 20, 18, 15, 11]
    weights += [10, 7, 3, 2, 2, 1]
    phrases: set[str] = set()
    while len(phrases) < 100_000:
        words = [
            "".join(random.choices(letters, weights, k=random.randint(3, 9)))
            for _ in range(random.choice([1, 1, 2, 3]))
        ]
        phrases.add(" ".join(words))
    chosen = tuple(sorted(phrases))
    options = KeywordOptions.model_validate({"phrases": list(chosen)})
    (own,) = build_keywords(options)
    assert isinstance(own, PhraseRule)
    return PhraseMatcher({0: own}), chosen


def test_a_hundred_thousand_phrases_are_found_in_any_chunks() -> None:
    matcher, phrases = hundred_thousand()
    random = Random(8)
    for _ in range(20):
        planted = random.sample(phrases, 5)
        text = " ".join(part for phrase in planted for part in (phrase.upper(), "Then", "we"))
        near = tuple(
            phrase for phrase in phrases_in(phrases, text) if normalise(phrase) in normalise(text)
        )
        own = said(*near)
        assert set(planted) <= set(near)
        for chunks in chunking.strategies(text, random):
            state = PhraseState()
            found = []
            for chunk in chunks:
                found += matcher.push(state, chunk)
                state = PhraseState.restore(pickle.loads(pickle.dumps(state.snapshot())))
            found += matcher.push(state, "", final=True)
            assert [(one.start, one.end) for one in found] == expected(own, text)


def phrases_in(phrases: Sequence[str], text: str) -> set[str]:
    """Return the phrases made of words that stand side by side in a text."""
    known, words = set(phrases), normalise(text).split(" ")
    return {
        phrase
        for first in range(len(words))
        for count in (1, 2, 3)
        if (phrase := " ".join(words[first : first + count])) in known
    }


def test_keywords_take_a_hundred_thousand_phrases_and_no_more() -> None:
    _, phrases = hundred_thousand()
    policy = Policy(guardrails={"keywords": {"phrases": list(phrases), "mode": "monitor"}})
    (setting,) = policy.resolve()
    assert setting.mode is Mode.MONITOR
    with pytest.raises(ValueError, match="100000"):
        Policy(guardrails={"keywords": {"phrases": [*phrases, "one more"]}})
    assert KEYWORDS.options is KeywordOptions
