"""Which rules may match in a text: one Hyperscan pass over all of them.

Each rule is relaxed to an expression that matches wherever the rule does: lookarounds and edges are
dropped, and a repeat at the end is cut to its minimum. A hit only says "look closer".
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import hyperscan

from guardrails.errors import RuleError
from guardrails.syntax import (
    Chain,
    Chars,
    Choice,
    Edge,
    Group,
    Look,
    Node,
    Ranges,
    Repeat,
    complement,
    union,
    unparse,
)

_FLAGS = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
# Of the library; its type stubs do not know it.
_VERSION: str = hyperscan.__version__  # type: ignore[attr-defined]
# Beyond this a repeat is relaxed to "or more": Hyperscan refuses large counters.
_MAX_COUNTED = 255


class DatabaseCache(Protocol):
    """Keeps compiled databases between processes, by a key that covers all that went in."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under the key, or None."""

    def put(self, key: str, database: bytes) -> None:
        """Keep a compiled database; failing to is not an error."""


class Prefilter:
    """One compiled Hyperscan database over a set of rules. Block mode: nothing to save."""

    def __init__(self, roots: Mapping[str, Node], cache: DatabaseCache | None = None) -> None:
        """roots: the rules by id; hits count them in this order. Compiling takes some 10 ms a rule.

        Raises RuleError naming the rule that Hyperscan refuses.
        """
        expressions = {rule: relax(root).encode() for rule, root in roots.items()}
        self._database = _load(expressions, cache)
        self._triggers = _compile_triggers(list(roots.values()))
        # Hyperscan lets go of the interpreter while it scans, and a scratch serves one scan at a
        # time: each worker thread has its own.
        self._scratches = threading.local()

    def hits(self, text: str, start: int) -> list[int]:
        """Return the numbers of the rules that may match in `text` from code point `start` on.

        text: without lone surrogates. What lies before `start` may cause hits, never prevent one.
        """
        found: list[int] = []
        if self._triggers is None or self._triggers(text, start) is not None:
            # By position: keywords cost this call as much again as an empty scan takes.
            self._database.scan(text.encode(), _collect, 0, found, self._scratch())
        return found

    def _scratch(self) -> Any:
        try:
            return self._scratches.own
        except AttributeError:
            self._scratches.own = hyperscan.Scratch(self._database)
            return self._scratches.own


