"""The text of one stream under inspection: matched, released up to the frontier, or cut.

Text goes in, in order; segments that may be shown and findings come out. No chunks, no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guardrails.events import Finding, Segment
from guardrails.fold import clean, ends_in_half
from guardrails.joined_matcher import LaneState
from guardrails.ledger import Found, Ledger
from guardrails.matcher import Match
from guardrails.plan import Plan
from guardrails.release import Enforced, Release

Inspected = tuple[tuple[Segment, ...], tuple[Finding, ...]]


class Inspection:
    """One stream's text under one plan.

    received: code points so far. release, ledger: what was shown, what was found. cleared: the
    text as the rules have decided it, which is what is released where nothing else holds it back.
    """

    __slots__ = (
        *("_enforced", "_half", "_plan", "_scanned_before", "_watching"),
        *("cleared", "ledger", "received", "release"),
    )

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.received = 0
        self.ledger = Ledger(plan)
        self.release = Release()
        self.cleared = self.release
        self._enforced: LaneState = plan.enforced_state()
        # None where nothing watches, as in most policies.
        self._watching = plan.watching.state() if plan.watching is not None else None
        # Half of a surrogate pair that was cut in two.
        self._half = ""
        self._scanned_before = 0

    def push(self, text: str, *, final: bool = False) -> Inspected:
        """Match and release the next piece of text: the hot path. O(chunk + hold).

        final: no text follows, or none that may be joined with this.
        """
        text = self._receive(text, final=final)
        plan, release = self._plan, self.release
        enforced, frontier = self._match(text, final=final)
        watched = self._watch(text, final=final) if self._watching is not None else ()
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
        self.ledger.end(found)
        segments = release.advance(text, touching(found), frontier, final=final)
        return segments, self.ledger.report(found, frontier)

    def _receive(self, text: str, *, final: bool) -> str:
        if self._half or not text.isascii() or "\0" in text:
            text = self._join(text, final=final)
        self.received += len(text)
        return text

    def _match(self, text: str, *, final: bool) -> tuple[Sequence[Match], int]:
        """Match the enforced rules; return what they have decided, and up to where."""
        lane = self._plan.enforced
        if lane is None or self.cleared.blocked:
            return (), self.received
        return lane.matcher.push(self._enforced, text, final=final), self._enforced.frontier

    def _watch(self, text: str, *, final: bool) -> Sequence[Match]:
        lane = self._plan.watching
        if lane is None or self._watching is None:
            return ()
        return lane.matcher.push(self._watching, text, final=final)

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
        """Let the next push decide what it can, also in a long hold it would look at later."""
        self._enforced.hurry()

    def restart(self) -> None:
        """Begin to match anew here: what follows is not joined with what came before."""
        self._scanned_before = self.scanned
        self._enforced = type(self._enforced).starting_at(self.received)
        if self._watching is not None:
            self._watching = type(self._watching).starting_at(self.received)

    def rewrite(self, content: str, offset: int) -> None:
        """Forget the text from `offset` on; match the new content's, with what stands before."""
        self._scanned_before = self.scanned
        self.release.rollback(offset)
        self.ledger.rewrite_from(offset)
        self._enforced = type(self._enforced).behind(content[:offset])
        if self._watching is not None:
            self._watching = type(self._watching).behind(content[:offset])
        self.received = offset

    def cut(self) -> Inspected:
        """Cut at the frontier for a reason that is not a finding; return what is left."""
        ledger = self.ledger
        ledger.watch(self._watch("", final=True))
        ledger.ends_at = self.received if self._plan.enforced is None else self._enforced.frontier
        self.release.cut()
        return (), ledger.report((), ledger.ends_at)

    @property
    def settled(self) -> bool:
        """Whether nothing is outstanding about a stream whose text has ended or was cut."""
        return not (self.release.blocked and self.watching)

    def divide(self) -> Inspected:
        """Let matching end here, though the stream goes on: `restart` follows."""
        return self.push("", final=True)

    @property
    def scanned(self) -> int:
        """Return how many characters were read so far, and once more where a rule may match."""
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
        inspection._resume(saved)
        return inspection

    def _resume(self, saved: tuple[Any, ...]) -> None:
        self.received, half, self._scanned_before = saved[:3]
        ledger, release, enforced, watching = saved[3:]
        self._half = half.decode("utf-16-le", "surrogatepass")
        self.ledger = Ledger.restore(ledger, self._plan)
        self.release = self.cleared = Release.restore(release)
        self._enforced = type(self._enforced).restore(enforced)
        if self._watching is not None:
            self._watching = type(self._watching).restore(watching)


def touching(found: Sequence[Found]) -> list[Enforced]:
    """Return findings as the release sees them."""
    return [item.enforced() for item in found]
