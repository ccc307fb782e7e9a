r"""RE2's syntax, which Go and so gitleaks read, in Python's.

What is written alike and means something else, or is not there, is written out: flags in the middle
hold to the end of their group, `\z` and a bare `$` are the end of the text, `\s` has no vertical
tab, `[[:alnum:]]`, `\pL` and `\Q...\E` become plain classes and characters. Rules see folded text
(`guardrails.fold`), so characters are folded too. Repeats without an upper bound get one.

Reference: https://github.com/google/re2/wiki/Syntax and Go's regexp/syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from guardrails.errors import RuleError
from guardrails.packs.piece import Branches, Piece, write, write_literal, write_ranges
from guardrails.packs.re2_class import Characters, Untranslatable
from guardrails.syntax import UNBOUNDED_CHARS_CLAMP, UNBOUNDED_GROUP_CLAMP, Chars, parse
from guardrails.tree import Ranges, complement

__all__ = ["Translation", "Untranslatable", "say_clamped", "translate", "translations"]

# How far `a+` reads where no upper bound is written: 8,192: servers refuse header lines of more
# than 8 kB (nginx, large_client_header_buffers; Apache, LimitRequestFieldSize), so no token that is
# sent is longer, and a PEM block of an RSA-8192 key has 6.4k.
MAX_RUN_CHARS = 8_192
# Where a run may go over spaces and is not asked to be long, it is prose: the engine's clamp.
_LONG_RUN = 16
# What is tried one behind the other where runs behind one another are too wide, or can explode.
_RUN_CHARS = (MAX_RUN_CHARS, UNBOUNDED_CHARS_CLAMP, 64)
# RE2: the most a repeat may count.
_MAX_REPEAT = 1_000

_EDGES = {r"\A": r"\A", r"\z": r"\Z", r"\b": r"\b", r"\B": r"\B"}
_REPEAT = re.compile(r"([*+?])|\{(\d+)(?:(,)(\d*))?\}")
_GROUP = re.compile(r"\(\?(?:P?<(?P<name>\w+)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")


class Translation(msgspec.Struct, frozen=True):
    """An expression in Python's syntax. groups: how many captured. outermost: those that stand in
    no other one, have no name and are not repeated. clamped: the repeats without upper bound, as
    they are written here, and how far each reads. narrowed: `.` reads no carriage return, as it
    reads no line feed: lines of text that end in either can then be read in one way only.
    """

    branches: Branches
    groups: int
    outermost: tuple[int, ...]
    clamped: tuple[tuple[str, int], ...]
    narrowed: bool

    @property
    def text(self) -> str:
        """Return the expression."""
        return write(self.branches)


def translate(
    expression: str,
    names: Mapping[int, str] | None = None,
    *,
    run_chars: int = MAX_RUN_CHARS,
    narrow: bool = False,
) -> Translation:
    r"""Translate an expression. names: of the groups that are kept, by number. run_chars: how far a
    repeat without upper bound reads. narrow: let `.` read no carriage return.

    Raises Untranslatable, with the place in the expression.

    >>> translate(r"\bA[[:alnum:]]{2}(?i)b|c$").text
    '\\bA[0-9A-Za-z]{2}(?i:b)|(?i:c\\Z)'
    """
    dot = r"[^\r\n]" if narrow else "."
    reader = _Reader(expression, names or {}, run_chars, dot)
    branches = reader.branches()
    if reader.at < len(expression):
        raise reader.fault("')' closes nothing")
    outermost = (one for one in range(1, reader.groups + 1) if one not in reader.lesser)
    clamped = tuple(dict.fromkeys(reader.clamped))
    narrowed = narrow and reader.dots > 0
    return Translation(branches, reader.groups, tuple(outermost), clamped, narrowed)


def translations(expression: str, names: Mapping[int, str] | None = None) -> Iterator[Translation]:
    """Yield translations that read less and less, for what is too wide or can explode.

    Raises Untranslatable.
    """
    for run_chars in _RUN_CHARS:
        yield translate(expression, names, run_chars=run_chars)
        narrowed = translate(expression, names, run_chars=run_chars, narrow=True)
        if narrowed.narrowed:
            yield narrowed


def say_clamped(clamped: Iterable[tuple[str, int]]) -> str:
    """Say how far repeats read; nothing if there are none.

    >>> say_clamped([("a+", 512), ("b+", 512)])
    'at most 512 in a row are read: a+ b+'
    """
    by_bound: dict[int, list[str]] = {}
    for part, most in clamped:
        by_bound.setdefault(most, []).append(part)
    said = (f"at most {most:,} in a row are read: {' '.join(by_bound[most])}" for most in by_bound)
    return "; ".join(said)


class _Flags(NamedTuple):
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


class _Reader(Characters):
    """Reads an expression. groups: opened so far. lesser: those that are named, repeated or stand
    in another one. dots: how many stand for any character of a line.
    """

    def __init__(self, text: str, names: Mapping[int, str], run_chars: int, dot: str) -> None:
        super().__init__(text)
        self.groups = self.dots = 0
        self.lesser: set[int] = set()
        self.clamped: list[tuple[str, int]] = []
        self._names = names
        self._run_chars = run_chars
        self._dot = dot
        self._flags = _Flags()

    # ------------------------------------------------------------------ branches

    def branches(self) -> list[list[Piece]]:
        """Read up to the end of the group. Flags that change in it end with it."""
        outer = self._flags
        branches: list[list[Piece]] = [[]]
        while self.at < len(self.text) and not self.looking_at(")"):
            if self.looking_at("|"):
                self.at += 1
                branches.append([])
            elif self.looking_at(r"\Q"):
                branches[-1] += self._quoted()
            elif not self._takes_flags():
                branches[-1] += self._part()
        self._flags = outer
        return branches

    def _part(self) -> list[Piece]:
        """Read a character, class, edge or group, with its repeat."""
        groups = self.groups
        if self.looking_at("("):
            inner, number = self._group()
        else:
            inner, number = [[Piece(self._atom(), self._flags.i)]], 0
        repeat = _REPEAT.match(self.text, self.at)
        if not number and repeat is None and len(inner) == 1:
            # A group that neither captures nor repeats nor chooses is only its parts.
            return inner[0]
        text = write(inner, any_case=self._flags.i)
        if number:
            name = self._names.get(number)
            text = f"(?P<{name}>{text})" if name else f"(?:{text})"
        elif not _is_atom(inner, text):
            text = f"(?:{text})"
        if repeat is not None:
            if repeat[0] != "?":
                self.lesser.update(range(groups + 1, self.groups + 1))
            return [self._repeated(text, repeat, number)]
        ends = any([piece.text for piece in branch] == [r"\Z"] for branch in inner)
        return [Piece(text, self._flags.i, number, ends=ends)]

    def _takes_flags(self) -> bool:
        """Take flags for the rest of the group, if they stand here."""
        match = _GROUP.match(self.text, self.at)
        if match is None or match["end"] != ")":
            return False
        self._set_flags(match["flags"])
        self.at = match.end()
        return True

    def _set_flags(self, flags: str) -> None:
        on, _, off = flags.partition("-")
        self._flags = self._flags._replace(**dict.fromkeys(on, True))
        self._flags = self._flags._replace(**dict.fromkeys(off, False))

    def _group(self) -> tuple[list[list[Piece]], int]:
        """Read a group; return its branches, and its number if it captures."""
        opened, outer, number = self.at, self._flags, 0
        match = _GROUP.match(self.text, self.at)
        if match is None and self.looking_at("(?"):
            raise self.fault("RE2 has no group that begins so")
        if match is None or match["name"]:
            self.groups += 1
            number = self.groups
            self.lesser.update({number} if match else ())
        else:
            self._set_flags(match["flags"])
        self.at = match.end() if match else self.at + 1
        branches = self.branches()
        if not self.looking_at(")"):
            self.at = opened
            raise self.fault("'(' is not closed")
        self.at += 1
        self._flags = outer
        if number:
            self.lesser.update(range(number + 1, self.groups + 1))
        return branches, number

    def _quoted(self) -> list[Piece]:
        end = self.text.find(r"\E", self.at)
        quoted = self.text[self.at + 2 : end if end >= 0 else None]
        self.at = end + 2 if end >= 0 else len(self.text)
        any_case = self._flags.i
        pieces = [Piece(write_literal(one, any_case=any_case), any_case) for one in quoted]
        repeat = _REPEAT.match(self.text, self.at)
        if repeat is not None and pieces:
            # Of the last character alone.
            last = pieces.pop()
            text = last.text if _is_atom([[last]], last.text) else f"(?:{last.text})"
            pieces.append(self._repeated(text, repeat, 0))
        return pieces

    # ------------------------------------------------------------------ repeats

    def _repeated(self, text: str, repeat: re.Match[str], number: int) -> Piece:
        sign, first, comma, last = repeat.groups()
        low = (0 if sign in "*?" else 1) if sign else int(first)
        high = None if sign in ("*", "+") or (comma and not last) else int(last or low)
        if sign == "?":
            high = 1
        if max(low, high or 0) > _MAX_REPEAT or (high is not None and high < low):
            raise self.fault(f"expected bounds up to {_MAX_REPEAT:,}, the lower one first")
        self.at = repeat.end()
        lazy = self.looking_at("?")
        self.at += lazy
        if _REPEAT.match(self.text, self.at):
            raise self.fault("a repeat cannot be repeated; put a group around it")
        ranges = _ranges(text)
        bounds = repeat[0] if high is not None else self._clamp(text, low, repeat[0], ranges)
        lazy ^= self._flags.U
        return Piece(
            *(f"{text}{bounds}{'?' * lazy}", self._flags.i, number, low),
            lazy_class=text if lazy and ranges is not None else "",
        )

    def _clamp(self, text: str, low: int, written: str, ranges: Ranges | None) -> str:
        """Return a repeat without upper bound as it is written here."""
        if ranges is None:
            self.clamped.append((f"{text}{written}", max(low, UNBOUNDED_GROUP_CLAMP)))
            return written
        prose = low < _LONG_RUN and any(first <= 32 <= last for first, last in ranges)
        most = min(self._run_chars, UNBOUNDED_CHARS_CLAMP) if prose else self._run_chars
        self.clamped.append((f"{text}{written}", max(low, most)))
        return written if most == UNBOUNDED_CHARS_CLAMP else f"{{{low},{max(low, most)}}}"

    # ------------------------------------------------------------------ atoms

    def _atom(self) -> str:
        character = self.text[self.at]
        if _REPEAT.match(self.text, self.at):
            raise self.fault("there is nothing to repeat")
        if character == "[":
            return self.read_class()
        if character == "\\":
            return self._escaped()
        self.at += 1
        if character == ".":
            self.dots += not self._flags.s
            return r"[\s\S]" if self._flags.s else self._dot
        if character == "^":
            return "(?m:^)" if self._flags.m else r"\A"
        if character == "$":
            return "(?m:$)" if self._flags.m else r"\Z"
        return write_literal(character, any_case=self._flags.i)

    def _escaped(self) -> str:
        edge = _EDGES.get(self.text[self.at : self.at + 2])
        if edge:
            self.at += 2
            return edge
        if kept := self.kept():
            return kept
        ranges = self.escaped_class()
        if ranges is None:
            return write_literal(self.escaped_character(), any_case=self._flags.i)
        rest = complement(ranges)
        negated = len(rest) < len(ranges)
        return f"[{'^' * negated}{write_ranges(rest if negated else ranges)}]"


def _is_atom(inner: Branches, text: str) -> bool:
    """Tell whether a repeat behind the text repeats all of it."""
    if len(inner) != 1 or len(inner[0]) != 1:
        return False
    return len(text) == 1 or text.endswith(")") or _ranges(text) is not None


def _ranges(text: str) -> Ranges | None:
    """Return the class of a part that is one character; None for any other."""
    try:
        root = parse(text).root
    except RuleError:
        return None
    return root.ranges if isinstance(root, Chars) else None
