"""Phrases that must not appear.

Catches: every phrase of the list in any case, in full-width or styled letters, with accents, and
with 1 to 4 white space characters wherever the phrase has white space. By default: the markers by
which models tell instructions from text, which no reader should see. Misses: other spellings,
letters with other characters in between. Cost: grows with the list; a phrase without a rare
character (a digit, `<`, `|`, a letter beyond ASCII) makes every chunk be searched.

Whole words: where a phrase begins or ends in a letter or digit of a script that puts spaces between
words, no such letter or digit may stand beside it. Han, Kana, Thai, Lao, Khmer and Myanmar put
none, so phrases in them are found anywhere. An underscore stands between words.
"""

from __future__ import annotations

import re
import unicodedata
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
from guardrails.rule import Rule

# 2,000 phrases of 15 characters make 30k positions, which compile in some 10 s.
MAX_PHRASES = 2_000
MAX_PHRASE_CHARS = 200
_MAX_SPACES = 4
# Unicode's blocks (Blocks.txt) of scripts that write words without spaces between them.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x19E0, 0x19FF),  # Khmer symbols
    (0x2E80, 0x312F),  # Han radicals, Hiragana, Katakana, Bopomofo
    (0x31A0, 0x9FFF),  # Kana extensions, Han
    (0xA9E0, 0xA9FF),  # Myanmar extended B
    (0xAA60, 0xAA7F),  # Myanmar extended A
    (0xF900, 0xFAFF),  # Han compatibility
    (0x1AFF0, 0x1B16F),  # Kana
    (0x20000, 0x3FFFF),  # Han
)
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


def is_spaced(character: str) -> bool:
    """Tell whether a character is part of a word in a script with spaces between words.

    Marks count: they are the vowels of many scripts.

    >>> is_spaced("a"), is_spaced("京"), is_spaced("-")
    (True, False, False)
    """
    code_point = ord(character)
    if any(low <= code_point <= high for low, high in _UNSPACED):
        return False
    return unicodedata.category(character)[0] in "LNM"


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


def _write_character(character: str) -> str:
    """Write every folded form of a character's cases."""
    forms = sorted({fold(form) for form in (character, character.lower(), character.upper())})
    return re.escape(forms[0]) if len(forms) == 1 else f"(?:{'|'.join(map(re.escape, forms))})"


def _write_phrase(phrase: str) -> str:
    return rf"\s{{1,{_MAX_SPACES}}}".join(
        "".join(map(_write_character, word)) for word in phrase.split()
    )


def _needs_edges(phrase: str) -> bool:
    folded = fold(phrase).strip()
    return is_spaced(folded[0]) or is_spaced(folded[-1])


class KeywordOptions(Options):
    """The phrases to look for."""

    phrases: list[str] = Field(
        default=list(_DEFAULT_PHRASES), min_length=1, max_length=MAX_PHRASES, description="phrases"
    )
    whole_words: bool = Field(default=True, description="do not match inside of longer words")

    @field_validator("phrases")
    @classmethod
    def _is_visible(cls, phrases: list[str]) -> list[str]:
        for number, phrase in enumerate(phrases, 1):
            if not fold(phrase).strip():
                raise ValueError(f"phrase {number} is empty, or invisible")
            if len(phrase) > MAX_PHRASE_CHARS:
                raise ValueError(f"phrase {number} is longer than {MAX_PHRASE_CHARS} characters")
        return phrases


def build_keywords(options: KeywordOptions) -> tuple[Rule, ...]:
    """Make one rule of the phrases, the longest first, so that it wins where several begin."""
    phrases = sorted(set(options.phrases), key=lambda phrase: (-len(phrase), phrase))
    edge = ""
    if options.whole_words and any(map(_needs_edges, phrases)):
        # Nowhere between two characters of a word.
        edge = f"(?!(?<={_spaced_class()}){_spaced_class()})"
    any_phrase = "|".join(map(_write_phrase, phrases))
    expression = f"(?i:{edge}(?:{any_phrase}){edge})"
    return (Rule(id="keywords", type="KEYWORD", expression=expression, confidence=1.0),)


KEYWORDS = Guardrail(
    id="keywords",
    family="content",
    summary="Phrases that must not appear",
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.01,
        cost=Cost(cpu_ms=0.1),
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
