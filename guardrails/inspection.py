"""The text of one stream under inspection: matched, released up to the frontier, or cut.

Text goes in, in order; segments that may be shown and findings come out. No chunks, no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guardrails.events import Finding, Segment
from guardrails.fold import clean, ends_in_half
from guardrails.ledger import Ledger
from guardrails.matcher import Match, MatchState
from guardrails.plan import Plan
from guardrails.release import Release

Inspected = tuple[tuple[Segment, ...], tuple[Finding, ...]]


class Inspection:
    """One stream's text under one plan.

    received: code points so far. release, ledger: what was shown, what was found.
    """

    __slots__ = (
        "_enforced",
        "_half",
        "_plan",
        "_scanned_before",
        "_watching",
        "ledger",
        "received",
        "release",
    )

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.received = 0
        self.ledger = Ledger(plan)
        self.release = Release()
        self._enforced = MatchState()
        # None where nothing watches, as in most policies.
        self._watching = MatchState() if plan.watching is not None else None
        # Half of a surrogate pair that was cut in two.
        self._half = ""
        self._scanned_before = 0

    def push(self, text: str, *, final: bool = False) -> Inspected:
        """Match and release the next piece of text: the hot path. O(chunk + hold).

        final: no text follows, or none that may be joined with this.
        """
        if self._half or not text.isascii() or "\0" in text:
            text = self._join(text, final=final)
        self.received += len(text)
        plan, release = self._plan, self.release
        frontier = self.received
        enforced: Sequence[Match] = ()
        if plan.enforced is not None and not release.blocked:
            enforced = plan.enforced.matcher.push(self._enforced, text, final=final)
            frontier = self._enforced.frontier
        watched: Sequence[Match] = ()
        if plan.watching is not None and self._watching is not None:
            watched = plan.watching.matcher.push(self._watching, text, final=final)
        if (
            not enforced
            and not watched
            and not self.ledger.ahead
            and not release.blocked
            and self.received <= plan.max_chars
        ):
            return release.advance(text, (), frontier, final=final), ()
        self.ledger.watch(watched)
        if release.blocked:
            return (), self.ledger.report((), self.ledger.ends_at)
        found = self.ledger.enforce(enforced, frontier)
        touching = [item.enforced() for item in found]
        segments = release.advance(text, touching, frontier, final=final)
        return segments, self.ledger.report(found, frontier)

    def _join(self, text: str, *, final: bool) -> str:
        """Clean a piece of text, joining a surrogate pair that was cut between two pieces."""
        text = self._half + text
        self._half = ""
        if not final and ends_in_half(text):
            text, self._half = text[:-1], text[-1]
        return clean(text)

    @property
    def watching(self) -> bool:
        """Whether rules that only watch have not decided yet what starts before the cut."""
        return self._watching is not None and self._watching.frontier < self.ledger.ends_at

    def hurry(self) -> None:
        """Let the next push look even at a long hold that would be looked at again later."""
        self._enforced.rescan_at = 0

    def restart(self) -> None:
        """Begin to match anew here: what follows is not joined with what came before."""
        self._scanned_before = self.scanned
        self._enforced = MatchState.starting_at(self.received)
        if self._watching is not None:
            self._watching = MatchState.starting_at(self.received)

    def rewrite(self, content: str, offset: int) -> None:
        """Forget the text from `offset` on; match the new content's, with what stands before."""
        self._scanned_before = self.scanned
        self.release.rollback()
        self.ledger.rewrite_from(offset)
        self._enforced = MatchState.behind(content[:offset])
        if self._watching is not None:
            self._watching = MatchState.behind(content[:offset])
        self.received = offset

    def cut(self) -> tuple[Finding, ...]:
        """Cut at the release frontier, for a reason that is not a finding; return what is left."""
        plan, ledger = self._plan, self.ledger
        if plan.watching is not None and self._watching is not None:
            ledger.watch(plan.watching.matcher.push(self._watching, "", final=True))
        ledger.ends_at = self.received if plan.enforced is None else self._enforced.frontier
        self.release.cut()
        return ledger.report((), ledger.ends_at)

    @property
    def scanned(self) -> int:
        """Return how many characters were looked at so far, rescans counted each time."""
        watching = 0 if self._watching is None else self._watching.scanned
        return self._scanned_before + self._enforced.scanned + watching

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        return (
            *(self.received, self._half.encode("utf-16-le", "surrogatepass")),
            *(self._scanned_before, self.ledger.snapshot(), self.release.snapshot()),
            self._enforced.snapshot(),
            None if self._watching is None else self._watching.snapshot(),
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...], plan: Plan) -> Inspection:
        """Continue from a snapshot."""
        inspection = cls(plan)
        inspection.received, half, inspection._scanned_before = saved[:3]
        ledger, release, enforced, watching = saved[3:]
        inspection._half = half.decode("utf-16-le", "surrogatepass")
        inspection.ledger = Ledger.restore(ledger, plan)
        inspection.release = Release.restore(release)
        inspection._enforced = MatchState.restore(enforced)
        if watching is not None:
            inspection._watching = MatchState.restore(watching)
        return inspection
