"""From findings to text: what may be shown, what is replaced, where a stream is cut.

Enforced findings that overlap form a cluster, which becomes one segment. Text is released up to the
frontier, but never into a cluster that may still grow; a block cuts at the start of its cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from guardrails.events import Segment

# A chain of overlapping findings could hold text back for ever; a finding that starts this far
# behind the start of its cluster opens a new one. 4,096: longer than the widest default rule but
# PEM blocks and JWTs, which are one finding each.
MAX_CLUSTER_CHARS = 4_096


class Enforced(msgspec.Struct, frozen=True, gc=False):
    """A decided finding that touches the text. Raw offsets. part, label: where stands what is
    replaced, and by what.
    """

    start: int
    end: int
    blocks: bool
    confidence: float
    rule: str
    label: str
    part: tuple[int, int]


class Cluster(msgspec.Struct, gc=False):
    """Overlapping findings from `start` to `end`, and the one that names them. part_start,
    part_end: what is replaced, from the first part to the last.
    """

    first: int
    start: int
    end: int
    named_by: Enforced
    blocks: bool
    part_start: int
    part_end: int

    @property
    def closes_at(self) -> int:
        """Return the first start at which a finding can no longer join."""
        return min(self.end, self.first + MAX_CLUSTER_CHARS)


def _rank(finding: Enforced) -> tuple[float, int, str]:
    """Order findings for naming a cluster: confidence, then length, then rule id."""
    return (-finding.confidence, finding.start - finding.end, finding.rule)


def cluster(findings: Sequence[Enforced], floor: int) -> Iterator[Cluster]:
    """Group findings, sorted by start; nothing before `floor` is touched again."""
    current: Cluster | None = None
    for finding in findings:
        if current is not None and finding.start < current.closes_at:
            current.end = max(current.end, finding.end)
            current.part_start = min(current.part_start, max(finding.part[0], floor))
            current.part_end = max(current.part_end, finding.part[1])
            current.blocks = current.blocks or finding.blocks
            if _rank(finding) < _rank(current.named_by):
                current.named_by = finding
            continue
        if current is not None:
            floor = current.part_end
            yield current
        start = max(finding.start, floor)
        end = max(finding.end, start)
        part_start, part_end = max(finding.part[0], floor), max(finding.part[1], floor)
        current = Cluster(
            *(finding.start, start, end, finding, finding.blocks, part_start, part_end)
        )
    if current is not None:
        yield current


class Release:
    """The text of one stream that is received and not yet shown.

    offset: the release frontier, raw. held: the text from there on. blocked: the stream was cut.
    """

    __slots__ = ("_waiting", "blocked", "held", "max_held", "offset", "plain", "redacted")

    def __init__(self) -> None:
        self.offset = 0
        self.held = ""
        self.blocked = False
        self.plain = 0
        self.redacted = 0
        self.max_held = 0
        # A tuple: of an empty one there is only one in the process.
        self._waiting: tuple[Enforced, ...] = ()

    def advance(
        self, text: str, findings: Sequence[Enforced], frontier: int, *, final: bool
    ) -> tuple[Segment, ...]:
        """Take newly received text and newly decided findings; return what is now released.

        frontier: raw; every finding that starts before it is known.
        """
        self.held = held = self.held + text
        if findings:
            self._waiting = (*self._waiting, *findings)
        if self._waiting:
            segments = self._advance_clusters(frontier, final=final)
            held = self.held
        elif (count := frontier - self.offset) > 0:
            # The common case: nothing to redact, show all that is decided.
            segments = (Segment(self.offset, frontier, held[:count]),)
            self.held = held = held[count:]
            self.offset = frontier
            self.plain += count
        else:
            segments = ()
        if len(held) > self.max_held:
            self.max_held = len(held)
        return segments

    def _advance_clusters(self, frontier: int, *, final: bool) -> tuple[Segment, ...]:
        segments: list[Segment] = []
        keep_from = None
        for group in cluster(self._waiting, self.offset):
            if group.blocks:
                self._show(group.start, segments)
                self.blocked = True
                self.held = ""
                self._waiting = ()
                return tuple(segments)
            if group.closes_at > frontier and not final:
                self._show(min(group.start, frontier), segments)
                keep_from = group.first
                break
            self._show(group.part_start, segments)
            self._replace(group, segments)
        if keep_from is None:
            self._waiting = ()
            self._show(frontier, segments)
        else:
            self._waiting = tuple(one for one in self._waiting if one.start >= keep_from)
        return tuple(segments)

    def _show(self, end: int, segments: list[Segment]) -> None:
        count = end - self.offset
        if count > 0:
            segments.append(Segment(self.offset, end, self.held[:count]))
            self.held = self.held[count:]
            self.offset = end
            self.plain += count

    def _replace(self, group: Cluster, segments: list[Segment]) -> None:
        count = group.part_end - self.offset
        if count > 0:
            name = group.named_by
            segments.append(Segment(self.offset, group.part_end, name.label, name.rule))
            self.held = self.held[count:]
            self.offset = group.part_end
            self.redacted += count

    def rollback(self, offset: int) -> None:
        """Forget the held text from `offset` on and what was found there: it was rewritten."""
        self.held = self.held[: offset - self.offset]
        self._waiting = tuple(one for one in self._waiting if one.end <= offset)

    def cut(self) -> None:
        """Show nothing more, for a reason that is not a finding."""
        self.blocked = True
        self.rollback(self.offset)

    def snapshot(self) -> tuple[Any, ...]:
        """Return the state as immutable primitives."""
        waiting = tuple(msgspec.structs.astuple(finding) for finding in self._waiting)
        return (
            *(self.offset, self.held, self.blocked, self.plain, self.redacted, self.max_held),
            waiting,
        )

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> Release:
        """Continue from a snapshot."""
        release = cls()
        release.offset, release.held, release.blocked, release.plain = saved[:4]
        release.redacted, release.max_held, waiting = saved[4:]
        release._waiting = tuple(Enforced(*finding) for finding in waiting)
        return release
