"""A scanner of a few lines, whose findings can be told from the whole text by eye."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from guardrails.guardrail import Action, Mode
from guardrails.scan import ScanRule, Sighting
from tests.plans import Ruled


class PairScanner(msgspec.Struct, frozen=True):
    """Sees each `first` behind which a `second` comes, at most `max_hold` characters further."""

    first: str
    second: str
    max_hold: int

    def places(self, text: str) -> list[int]:
        """What the oracle says."""
        return [
            at
            for at, character in enumerate(text)
            if character == self.first and self.second in text[at + 1 : at + 1 + self.max_hold]
        ]

    def begin(self, offset: int) -> PairScan:
        return PairScan(self, offset, ())

    def resume(self, saved: tuple[Any, ...]) -> PairScan:
        return PairScan(self, *saved)


class PairScan:
    def __init__(self, scanner: PairScanner, end: int, waiting: tuple[int, ...]) -> None:
        self._scanner = scanner
        self._end = end
        self._waiting = list(waiting)

    @property
    def frontier(self) -> int:
        return self._waiting[0] if self._waiting else self._end

    def push(self, text: str, *, final: bool) -> list[Sighting]:
        found: list[int] = []
        for character in text:
            at, self._end = self._end, self._end + 1
            if character == self._scanner.second:
                found += self._waiting
                self._waiting.clear()
            if character == self._scanner.first:
                self._waiting.append(at)
            self._waiting = [one for one in self._waiting if at - one < self._scanner.max_hold]
        if final:
            self._waiting.clear()
        return [(at, "") for at in found]

    def snapshot(self) -> tuple[object, ...]:
        return (self._end, tuple(self._waiting))


def ruled(random: Random, alphabet: str, rule_id: str) -> Ruled:
    scanner = PairScanner(random.choice(alphabet), random.choice(alphabet), random.randint(1, 9))
    rule = ScanRule(id=rule_id, type=rule_id.upper(), scanner=scanner)
    mode = random.choice([Mode.BLOCK, Mode.BLOCK, Mode.MONITOR])
    return Ruled(rule, random.choice([Action.REDACT, Action.BLOCK, Action.WARN]), mode)
