"""What was found in one stream, and how much of it has been said.

A finding is reported when the frontier of the enforced rules has passed its start, no earlier: a
block further left would end the stream before it, and what is reported must not depend on how the
text was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from guardrails.events import Finding
from guardrails.guardrail import Action
from guardrails.matcher import Match
from guardrails.plan import END_OF_TEXT, BoundRule, Lane, Plan
from guardrails.release import Enforced
from guardrails.reported import Reported


class Found(msgspec.Struct, frozen=True, gc=False):
    """A decided match with what the policy does about it. text: folded, for the fingerprint.
    failed: the rule's check raised. Enforced rules fail closed: it counts as found. part: what a
    redaction replaces; None: all of it.
    """

    bound: BoundRule
    start: int
    end: int
    text: str
    capped: bool
    failed: bool = False
    part: tuple[int, int] | None = None

    @property
    def action(self) -> Action:
        """What is done about it; a redaction whose end is unknown is a block."""
        action = self.bound.action
        return Action.BLOCK if self.capped and action is Action.REDACT else action

    def enforced(self) -> Enforced:
        """Return it as the release sees it."""
        rule, blocks = self.bound.rule, self.action is Action.BLOCK
        return Enforced(
            *(self.start, self.end, blocks, rule.confidence, rule.id, self.bound.label),
            self.part or (self.start, self.end),
        )


def bind(lane: Lane | None, matches: Sequence[Match]) -> list[Found]:
    """Join a lane's matches with its rules."""
    if lane is None:
        return []
    return [
        Found(
            *(lane.rules[match.rule], match.start, match.end),
            *(match.text, match.capped, match.failed),
            part=match.part,
        )
        for match in matches
    ]


class Ledger:
    """The findings of one stream.

    ahead: decided matches that only watch and wait for the frontier. reported: the findings said
    so far. ends_at: findings from here on are not counted, because the stream was cut. floor:
    findings that end at or before it are about text that was rewritten after readers had it.
    """

    __slots__ = ("_plan", "ahead", "ends_at", "floor", "over_length", "reported")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.ahead: tuple[Found, ...] = ()
        self.reported = Reported()
        self.ends_at = END_OF_TEXT
        self.floor = 0
        # The length limit makes one finding, not one per chunk.
        self.over_length = False

    def watch(self, matches: Sequence[Match]) -> None:
        """Take what the rules that only watch have decided."""
        if matches:
            found = bind(self._plan.watching, matches)
            self.ahead = (*self.ahead, *(item for item in found if item.end > self.floor))

    def enforce(self, matches: Sequence[Match], frontier: int) -> list[Found]:
        """Take what the enforced rules have decided; return what touches the text, by offset.

        frontier: raw; every enforced finding that starts before it is known.
        """
        found = bind(self._plan.enforced, matches)
        if self.floor:
            found = [item for item in found if item.end > self.floor]
        self._limit_length(found, frontier)
        return up_to_block(found)

    def end(self, found: Sequence[Found]) -> None:
        """Learn what touches the text for good: the stream ends with the first block."""
        if any(item.action is Action.BLOCK for item in found):
            self.ends_at = found[-1].start + 1

    def _limit_length(self, found: list[Found], frontier: int) -> None:
        """Add the finding of a text that grew too long, where the frontier passes it."""
        limit = self._plan.length_limit
        if limit is None or self.over_length or frontier <= limit.max_chars:
            return
        self.over_length = True
        start = limit.max_chars
        # A redaction would have no end: it cuts, too.
        item = Found(limit.bound, start, start + 1, "", capped=True)
        if limit.enforced:
            found.append(item)
            found.sort(key=by_offset)
        else:
            self.ahead = (*self.ahead, item)

    def report(self, found: Sequence[Found], frontier: int) -> tuple[Finding, ...]:
        """Return the findings of one verdict: enforced ones, and those they have passed."""
        if not found and not self.ahead:
            return ()
        passed_to = min(frontier, self.ends_at)
        self.reported.fail(item.bound.rule.id for item in found if item.failed)
        if self.ahead:
            passed = [item for item in self.ahead if item.start < passed_to]
            self.ahead = tuple(item for item in self.ahead if item.start >= passed_to)
            # Rules that only watch fail open.
            self.reported.fail(item.bound.rule.id for item in passed if item.failed)
            found = [*found, *(item for item in passed if not item.failed)]
        findings = [self._finding(item) for item in sorted(found, key=by_offset)]
        self.reported.add(findings)
        return tuple(
            msgspec.structs.replace(finding, fingerprint=msgspec.UNSET) for finding in findings
        )

    def _finding(self, item: Found) -> Finding:
        rule = item.bound.rule
        digest = self._plan.fingerprint(item.text) if item.text else None
        return Finding(
            *(rule.type, rule.id, item.start, item.end, item.action),
            *(rule.confidence, item.bound.mode, msgspec.UNSET if digest is None else digest),
        )

    def rewrite_from(self, offset: int) -> None:
        """Forget what was found in text from `offset` on: its producer took it back."""
        limit = self._plan.length_limit
        self.floor = offset
        self.ahead = tuple(item for item in self.ahead if item.end <= offset)
        self.reported.drop_behind(offset)
        self.over_length = limit is not None and limit.bound.rule.id in self.reported.counts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings reported so far that are listed, by offset."""
        return self.reported.listed

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        return (
            *(self.reported.snapshot(), save_found(self.ahead)),
            *(self.ends_at, self.floor, self.over_length),
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...], plan: Plan) -> Ledger:
        """Continue from a snapshot."""
        ledger = cls(plan)
        reported, ahead, ledger.ends_at, ledger.floor, ledger.over_length = saved
        ledger.reported = Reported.restore(reported)
        ledger.ahead = tuple(restore_found(ahead, plan))
        return ledger


def up_to_block(found: Sequence[Found]) -> list[Found]:
    """Return the findings, sorted by start, up to the first that blocks and those beside it."""
    for item in found:
        if item.action is Action.BLOCK:
            return [other for other in found if other.start <= item.start]
    return list(found)


def save_found(found: Sequence[Found]) -> tuple[Any, ...]:
    """Return findings as immutable primitives."""
    rules = [item.bound.rule for item in found]
    return tuple(
        (
            *((rule.id, rule.type, rule.confidence), item.start, item.end),
            *(item.text, item.capped, item.failed, item.part),
        )
        for rule, item in zip(rules, found, strict=True)
    )


def restore_found(saved: tuple[Any, ...], plan: Plan) -> list[Found]:
    """Return findings that were saved."""
    return [Found(plan.bind(*rule), *rest) for rule, *rest in saved]


def by_offset(item: Found) -> tuple[int, int, str]:
    """Return where a finding stands among others."""
    return item.start, item.end, item.bound.rule.id