def _collect(rule: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(rule)


def _load(expressions: Mapping[str, bytes], cache: DatabaseCache | None) -> Any:
    digest = hashlib.sha256(f"{getattr(hyperscan, '__version__', '')}:{_FLAGS}".encode())
    for expression in expressions.values():
        digest.update(len(expression).to_bytes(4, "big") + expression)
    key = digest.hexdigest()
    saved = cache.get(key) if cache else None
    if saved is not None:
        try:
            return hyperscan.loadb(saved, hyperscan.HS_MODE_BLOCK)
        except hyperscan.HyperscanError:
            pass  # written by another build of the library: compile it anew
    try:
        database = _compile(list(expressions.values()))
    except hyperscan.HyperscanError as error:
        raise _refused(expressions, error) from error
    if cache:
        cache.put(key, hyperscan.dumpb(database))
    return database


def _compile(expressions: list[bytes]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=expressions,
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[_FLAGS] * len(expressions),
    )
    return database


def _refused(expressions: Mapping[str, bytes], error: Exception) -> RuleError:
    """Find the rule that Hyperscan refuses, and say so."""
    for rule, expression in expressions.items():
        try:
            _compile([expression])
        except hyperscan.HyperscanError as own:
            return RuleError(f"rule '{rule}': Hyperscan cannot compile it: {own}")
    return RuleError(f"Hyperscan cannot compile the rules together: {error}")


# Relative frequency of characters in English prose, per mille, rounded up; all others count 1.
# Only speed depends on it. Source: counted over the recorded answers.
_COMMON = {" ": 160} | dict(
    zip(
        "etaoinsrhldcumpgfywbv.,",
        (
            *(
                100,
                73,
                66,
                61,
                59,
                57,
                53,
                50,
                40,
                34,
                30,
                28,
                23,
                20,
                18,
                17,
                16,
                15,
                14,
                12,
                9,
                10,
                10,
            ),
        ),
        strict=True,
    )
)
# Searching triggers first pays while at most one character in ten is one.
_MAX_TRIGGER_WEIGHT = 100


def _compile_triggers(roots: Sequence[Node]) -> Callable[[str, int], object] | None:
    """Return a search for characters one of which every match contains, or None if too common."""
    ranges = union([pair for root in roots for pair in _trigger(root)[1]])
    if not ranges or _weigh(ranges) > _MAX_TRIGGER_WEIGHT:
        return None
    return re.compile(unparse(Chars(ranges))).search


def _weigh(ranges: Ranges) -> int:
    weight = 0
    for low, high in ranges:
        weight += high - low + 1
        weight += sum(extra for key, extra in _COMMON.items() if low <= ord(key) <= high)
    return weight


# Heavier than any class: a part that need not be there triggers nothing.
_NEVER: tuple[int, Ranges] = (1 << 40, ())


def _trigger(node: Node) -> tuple[int, Ranges]:
    """Return the rarest class one character of which every match of the node contains."""
    if isinstance(node, Chars):
        return _weigh(node.ranges), node.ranges
    if isinstance(node, Chain):
        return min((_trigger(part) for part in node.parts), default=_NEVER)
    if isinstance(node, Choice):
        found = [_trigger(branch) for branch in node.branches]
        if _NEVER in found:
            return _NEVER
        ranges = union([pair for _, branch in found for pair in branch])
        return _weigh(ranges), ranges
    if isinstance(node, Repeat) and node.low:
        return _trigger(node.part)
    if isinstance(node, Group):
        return _trigger(node.part)
    return _NEVER


def relax(root: Node) -> str:
    """Return a Hyperscan expression that matches wherever the rule does.

    >>> from guardrails.syntax import parse
    >>> relax(parse(r"\\bsk-[a-z]{20,40}(?![a-z])").root)
    'sk\\\\x{2d}[a-z]{20}'
    """
    return _write(_shorten(root))


def _shorten(node: Node) -> Node:
    """Cut the last repeat of an expression to its minimum: a longer match begins as a short one."""
    if isinstance(node, Repeat):
        return node if node.low == 0 else Repeat(node.part, node.low, node.low)
    if isinstance(node, Group):
        return _shorten(node.part)
    if isinstance(node, Choice):
        return Choice(tuple(_shorten(branch) for branch in node.branches))
    if isinstance(node, Chain):
        parts = list(node.parts)
        while parts and (
            isinstance(parts[-1], Look | Edge)
            or (isinstance(parts[-1], Repeat) and parts[-1].low == 0)
        ):
            parts.pop()
        return Chain((*parts[:-1], _shorten(parts[-1]))) if parts else node
    return node


def _write(node: Node) -> str:
    if isinstance(node, Chars):
        return _write_class(node.ranges)
    if isinstance(node, Chain):
        return "".join(
            f"(?:{_write(part)})" if isinstance(part, Choice) else _write(part)
            for part in node.parts
        )
    if isinstance(node, Choice):
        return "|".join(_write(branch) for branch in node.branches)
    if isinstance(node, Group):
        return f"(?:{_write(node.part)})"
    if isinstance(node, Repeat) and node.high:
        atom = _write(node.part) if isinstance(node.part, Chars) else f"(?:{_write(node.part)})"
        return atom + _write_bounds(node.low, node.high)
    return ""


def _write_bounds(low: int, high: int) -> str:
    if low == high <= _MAX_COUNTED:
        return f"{{{low}}}"
    if high > _MAX_COUNTED:
        return f"{{{min(low, _MAX_COUNTED)},}}"
    return f"{{{low},{high}}}"


def _write_code_point(code_point: int) -> str:
    character = chr(code_point)
    if character.isascii() and character.isalnum():
        return character
    return f"\\x{{{code_point:x}}}"


def _write_class(ranges: Ranges) -> str:
    rest = complement(ranges)
    if not rest:
        return "."
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _write_code_point(ranges[0][0])
    negated = len(rest) < len(ranges)
    body = "".join(
        _write_code_point(low)
        if low == high
        else f"{_write_code_point(low)}-{_write_code_point(high)}"
        for low, high in (rest if negated else ranges)
    )
    return f"[{'^' if negated else ''}{body}]"
