"""What people do today: the same rules over the whole text so far, at every chunk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import hyperscan

from guardrails.plan import BoundRule, Plan
from guardrails.rule import Rule
from guardrails.syntax import parse
from guardrails.tree import Chain, Choice, Edge, Group, Look, Node, Repeat, unparse

_FLAGS = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_DOTALL
_ESCAPES = re.compile(r"\\(?:x([0-9a-f]{2})|U([0-9a-f]{8}))")
# Hyperscan's own limit for a counted repeat of some expressions; longer ones compile for minutes.
MAX_COUNTED = 255
_OR_MORE = 999_999
Span = tuple[int, int, str]


class ExactRule:
    """One rule by Python's `re`, with its checks; ASCII classes as the engine has them."""

    def __init__(self, bound: BoundRule) -> None:
        self.rule: Rule = bound.rule
        self.label = bound.label
        self.node = parse(bound.rule.expression).root
        self.pattern = re.compile(unparse(self.node), re.ASCII)

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        """Yield every match that its checks accept, from `start` on."""
        while (match := self.pattern.search(text, start)) is not None:
            begin, end = match.span()
            if self._accepts(text, begin, end):
                yield begin, end, self.label
                start = end
            else:
                start = begin + 1

    def _accepts(self, text: str, start: int, end: int) -> bool:
        rule = self.rule
        if rule.bounds and not rule.bounds(text[start - 1 : start], text[end : end + 1]):
            return False
        if rule.check and not rule.check(text[start:end]):
            return False
        if not rule.context:
            return True
        reach = rule.context_chars
        near = text[max(0, start - reach) : start] + "\n" + text[end : end + reach]
        return any(word in near.lower() for word in rule.context)


def redact(text: str, spans: Sequence[Span]) -> str:
    """Replace each span with its label; of overlapping spans the first one wins."""
    out, position = [], 0
    for start, end, label in sorted(spans):
        if start >= position:
            out += [text[position:start], label]
            position = end
    return "".join([*out, text[position:]])


class PythonRescan:
    """Every rule over the whole text by `re`."""

    def __init__(self, plan: Plan) -> None:
        self._rules = [ExactRule(bound) for bound in enforced_rules(plan)]

    def __call__(self, text: str) -> str:
        return redact(text, [span for rule in self._rules for span in rule.find(text)])


class HyperscanRescan:
    """One Hyperscan pass over the whole text, exact confirmation of what it hits.

    Rules for which Hyperscan can report the start of a match do so; the others are confirmed from
    the start of the text.
    """

    def __init__(self, plan: Plan) -> None:
        self._rules = [ExactRule(bound) for bound in enforced_rules(plan)]
        expressions = [hyperscan_expression(rule.node) for rule in self._rules]
        flags = [_start_flag(expression) for expression in expressions]
        self.with_start = flags.count(_WITH_START)
        self._database = compile_database(expressions, flags)

    def __call__(self, text: str) -> str:
        found: dict[int, int] = {}
        data = text.encode()
        self._database.scan(data, match_event_handler=_note_first, context=found)
        if not found:
            return text
        spans: list[Span] = []
        for rule, start in found.items():
            # Hyperscan counts bytes. One back: what stands before a match may be asked about.
            first = max(0, len(data[:start].decode(errors="ignore")) - 1)
            spans += self._rules[rule].find(text, first)
        return redact(text, spans)


def _note_first(rule: int, start: int, _end: int, _flags: int, found: dict[int, int]) -> None:
    found[rule] = min(start, found.get(rule, start))


def compile_database(expressions: Sequence[bytes], flags: Sequence[int]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=list(expressions),
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=list(flags),
    )
    return database


_WITH_START = _FLAGS | hyperscan.HS_FLAG_SOM_LEFTMOST
WITHOUT_START = _FLAGS | hyperscan.HS_FLAG_SINGLEMATCH


def _start_flag(expression: bytes) -> int:
    try:
        compile_database([expression], [_WITH_START])
    except hyperscan.HyperscanError:
        return int(WITHOUT_START)
    return int(_WITH_START)


def hyperscan_expression(node: Node) -> bytes:
    """Write a rule for Hyperscan so that it matches wherever the rule does.

    It knows no lookarounds, and long counts take it minutes: they become "or more".
    """

    def code_point(match: re.Match[str]) -> str:
        return f"\\x{{{match[1] or match[2]}}}"

    written = unparse(_without_looks(node)).replace(f",{_OR_MORE}}}", ",}")
    return _ESCAPES.sub(code_point, written).encode()


def _without_looks(node: Node) -> Node:
    if isinstance(node, Look | Edge):
        return Chain(())
    if isinstance(node, Chain):
        return Chain(tuple(_without_looks(part) for part in node.parts))
    if isinstance(node, Choice):
        return Choice(tuple(_without_looks(branch) for branch in node.branches))
    if isinstance(node, Repeat):
        high = node.high if node.high <= MAX_COUNTED else _OR_MORE
        return Repeat(_without_looks(node.part), min(node.low, MAX_COUNTED), high)
    if isinstance(node, Group):
        return Group(_without_looks(node.part))
    return node


def enforced_rules(plan: Plan) -> Sequence[BoundRule]:
    """Return the rules text waits for, in the matcher's order."""
    assert plan.enforced is not None
    return plan.enforced.rules


def final_text(rescan: Callable[[str], str], chunks: Sequence[str]) -> str:
    """Rescan at every chunk; return what the whole text has become."""
    text = shown = ""
    for chunk in chunks:
        text += chunk
        shown = rescan(text)
    return shown
