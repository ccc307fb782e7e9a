"""Rules over a stream that arrives in pieces, with the answer of the whole text.

Let q, the frontier, be the smallest start from which the text so far is a prefix of some match
(`guardrails.frontier`). A match that starts before q cannot change any more, whatever follows, so
it is reported; what starts at q or later waits. q never moves back. By induction the reported
matches are those of the whole text, however it was cut, and at any time only the text from q on,
plus what lookbehinds may read, is kept. A push reads on where the last one stopped; where a rule
may have matched, its exact expression looks at what was decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import msgspec

from guardrails.breaker import Breaker
from guardrails.dfa import State
from guardrails.errors import RuleError
from guardrails.fold import FoldedTail
from guardrails.frontier import Frontier
from guardrails.rule import CAP_GROUP, PART_GROUP, Rule
from guardrails.syntax import parse
from guardrails.tail_state import TailState
from guardrails.tree import (
    LAST_CODE_POINT,
    Chain,
    Chars,
    Look,
    Node,
    Repeat,
    lookahead,
    unparse,
)

# Decided text may grow to this beyond what lookbehinds read: dropping it costs the same each time.
_SPARE_CHARS = 64

# A longer text is taken in pieces, code points: where a rule may have matched, its expression looks
# at all that was decided with it.
_MAX_PIECE = 1_000

# A check of a rule that keeps raising is left alone for two pages of text, later for longer.
COOL_DOWN_CHARS = 5_000
MAX_COOL_DOWN_CHARS = 100_000
_ANY = Chars(((0, LAST_CODE_POINT),))


class Match(msgspec.Struct, frozen=True, gc=False):
    """A decided match. start, end: raw offsets. text: folded. capped: cut at the rule's cap.
    failed: its check raised, so it is not known whether it counts. part: where stands what a
    redaction replaces, raw; None: all of it.
    """

    rule: int
    start: int
    end: int
    text: str
    capped: bool
    failed: bool = False
    part: tuple[int, int] | None = None


class _CompiledRule:
    """A rule with its exact expression; `accepts` is everything an expression cannot say.

    What only a hit needs is compiled when there is one: of 600 rules, few ever have.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    @cached_property
    def exact(self) -> re.Pattern[str]:
        return re.compile(unparse(parse(self._rule.expression).root), re.ASCII)

    @cached_property
    def capped(self) -> bool:
        return CAP_GROUP in self.exact.groupindex

    @cached_property
    def parts(self) -> list[str]:
        return [name for name in self.exact.groupindex if name.startswith(PART_GROUP)]

    @cached_property
    def accepts(self) -> Callable[[str, int, int], bool] | None:
        return _acceptance(self._rule)


def _parse(rule: Rule) -> tuple[Node, int, int]:
    """Return what is read of a text for a rule, how wide that is, and how far it looks back."""
    try:
        syntax = parse(rule.expression)
    except RuleError as error:
        raise type(error)(f"rule '{rule.id}': {error}") from error
    # What stands beside a word says whether it is one.
    reach = max(rule.context_chars + bool(rule.words), 1 if rule.bounds else 0)
    node = _with_reach(syntax.root, reach)
    return node, syntax.max_width + lookahead(node), max(syntax.lookbehind, reach)


def _with_reach(root: Node, reach: int) -> Node:
    """Let what is read behind the match keep it pending, as a lookahead does.

    The last character of the reach decides: when it is there, nothing is pending any more.
    """
    if reach < 2:
        return root
    return Chain((root, Look(Repeat(_ANY, 0, reach - 1), ahead=True, negated=False)))


def _acceptance(rule: Rule) -> Callable[[str, int, int], bool] | None:
    """Compose a rule's check, bounds and context into one question about (tail, start, end)."""
    check, bounds, near = rule.check, rule.bounds, _nearness(rule)
    if check is None and bounds is None and near is None:
        return None

    def accepts(tail: str, start: int, end: int) -> bool:
        if bounds and not bounds(tail[start - 1 : start] if start else "", tail[end : end + 1]):
            return False
        if check and not check(tail[start:end]):
            return False
        return near is None or near(tail, start, end)

    return accepts


