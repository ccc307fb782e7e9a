"""The characters and classes of RE2's syntax."""

from __future__ import annotations

import re

from guardrails.fold import fold
from guardrails.packs.named_class import POSIX, SPACE, unicode_class
from guardrails.packs.piece import SPECIAL_IN_CLASS, escape, write_ranges
from guardrails.tree import LAST_CODE_POINT, Ranges, complement

_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_KEPT = (r"\d", r"\D", r"\w", r"\W")
_UNICODE = re.compile(r"\\[pP](?:\{(\^?)(\w+)\}|([A-Z]))")
_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
_CHARACTER = re.compile(
    r"\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|([1-7][0-7]{1,2}|0[0-7]{0,2})|(.))", re.DOTALL
)
# Python warns of them: they may come to mean operations on sets.
_DOUBLED = re.compile(r"([&|~])(?=\1)")


class Untranslatable(ValueError):
    """The expression is no RE2, or says what Python's syntax cannot."""


class Characters:
    """Reads a text of RE2 from left to right. at: the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fault(self, what: str) -> Untranslatable:
        """Return the error that says what is wrong here."""
        return Untranslatable(f"{what} (at character {self.at + 1} of the expression)")

    def looking_at(self, text: str) -> bool:
        """Tell whether this comes next."""
        return self.text.startswith(text, self.at)

    def kept(self) -> str:
        r"""Read what is written alike and means the same: `\d`, `\w` and their opposites."""
        found = self.text[self.at : self.at + 2]
        if found not in _KEPT:
            return ""
        self.at += 2
        return found

    def escaped_class(self) -> Ranges | None:
        r"""Read `\s`, `\S`, `\p...` or `\P...`; None if none of them stands here."""
        if self.looking_at(r"\s") or self.looking_at(r"\S"):
            self.at += 2
            return SPACE if self.text[self.at - 1] == "s" else complement(SPACE)
        if not (self.looking_at(r"\p") or self.looking_at(r"\P")):
            return None
        match = _UNICODE.match(self.text, self.at)
        if match is None:
            raise self.fault(r"expected \pL or \p{Name}")
        name = match[2] or match[3]
        try:
            ranges = unicode_class(name)
        except KeyError as error:
            raise self.fault(f"Unicode has no class '{name}'") from error
        negated = self.looking_at(r"\P") != (match[1] == "^")
        self.at = match.end()
        return complement(ranges) if negated else ranges

    def escaped_character(self) -> str:
        """Read a backslash and the character it stands for."""
        match = _CHARACTER.match(self.text, self.at)
        if match is None:
            raise self.fault("a backslash stands alone")
        hexadecimal, octal, letter = match[1] or match[2], match[3], match[4]
        if letter:
            character = _CONTROL.get(letter, letter)
            if character == letter and (letter.isalnum() or not letter.isascii()):
                raise self.fault(f"RE2 has no '\\{letter}'")
        else:
            code_point = int(hexadecimal, 16) if hexadecimal else int(octal, 8)
            if code_point > LAST_CODE_POINT:
                raise self.fault("there is no such character")
            character = chr(code_point)
        self.at = match.end()
        return character

    def read_class(self) -> str:
        """Read a class in brackets."""
        opened = self.at
        self.at += 1
        negated = self.looking_at("^")
        self.at += negated
        items = ""
        while not items or not self.looking_at("]"):
            if self.at >= len(self.text):
                self.at = opened
                raise self.fault("'[' is not closed")
            items += self._item()
        self.at += 1
        items = _DOUBLED.sub(r"\\\1", items)
        return f"[{'^' * negated}{items}]"

    def _item(self) -> str:
        if kept := self.kept():
            return kept
        if posix := _POSIX.match(self.text, self.at):
            if posix[2] not in POSIX:
                raise self.fault(f"there is no class '[:{posix[2]}:]'")
            self.at = posix.end()
            return write_ranges(complement(POSIX[posix[2]]) if posix[1] else POSIX[posix[2]])
        ranges = self.escaped_class()
        if ranges is not None:
            return r"\S\v" if ranges == complement(SPACE) else write_ranges(ranges)
        low = self._character()
        if not self.looking_at("-") or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            # What folds to one other character is that one, too.
            folded = fold(low)
            forms = low + folded if len(folded) == 1 and folded != low else low
            return "".join(escape(form, SPECIAL_IN_CLASS) for form in forms)
        self.at += 1
        high = self._character()
        if high < low:
            raise self.fault("a range in a class goes backwards")
        return write_ranges(((ord(low), ord(high)),))

    def _character(self) -> str:
        if self.looking_at("\\"):
            return self.escaped_character()
        self.at += 1
        return self.text[self.at - 1]
