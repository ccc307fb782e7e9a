"""The findings of one stream that have been said: all counted, the first of them listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from guardrails.events import Finding
from guardrails.guardrail import Action, Mode

# An audit record has to fit one Kafka record (1 MiB), and a session's state has to stay small.
# 1,000 findings are 200 kB; beyond that somebody dumps a database, and counts say enough.
MAX_LISTED_FINDINGS = 1_000

# Severity of actions: the position in this list.
_SEVERITY = {action: rank for rank, action in enumerate(Action)}


def severity(finding: Finding) -> Action:
    """Return the action that was really taken; a monitor's is a warning at most."""
    if finding.mode is Mode.MONITOR:
        return min(finding.action, Action.WARN, key=_SEVERITY.__getitem__)
    return finding.action


def strongest(findings: Iterable[Finding], least: Action = Action.ALLOW) -> Action:
    """Return the severest action of the findings, `least` if none is severer."""
    return max(map(severity, findings), key=_SEVERITY.__getitem__, default=least)


class Reported:
    """What was found, in any order of arrival. The first by offset are listed, whatever came when.

    outcome: the severest action taken. counts: per rule, how many findings and how many of them
    a monitor would have blocked. errors: per rule, how often its check raised.
    """

    __slots__ = ("_listed", "counts", "errors", "outcome")

    def __init__(self) -> None:
        self.outcome = Action.ALLOW
        self.counts: dict[str, tuple[int, int]] = {}
        self.errors: dict[str, int] = {}
        self._listed: list[Finding] = []

    def add(self, findings: Sequence[Finding]) -> None:
        """Count the findings, and list those that are among the first."""
        for finding in findings:
            total, unenforced = self.counts.get(finding.rule, (0, 0))
            would_block = finding.mode is Mode.MONITOR and finding.action is Action.BLOCK
            self.counts[finding.rule] = (total + 1, unenforced + would_block)
        self.outcome = max(self.outcome, strongest(findings), key=_SEVERITY.__getitem__)
        self._listed.extend(findings)
        if len(self._listed) > MAX_LISTED_FINDINGS:
            self._listed.sort(key=_by_place)
            del self._listed[MAX_LISTED_FINDINGS:]

    def fail(self, rules: Iterable[str]) -> None:
        """Count that a check of each of these rules raised."""
        for rule in rules:
            self.errors[rule] = self.errors.get(rule, 0) + 1

    def drop_behind(self, offset: int) -> None:
        """Take back the findings that end behind `offset`, as far as they are listed."""
        kept = [finding for finding in self._listed if finding.end <= offset]
        if self.omitted:
            self._listed = kept
            return
        self.outcome, self.counts, self._listed = Action.ALLOW, {}, []
        self.add(kept)

    @property
    def omitted(self) -> int:
        """Return how many findings are counted and not listed."""
        return sum(total for total, _ in self.counts.values()) - len(self._listed)

    @property
    def listed(self) -> tuple[Finding, ...]:
        """Return the findings that are listed, by offset."""
        return tuple(sorted(self._listed, key=_by_place))

    def snapshot(self) -> bytes:
        """Return the state as bytes; empty while nothing was found."""
        if not self.counts and not self.errors:
            return b""
        return msgspec.json.encode((self.outcome, self.counts, self.errors, self._listed))

    @classmethod
    def restore(cls, saved: bytes) -> Reported:
        """Continue from a snapshot."""
        reported = cls()
        if saved:
            kind = tuple[Action, dict[str, tuple[int, int]], dict[str, int], list[Finding]]
            fields: Any = msgspec.json.decode(saved, type=kind)
            reported.outcome, reported.counts, reported.errors, reported._listed = fields
        return reported


def _by_place(finding: Finding) -> tuple[int, int, str]:
    return finding.start, finding.end, finding.rule
