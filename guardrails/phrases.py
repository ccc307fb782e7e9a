"""Phrases to look for, and the normal form in which they are compared with text.

The normal form of a text is that of its code points, one behind the other: folded
(`guardrails.fold`), in one case, each look-alike as the letter it imitates, all white space as
spaces. So `normal(a + b) == normal(a) + normal(b)`, but for runs of white space, which count as one
space (`guardrails.phrase_tail`).
"""

from __future__ import annotations

import unicodedata

from guardrails.fold import fold
from guardrails.rule import Rule

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
# As `\s` of an expression reads them on folded text.
_WHITE = frozenset(" \t\n\r\f\v")
# Letters, in lower case, that fonts draw like a Latin one and that neither NFKD nor another case
# leads to: small capitals and other letters of phonetic alphabets, letters with a stroke, Armenian,
# Cherokee.
LOOK_ALIKES = dict(
    zip(
        "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ" + "ɑɡɩøđħŧƒɨʉɵ" + "օսոհ" + "ꭺᏼꮯꭰꭼꮐꮋꭵꭻꮶꮮꮇꮲꭱꮪꭲꮩꮃꮓ",
        "abcdefghijklmnoprstuvwyz" + "agiodhtfiuo" + "ounh" + "abcdeghijklmprstvwz",
        strict=True,
    )
)

# What stands for letters in leetspeak.
LEETSPEAK = dict(zip("0345678" + "9@$!+€¢", "oeasgtb" + "gasitec", strict=True)) | {
    "1": "il",
    "|": "il",
}


class PhraseRule(Rule, frozen=True, kw_only=True):
    """Phrases that are found by their own automaton instead of an expression.

    phrases: as they were written. whole_words: not inside of longer words of scripts that put
    spaces between words. leetspeak: digits and signs may stand for letters. The longest phrase that
    begins at a place is the match, the next one begins behind it. check, bounds and context are
    not asked.
    """

    expression: str = ""
    phrases: tuple[str, ...]
    whole_words: bool = True
    leetspeak: bool = False


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


class SpacedTable(dict[str, bool]):
    """`is_spaced` of each character met so far; Unicode bounds its size."""

    def __missing__(self, character: str) -> bool:
        spaced = self[character] = is_spaced(character)
        return spaced


def even(character: str) -> str:
    """Return the one form of all cases and look-alikes of a folded character.

    The capital decides: fonts draw those of Cyrillic and Greek like Latin ones more often.

    >>> even("Я"), even("к"), even("К"), even("ς"), even("\\n")
    ('я', 'k', 'k', 'σ', ' ')
    """
    if character in _WHITE:
        return " "
    lower = fold(character.upper()).lower()
    return LOOK_ALIKES.get(lower, lower) if len(lower) == 1 else character


class NormalTable(dict[str, str]):
    """The normal form of each code point met so far; Unicode bounds its size."""

    def __missing__(self, character: str) -> str:
        normal = self[character] = "".join(map(even, fold(character)))
        return normal


NORMAL = NormalTable()


def normalise(phrase: str) -> str:
    """Return the normal form of a phrase; empty for what cannot be seen.

    >>> normalise("  Ｃafé  СССР")
    'cafe cccp'
    """
    normal = "".join([NORMAL[character] for character in phrase])
    return " ".join(filter(None, normal.split(" ")))


def stands_for(text: str, phrase: str) -> bool:
    """Tell whether a text, in normal form, is the phrase in leetspeak; both have one length.

    A letter must be left as it is, and no more than half may be digits: numbers are no words.

    >>> stands_for("w0rd5", "words"), stands_for("4n0", "ano"), stands_for("@$$", "ass")
    (True, False, False)
    """
    digits = kept = 0
    for given, wanted in zip(text, phrase, strict=True):
        if given == wanted:
            kept += given.isalpha()
        elif wanted not in LEETSPEAK.get(given, ""):
            return False
        else:
            digits += given.isdecimal()
    return kept > 0 and 2 * digits <= len(phrase)


def coarse(character: str) -> str:
    """Return one for all characters that may stand for each other in leetspeak.

    >>> {coarse(character) for character in "1iIl!|"} >= {"i"}
    True
    """
    return _COARSE.get(character, character)


_COARSE = {sign: letters[0] for sign, letters in LEETSPEAK.items()} | {"l": "i"}
