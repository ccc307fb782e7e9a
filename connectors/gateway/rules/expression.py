"""A rule's expression as the source of a JavaScript RegExp that matches exactly the same.

Written from the tree that the engine itself runs (`guardrails.syntax`), in which classes, cases and
clamped repeats are already what they mean: so no flag and no class of JavaScript decides anything.
The source is for the flags `u` and none of `i`, `m`, `s`, `v`. What the two languages read
differently is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.errors import RuleError, TidegateError
from guardrails.rule import CAP_GROUP, PART_GROUP
from guardrails.syntax import parse
from guardrails.tree import (
    Chain,
    Chars,
    Choice,
    Condition,
    Edge,
    Group,
    Look,
    Node,
    Ranges,
    Reference,
    Repeat,
    complement,
    width,
)

# JavaScript's `m` also breaks lines at U+000D, U+2028 and U+2029; without it `^` and `$` are the
# ends of the text. `\b` reads ASCII words under `u` without `i`, as `re` does with ASCII.
_EDGES = {
    "^": "^",
    r"\A": "^",
    r"\Z": "$",
    "$": r"(?=\n?$)",
    r"\b": r"\b",
    r"\B": r"\B",
    "(?m:^)": r"(?<![^\n])",
    "(?m:$)": r"(?![^\n])",
}


class Untranslatable(TidegateError):
    """A rule means something JavaScript has not. Next: leave it to the server."""


def translate(expression: str) -> str:
    r"""Return the source of a RegExp for the flag `u`.

    Raises Untranslatable for what cannot be carried over exactly.

    >>> translate(r"(?i:k)\d{2}(?P<secret>[^\n]+)\Z")
    '[Kk][0-9]{2,2}(?<secret>[^\\x0a]{1,512})$'
    """
    try:
        root = parse(expression).root
    except RuleError as error:
        raise Untranslatable(f"the expression cannot be read: {error}") from error
    return _Writer().write(root)


class _Writer:
    """Writes one expression.

    set_groups: the groups that have matched wherever the node being written is reached.
    """

    def __init__(self) -> None:
        self._set_groups: frozenset[str] = frozenset()
        self._atomic_groups = 0
        self._behind = False
        # Inside of what may be repeated, or is only looked at and denied.
        self._forgets = False

    def write(self, node: Node) -> str:
        match node:
            case Chars():
                return _class(node.ranges)
            case Chain():
                return "".join(self._part(part) for part in node.parts)
            case Reference():
                return self._reference(node)
            case Condition():
                raise Untranslatable("it asks whether a group was set")
            case Choice():
                return self._choice(node)
            case Repeat():
                return self._repeat(node)
            case Group():
                return self._group(node)
            case Look():
                return self._look(node)
            case Edge():
                return _EDGES[node.text]
        raise Untranslatable(f"it has a part of an unknown kind: {type(node).__name__}")

    def _part(self, node: Node) -> str:
        written = self.write(node)
        return f"(?:{written})" if _is_choice(node) else written

    def _choice(self, node: Choice) -> str:
        before = self._set_groups
        written, behind = [], []
        for branch in node.branches:
            self._set_groups = before
            written.append(self.write(branch))
            behind.append(self._set_groups)
        self._set_groups = frozenset.intersection(*behind)
        return "|".join(written)

    def _repeat(self, node: Repeat) -> str:
        if width(node.part)[0] == 0 and node.low != node.high:
            # JavaScript refuses an empty round and tries another way; `re` takes it and goes on.
            raise Untranslatable("it repeats what may be empty")
        possessive = node.kind == "possessive"
        if possessive and not isinstance(node.part, Chars):
            # There `re` of CPython 3.11 misses matches, which no other engine repeats.
            raise Untranslatable("it repeats a group possessively")
        before, forgets = self._set_groups, self._forgets
        # JavaScript forgets groups at every round; `re` remembers the last one.
        self._forgets = forgets or node.high > 1
        atom = self.write(node.part)
        if not isinstance(node.part, Chars):
            atom = f"(?:{atom})"
        self._forgets = forgets
        if node.low == 0:
            self._set_groups = before
        lazy = "?" if node.kind == "lazy" else ""
        written = f"{atom}{{{node.low},{node.high}}}{lazy}"
        return self._atomic(written) if possessive else written

    def _atomic(self, written: str) -> str:
        """Write what gives nothing back: a lookahead, which JavaScript never enters again."""
        if self._behind:
            raise Untranslatable("an atomic part stands in a lookbehind, which is read backwards")
        self._atomic_groups += 1
        name = f"a{self._atomic_groups}"
        return rf"(?=(?<{name}>{written}))\k<{name}>"

    def _group(self, node: Group) -> str:
        if node.atomic:
            return self._atomic(self.write(node.part))
        written = self.write(node.part)
        if node.name is None:
            return f"(?:{written})"
        if self._behind:
            raise Untranslatable("a group that is asked for stands in a lookbehind")
        if self._forgets and _is_asked_for(node.name):
            raise Untranslatable("a group that is asked for stands in a repeat or a denied look")
        self._set_groups |= {node.name}
        return f"(?<{node.name}>{written})"

    def _reference(self, node: Reference) -> str:
        if node.any_case:
            raise Untranslatable("a back reference is read in any case")
        if node.name not in self._set_groups:
            # Here `re` fails, and JavaScript reads the empty text.
            raise Untranslatable("a back reference may stand for a group that was not set")
        return rf"\k<{node.name}>"

    def _look(self, node: Look) -> str:
        before, behind, forgets = self._set_groups, self._behind, self._forgets
        self._behind = behind or not node.ahead
        self._forgets = forgets or node.negated
        mark = ("" if node.ahead else "<") + ("!" if node.negated else "=")
        written = f"(?{mark}{self.write(node.part)})"
        self._set_groups, self._behind, self._forgets = before, behind, forgets
        return written


def _is_choice(node: Node) -> bool:
    return isinstance(node, Choice) and not isinstance(node, Condition)


def _is_asked_for(name: str) -> bool:
    return name == CAP_GROUP or name.startswith(PART_GROUP)


def _class(ranges: Ranges) -> str:
    if not ranges:
        return "(?!)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _escape(ranges[0][0])
    rest = complement(ranges)
    negated = len(rest) < len(ranges) or not rest
    listed = "".join(_range_texts(rest if negated else ranges))
    return f"[^{listed}]" if negated else f"[{listed}]"


def _range_texts(ranges: Ranges) -> Iterator[str]:
    for first, last in ranges:
        yield _escape(first)
        if last > first:
            yield f"-{_escape(last)}"


def _escape(code_point: int) -> str:
    character = chr(code_point)
    if character.isascii() and character.isalnum():
        return character
    return f"\\x{code_point:02x}" if code_point < 256 else f"\\u{{{code_point:x}}}"
