"""Text as the rules see it: one code point at a time, so that cutting changes nothing.

`fold(a + b) == fold(a) + fold(b)`, which NFKC over whole texts does not have. Full-width and
styled letters and digits become ASCII, dashes and spaces one of each, inherited marks and invisible
characters vanish, look-alike letters of Cyrillic and Greek become the Latin letter they imitate.
Case stays: keys are told apart by it. ASCII text is its own folded form and costs nothing.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

# A run of invisible characters is dropped up to this length; what is longer stays visible to the
# rules as U+FFFD, so that no text can hold back the frontier for ever by adding nothing. 64: twice
# the longest run of marks on one letter in "Zalgo" generators' default output.
MAX_INVISIBLE_RUN = 64

REPLACEMENT = "\ufffd"

# Latin look-alikes, from the single letters of Unicode's confusables (UTS #39) in Cyrillic and
# Greek that fonts draw alike.
_LOOK_ALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ",
    "ABESIJKMHOPCTYXaesijopcyxhdqw" + "ABEZHIKMNOPTYXovp",
)
# Characters without shape that are not of Unicode category Cf: Hangul fillers.
_SHAPELESS = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5")
# Marks of script Inherited (Scripts.txt): they decorate a letter of any script. The vowel signs of
# Indic scripts, the Japanese voicing marks and Hebrew points are letters' business and stay.
_INHERITED_MARKS = (
    (0x0300, 0x036F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
)
# One code point that is read as two letters, which NFKD leaves alone.
_LIGATURES = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i", "ł": "l"}

_UNCLEAN = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """Replace U+0000 and lone surrogates by U+FFFD and join surrogate pairs.

    What comes out can be encoded as UTF-8, and no rule can be fooled by a NUL.
    """
    if _UNCLEAN.search(text) is None:
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", REPLACEMENT)


def ends_in_half(text: str) -> bool:
    """Return whether the text ends in the first half of a surrogate pair."""
    return bool(text) and "\ud800" <= text[-1] <= "\udbff"


def clean_content(content: str, *, final: bool) -> str:
    """Clean a whole text so far; half a pair at its end waits for the next one, if there is one."""
    return clean(content[:-1] if not final and ends_in_half(content) else content)


def _fold_code_point(character: str) -> str:
    category = unicodedata.category(character)
    code_point = ord(character)
    if category in ("Cf", "Cc") and code_point > 0x7F:
        return "" if category == "Cf" else character
    if character in _SHAPELESS:
        return ""
    if any(low <= code_point <= high for low, high in _INHERITED_MARKS):
        return ""
    if category == "Zs":
        return " "
    if category == "Pd" or character in "\u2212\u2043":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _LIGATURES:
        return _LIGATURES[character]
    decomposed = unicodedata.normalize("NFKD", character)
    if decomposed != character:
        kept = "".join(_fold_code_point(part) for part in decomposed if part != character)
        # Hangul and kana are composed again: their parts are not decoration.
        return unicodedata.normalize("NFC", kept)
    return character.translate(_LOOK_ALIKES)


class _FoldTable(dict[str, str]):
    """The folded form of each code point met so far; Unicode bounds its size."""

    def __missing__(self, character: str) -> str:
        folded = self[character] = character if character.isascii() else _fold_code_point(character)
        return folded


_FOLDED = _FoldTable()


def fold(text: str) -> str:
    """Fold a text on its own, e.g. a phrase of a keyword list.

    >>> fold("４１１１ Café")
    '4111 Cafe'
    """
    return text if text.isascii() else "".join([_FOLDED[character] for character in text])


class FoldedTail:
    """The end of a stream's folded text, and where each of its code points came from.

    text: the folded text from `base` on. base, and all offsets called folded, count folded code
    points from the start of the stream; raw offsets count the stream's own. points: pairs of a
    folded and a raw offset, from which on both go in step up to the next point.
    """

    __slots__ = ("_invisible", "base", "points", "raw_end", "text")

    def __init__(self) -> None:
        self.text = ""
        self.base = 0
        self.raw_end = 0
        self._invisible = 0
        self.points: list[tuple[int, int]] = []

    def append(self, text: str) -> str:
        """Fold one more chunk of clean text onto the tail; return the tail. O(len(text) + tail)."""
        if text.isascii():
            folded = text
            if text:
                self._invisible = 0
        else:
            pieces = [_FOLDED[character] for character in text]
            folded = "".join(pieces)
            if len(folded) != len(text) or "" in pieces:
                folded = self._map(pieces)
            else:
                self._invisible = 0
        self.raw_end += len(text)
        self.text = tail = self.text + folded
        return tail

    def _map(self, pieces: list[str]) -> str:
        """Record the offsets of a chunk whose folded form is not one to one."""
        out: list[str] = []
        at = self.base + len(self.text)
        in_step = True
        for raw, piece in enumerate(pieces, self.raw_end):
            folded = piece
            if folded:
                self._invisible = 0
            else:
                self._invisible += 1
                if self._invisible <= MAX_INVISIBLE_RUN:
                    in_step = False
                    continue
                folded = REPLACEMENT
            if not in_step:
                self.points.append((at, raw))
            in_step = len(folded) == 1
            self.points.extend((at + part, raw) for part in range(1, len(folded)))
            out.append(folded)
            at += len(folded)
        if not in_step:
            self.points.append((at, self.raw_end + len(pieces)))
        return "".join(out)

    def raw(self, folded: int) -> int:
        """Return the raw offset a folded one came from."""
        if not self.points:
            return folded
        index = bisect_right(self.points, folded, key=_folded_of) - 1
        if index < 0:
            return folded
        at, raw = self.points[index]
        return raw + folded - at

    def align(self, folded: int) -> int:
        """Return where the code point that a folded offset belongs to begins: what one code point
        folds to is decided at once.
        """
        while folded > self.base and self.raw(folded) == self.raw(folded - 1):
            folded -= 1
        return folded

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the raw span of folded text: with the invisible characters that follow it, or, if
        it ends inside of what one code point folds to, rounded outward to the whole of it.
        """
        if not self.points:
            return start, end
        last = self.raw(end - 1)
        behind = self.raw(end) if end < self.base + len(self.text) else self.raw_end
        return self.raw(start), behind if behind > last else last + 1

    def drop_before(self, folded: int) -> None:
        """Forget the text before a folded offset."""
        self.text = self.text[folded - self.base :]
        self.base = folded
        if len(self.points) > 1:
            index = bisect_right(self.points, folded, key=_folded_of) - 1
            if index > 0:
                del self.points[:index]

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        return (self.text, self.base, self.raw_end, self._invisible, tuple(self.points))

    @classmethod
    def restore(cls, saved: tuple[object, ...]) -> FoldedTail:
        """Continue from a snapshot."""
        tail = cls()
        text, base, raw_end, invisible, points = saved
        tail.text = text  # type: ignore[assignment]
        tail.base = base  # type: ignore[assignment]
        tail.raw_end = raw_end  # type: ignore[assignment]
        tail._invisible = invisible  # type: ignore[assignment]
        tail.points = list(points)  # type: ignore[call-overload]
        return tail


def _folded_of(point: tuple[int, int]) -> int:
    return point[0]
