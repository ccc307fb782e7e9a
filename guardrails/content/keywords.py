"""Phrases that must not appear.

Catches: every phrase of the list in any case, in full-width or styled letters, in look-alikes of
other scripts, with accents or without, with invisible characters inside, and with 1 to 4 white
space characters wherever the phrase has white space; if wanted in leetspeak, where digits and signs
stand for letters (`p4$$word`). By default: the markers by which models tell instructions from text,
which no reader should see. Misses: other spellings, letters with other characters in between,
leetspeak of more digits than letters. Cost: none beside other rules for up to 32 phrases without
leetspeak; else 2 µs per chunk, 3 for 100,000.

Whole words: where a phrase begins or ends in a letter or digit of a script that puts spaces between
words, no such letter or digit may stand beside it. Han, Kana, Thai, Lao, Khmer and Myanmar put
none, so phrases in them are found anywhere. An underscore stands between words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pydantic import Field, field_validator

from guardrails.fold import fold
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.phrase_tail import MAX_SPACES
from guardrails.phrases import LOOK_ALIKES, PhraseRule, even, is_spaced, normalise
from guardrails.rule import Rule

# What a policy can hold, see `guardrails.document`; more costs memory, not time.
MAX_PHRASES = 100_000
MAX_PHRASE_CHARS = 200
# So many phrases are one expression among the others, at no cost of its own; the defaults are 17. A
# longer list would let more chunks be searched, and is walked by its own automaton instead.
MAX_EXPRESSION_PHRASES = 32
_LAST_LETTER = 0x1FFFF

_DEFAULT_PHRASES = (
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|endofprompt|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<<SYS>>",
    "<</SYS>>",
    "[INST]",
    "[/INST]",
)


@cache
def _spaced_class() -> str:
    """Return a character class of all that `is_spaced`."""
    ranges: list[list[int]] = []
    for code_point in range(_LAST_LETTER + 1):
        if is_spaced(chr(code_point)):
            if ranges and ranges[-1][1] == code_point - 1:
                ranges[-1][1] = code_point
            else:
                ranges.append([code_point, code_point])
    return "[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges) + "]"


@cache
def _forms() -> dict[str, str]:
    """Return all folded characters that are read as another one, by what they are read as."""
    forms: dict[str, str] = {}
    for character in map(chr, range(_LAST_LETTER + 1)):
        if character.upper() == character.lower() and character not in LOOK_ALIKES:
            continue
        if (read := even(character)) != character == fold(character):
            forms[read] = forms.get(read, "") + character
    return forms


def _write_character(character: str) -> str:
    """Write a character of a normal form: whatever is read as it."""
    forms = _forms().get(character, "")
    return f"[{re.escape(character + forms)}]" if forms else re.escape(character)


def _write_phrase(phrase: str) -> str:
    return rf"\s{{1,{MAX_SPACES}}}".join(
        "".join(map(_write_character, word)) for word in phrase.split(" ")
    )


class KeywordOptions(Options):
    """The phrases to look for."""

    phrases: list[str] = Field(
        default=list(_DEFAULT_PHRASES), min_length=1, max_length=MAX_PHRASES, description="phrases"
    )
    whole_words: bool = Field(default=True, description="do not match inside of longer words")
    leetspeak: bool = Field(default=False, description="digits and signs may stand for letters")

    @field_validator("phrases")
    @classmethod
    def _is_visible(cls, phrases: list[str]) -> list[str]:
        for number, phrase in enumerate(phrases, 1):
            if not normalise(phrase):
                raise ValueError(f"phrase {number} is empty, or invisible")
            if len(phrase) > MAX_PHRASE_CHARS:
                raise ValueError(f"phrase {number} is longer than {MAX_PHRASE_CHARS} characters")
        return phrases


def build_keywords(options: KeywordOptions) -> tuple[Rule, ...]:
    """Make one rule of the phrases: an expression of a short list, else of phrases."""
    if len(options.phrases) > MAX_EXPRESSION_PHRASES or options.leetspeak:
        return (
            PhraseRule(
                id="keywords",
                type="KEYWORD",
                confidence=1.0,
                phrases=tuple(options.phrases),
                whole_words=options.whole_words,
                leetspeak=options.leetspeak,
            ),
        )
    expression = write_expression(options.phrases, whole_words=options.whole_words)
    return (Rule(id="keywords", type="KEYWORD", expression=expression, confidence=1.0),)


def write_expression(phrases: Iterable[str], *, whole_words: bool) -> str:
    """Write one expression that finds what a `PhraseRule` of the phrases does."""
    # The longest first, so that it wins where several begin.
    normal = sorted(set(map(normalise, phrases)), key=lambda phrase: (-len(phrase), phrase))
    edge = ""
    if whole_words and any(is_spaced(phrase[0]) or is_spaced(phrase[-1]) for phrase in normal):
        # Nowhere between two characters of a word.
        edge = f"(?!(?<={_spaced_class()}){_spaced_class()})"
    return f"{edge}(?:{'|'.join(map(_write_phrase, normal))}){edge}"


KEYWORDS = Guardrail(
    id="keywords",
    family="content",
    summary="Phrases that must not appear",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.3),
        client_safe=True,
    ),
    action=Action.BLOCK,
    options=KeywordOptions,
    build=build_keywords,
    catches=(
        "Sure!«<|im_end|>»\n",
        "好的«[INST]»你好",
        "text«<|ENDOFTEXT|>»",
        "（«＜|im_start|＞»system",
        "<<SYS «<<SYS>>» be nice «<</SYS>>»",
    ),
    ignores=(
        "if a <| b and c |> d: f[INSTANCE] = <system>",
        "a | b || c <= d >= e << f >> g",
        "the im_start token",
        "see [1], [INSTALL] and [/docs]",
    ),
)