def _nearness(rule: Rule) -> Callable[[str, int, int], bool] | None:
    """Return the question whether one of the texts a rule needs stands near (tail, start, end)."""
    if not rule.context and not rule.words:
        return None
    reach = rule.context_chars
    # One character more on each side is looked at and not part of the text: hence the dots.
    texts = [f"(?:{'|'.join(map(re.escape, rule.context))})"] if rule.context else []
    if rule.words:
        texts.append(f"(?<![a-z0-9])(?:{'|'.join(map(re.escape, rule.words))})(?![a-z0-9])")
    find = re.compile(f"(?<=.)(?:{'|'.join(texts)})(?=.)", re.ASCII | re.DOTALL).search

    def near(tail: str, start: int, end: int) -> bool:
        left = tail[max(0, start - reach - 1) : start + 1]
        if start <= reach:
            left = "\n" + left
        if find(left.lower()):
            return True
        right = tail[end - 1 : end + reach + 1]
        if end + reach >= len(tail):
            right += "\n"
        return bool(find(right.lower()))

    return near


class MatchState(TailState):
    """What one stream's matching needs to go on. Small, and all that is saved of it primitives.

    decided: folded. scanned: characters read, and those that exact expressions looked at. breakers:
    of rules whose check has raised in this stream; None while none has.
    """

    __slots__ = ("breakers", "hits", "hurried", "pending", "resume")
    kind = FoldedTail
    tail: FoldedTail

    def __init__(self) -> None:
        super().__init__()
        # Whether the next push finds the frontier even of text that has outgrown a wide rule.
        self.hurried = False
        # What the text has led to from `decided` on, None: to be read from there; and the rules
        # that may have matched there. Neither is part of a snapshot: the text says it.
        self.pending: State | None = None
        self.hits = 0
        # Where a rule may match again, for rules whose last match reaches beyond the frontier;
        # None as long as there was none.
        self.resume: dict[int, int] | None = None
        self.breakers: dict[int, Breaker] | None = None

    def hurry(self) -> None:
        """Let the next push decide what it can, also in a long hold it would look at later."""
        self.hurried = True

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        resume = tuple((self.resume or {}).items())
        breakers = tuple((rule, one.snapshot()) for rule, one in (self.breakers or {}).items())
        return (
            *(self.tail.snapshot(), self.decided, resume, self.scanned),
            breakers,
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> MatchState:
        """Continue from a snapshot."""
        state = cls()
        tail, state.decided, resume, state.scanned, breakers = saved
        state.tail = FoldedTail.restore(tail)
        state.resume = dict(resume) or None
        if breakers:
            state.breakers = {rule: _new_breaker().resume(one) for rule, one in breakers}
        return state


class Matcher:
    """A compiled set of rules. Immutable and shared by all streams of a policy version."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile. Raises RuleError naming the rule that cannot be."""
        self._rules = [_CompiledRule(rule) for rule in rules]
        parsed = [_parse(rule) for rule in rules]
        self._frontier = Frontier([node for node, _, _ in parsed], [wide for _, wide, _ in parsed])
        self._lookbehind = max((behind for _, _, behind in parsed), default=1)
        self._max_behind = self._lookbehind + _SPARE_CHARS
        self.max_width = self._frontier.max_width

    def push(self, state: MatchState, text: str, *, final: bool = False) -> Sequence[Match]:
        """Take the next chunk of clean text; return the matches that are now decided.

        final: no text follows; everything is decided. O(chunk + hold).
        """
        if len(text) > _MAX_PIECE:
            return self._push_pieces(state, text, final=final)
        folded = state.tail
        read = len(folded.text)
        tail = folded.append(text)
        base = folded.base
        first = state.decided - base
        state.scanned += len(tail) - read
        frontier, state.pending, hits, opened = self._frontier.advance(
            tail, first, state.pending, read, final=final, hurry=state.hurried
        )
        state.hurried = False
        if folded.points and not final:
            aligned = folded.align(base + frontier) - base
            if aligned < frontier:
                # What one code point folds to is decided at once: these starts are read again.
                frontier, state.pending, opened = aligned, None, 0
        hits |= state.hits
        if frontier == first:
            state.hits = hits | opened
            return ()
        state.hits = opened
        found: Sequence[Match] = ()
        if hits:
            state.scanned += frontier - first
            found = self._confirm(state, _members(hits), first, frontier)
        state.decided = base + frontier
        if frontier > self._max_behind:
            folded.drop_before(base + frontier - self._lookbehind)
        return found

    def _push_pieces(self, state: MatchState, text: str, *, final: bool) -> Sequence[Match]:
        found: list[Match] = []
        for start in range(0, len(text), _MAX_PIECE):
            piece = text[start : start + _MAX_PIECE]
            last = start + _MAX_PIECE >= len(text)
            found += self.push(state, piece, final=final and last)
        return found

    def _confirm(
        self, state: MatchState, hits: Iterable[int], first: int, frontier: int
    ) -> Sequence[Match]:
        """Run the exact expressions of the rules that were hit over the newly decided starts."""
        folded, tail, base = state.tail, state.tail.text, state.tail.base
        found: list[Match] = []
        for index in hits:
            compiled = self._rules[index]
            search, accepts = compiled.exact.search, compiled.accepts
            resumed = state.resume.pop(index, 0) if state.resume else 0
            position = max(first, resumed - base)
            while position < frontier:
                match = search(tail, position)
                if match is None or match.start() >= frontier:
                    break
                start, end = match.span()
                failed = False
                if accepts is not None:
                    accepted = self._accept(state, index, start, end)
                    if accepted is False:
                        position = start + 1
                        continue
                    failed = accepted is None
                position = end
                raw_start, raw_end = folded.raw_span(base + start, base + end)
                if found and found[-1].start == raw_start and found[-1].rule == index:
                    continue  # twice within what one code point folds to
                capped = compiled.capped and match[CAP_GROUP] is not None
                part = None
                if compiled.parts and (inner := _part(match, compiled.parts)):
                    part = folded.raw_span(base + inner[0], base + inner[1])
                found.append(Match(index, raw_start, raw_end, match[0], capped, failed, part))
            if position > frontier:
                state.resume = {**(state.resume or {}), index: base + position}
        found.sort(key=_by_offset)
        return found

    def _accept(self, state: MatchState, index: int, start: int, end: int) -> bool | None:
        """Ask a rule's check about a match; None if it raised, or raised too often to be asked.

        The breaker's time is the text: what was tried does not depend on when.
        """
        tail, at = state.tail.text, state.tail.base + start
        accepts = self._rules[index].accepts
        breaker = None if state.breakers is None else state.breakers.get(index)
        if accepts is None or (breaker is not None and not breaker.admit(at)):
            return None
        try:
            accepted = accepts(tail, start, end)
        except Exception:  # noqa: BLE001 -- whatever a check raises
            if state.breakers is None:
                state.breakers = {}
            state.breakers.setdefault(index, _new_breaker()).fail(at)
            return None
        if breaker is not None:
            breaker.succeed()
        return accepted


def _members(hits: int) -> Iterable[int]:
    """Yield the rules of a set of hits, in order.

    >>> list(_members(0b1010))
    [1, 3]
    """
    while hits:
        lowest = hits & -hits
        yield lowest.bit_length() - 1
        hits ^= lowest


def _part(match: re.Match[str], names: Sequence[str]) -> tuple[int, int] | None:
    """Return the span of the first group that holds text of the match; None if none does."""
    start, end = match.span()
    for name in names:
        inner, outer = match.span(name)
        # A group may be empty, unset, or stand in what is only looked at.
        if start <= inner < outer <= end:
            return inner, outer
    return None


def _new_breaker() -> Breaker:
    """Return the breaker of a rule's check in one stream; its seconds are code points."""
    return Breaker(cool_down_s=COOL_DOWN_CHARS, max_cool_down_s=MAX_COOL_DOWN_CHARS)


def _by_offset(match: Match) -> tuple[int, int, int]:
    return match.start, match.end, match.rule
