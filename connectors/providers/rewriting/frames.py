"""Frames to entries: which texts a frame brings, what else stands in it, what it waits for."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.providers.decoder import Decoded
from connectors.providers.events import (
    After,
    Channel,
    Close,
    Delta,
    Failure,
    Opaque,
    Path,
    Stated,
)
from connectors.providers.payload import word
from connectors.providers.rewriting.dialect import Dialect
from connectors.providers.rewriting.entry import Aside, Entry, Settled, paths_of
from connectors.providers.rewriting.lane import Lane, Slot
from connectors.providers.rewriting.shape import Shape, Treat, sift
from connectors.providers.rewriting.steps import Judge, Step, Unscanned
from connectors.providers.rewriting.tree import at, emptied, moved, skeleton, with_values

# Between the texts of one frame that are judged together: no rule reads across a line.
_BETWEEN = "\n\n"


class UnknownFrame(Exception):
    """A frame nobody knows. what: its type. Caught by the rewriter, never raised to callers."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Frames:
    """Makes entries of the frames of one reply, and keeps its channels."""

    def __init__(self, dialect: Dialect, *, whole: bool) -> None:
        """whole: the reply is one answer that is not streamed."""
        self._dialect = dialect
        self._whole = whole
        self._shape: Shape = dialect.body_shape if whole else dialect.shape
        self.lanes: dict[Channel, Lane] = {}
        # Those of which something has not been sent.
        self.active: dict[Channel, Lane] = {}
        # A channel that says what another one says, and how much of that it has said.
        self._echoes: dict[Channel, tuple[Lane, int]] = {}
        # Texts that were said, by how they were written: they may be said again.
        self._settled: dict[str, Settled] = {}
        self._structural = 0
        self._reported: set[str] = set()

    def take(self, decoded: Decoded) -> tuple[list[Entry], list[Step]]:
        """Return the entries a frame becomes, and what has to be judged for them.

        Raises UnknownFrame, and MalformedFrame for text behind the end of its channel.
        """
        payload = decoded.payload if decoded.payload is not None else {}
        entry = Entry(decoded, payload, self._structural)
        steps: list[Step] = []
        stated: dict[Path, Stated] = {}
        for event in decoded.events:
            match event:
                case Opaque(what=what):
                    raise UnknownFrame(what)
                case Delta():
                    steps += self._delta(entry, event)
                case Stated(path=path):
                    stated[path] = event
                case After(channel=channel) if channel in self.lanes:
                    lane = self.lanes[channel]
                    entry.needs.append((lane, lane.received))
                case Failure():
                    # Clients read no further than an error.
                    entry.needs += [(lane, lane.received) for lane in self.active.values()]
                case Close(channel=channel) if channel in self.lanes:
                    steps += self._close(entry, self.lanes[channel])
                case _:
                    pass
        steps += self._sift(entry, stated)
        entries = self._divide(entry)
        self._structural += sum(not one.flows for one in entries)
        return entries, steps

    def _delta(self, entry: Entry, delta: Delta) -> Iterator[Step]:
        if delta.channel.kind == "extra":
            # What comes whole is judged with the rest of its frame.
            if delta.value or self._is_echo(entry, delta):
                return
            if delta.channel in self._echoes:
                yield from self._empty(entry, delta.path, "a text said twice was said differently")
                return
        lane = self.lanes.get(delta.channel)
        if lane is None:
            lane = self.lanes[delta.channel] = Lane(delta.channel, json=delta.json)
        if lane.closed:
            raise entry.decoded.frame.malformed(
                "text-behind-the-end", "more text came for a choice or block that had ended"
            )
        slot = self._add(entry, lane, Slot(delta.path, delta.text, value=delta.value))
        if slot.said:
            yield Judge(delta.channel, slot.said)

    def _is_echo(self, entry: Entry, delta: Delta) -> bool:
        """Return whether the text stands there a second time, as it did from the beginning; then
        it is sent as the first one is.
        """
        known = self._echoes.get(delta.channel)
        for lane, slot in entry.slots:
            if slot.raw != delta.text or (known is not None and known[0] is not lane):
                continue
            if (known[1] if known else 0) == slot.start and delta.channel not in self.lanes:
                self._echoes[delta.channel] = (lane, lane.received)
                slot.echoes.append(delta.path)
                return True
        return False

    def _add(self, entry: Entry, lane: Lane, slot: Slot) -> Slot:
        lane.add(slot)
        self.active[lane.channel] = lane
        slot.owner = entry
        entry.slots.append((lane, slot))
        return slot

    def _close(self, entry: Entry, lane: Lane) -> Iterator[Step]:
        yield Judge(lane.channel, self._end(lane), final=True)
        entry.needs.append((lane, None))
        if lane.said:
            self._settled[lane.said] = lane

    @staticmethod
    def _end(lane: Lane) -> str:
        """Close the channel; return what the guard is given of what had waited for more."""
        rest = lane.close()
        if rest is None:
            return ""
        owner = rest.owner
        if isinstance(owner, Entry) and not owner.flows and not owner.sent:
            owner.slots.append((lane, rest))
        return rest.said

    def _sift(self, entry: Entry, stated: dict[Path, Stated]) -> Iterator[Step]:
        """Find what else stands in the frame, and have its texts judged."""
        frame = entry.decoded.frame
        covered = paths_of(slot for _, slot in entry.slots)
        beside: list[Slot] = []
        for found in sift(entry.payload, self._shape, covered):
            where = _words(found.path)
            match found.treat:
                case Treat.DROP:
                    yield from self._empty(entry, found.path, f"{where}: an unknown field")
                case Treat.PICTURE:
                    yield from self._report(where, "no text", passed=True)
                case Treat.LOGPROBS:
                    entry.tokens.append(found.path)
                case Treat.OFFSETS:
                    entry.offsets.append(found.path)
                case _:
                    slot = Slot(found.path, at(entry.payload, found.path))
                    one = stated.get(found.path)
                    settled = self._find(slot.raw, one)
                    if settled is not None:
                        entry.again.append((found.path, settled))
                    elif one is not None and one.json:
                        index = f"frame {frame.number}.{len(entry.slots)}"
                        yield from self._aside(entry, [slot], index, json=True)
                    else:
                        beside.append(slot)
        if beside:
            yield from self._aside(entry, beside, f"frame {frame.number}", json=False)

    def _find(self, said: str, stated: Stated | None) -> Settled | None:
        """Return the judged text that is said again here."""
        lane = self.lanes.get(stated.channel) if stated is not None else None
        if lane is not None and lane.closed and lane.said == said:
            return lane
        return self._settled.get(said)

    def _aside(self, entry: Entry, slots: list[Slot], index: str, *, json: bool) -> Iterator[Step]:
        """Have texts judged that come whole: as one text of their own, which ends at once."""
        channel = Channel("extra", index)
        lane = self.lanes[channel] = Lane(channel, json=json)
        for place, slot in enumerate(slots):
            if place:
                self._add(entry, lane, Slot((), _BETWEEN))
            self._add(entry, lane, slot)
        for slot in slots:
            self._settled.setdefault(slot.raw, Aside(lane, slot))
        said = "".join(slot.said for own, slot in entry.slots if own is lane)
        yield Judge(channel, said + self._end(lane), final=True)
        entry.needs.append((lane, None))

    def _empty(self, entry: Entry, path: Path, reason: str) -> Iterator[Step]:
        """Take out what must not pass."""
        entry.payload = with_values(entry.payload, [(path, None)])
        entry.as_sent = False
        yield from self._report(_words(path), reason, passed=False)

    def _report(self, where: str, reason: str, *, passed: bool) -> Iterator[Step]:
        if where not in self._reported:
            self._reported.add(where)
            yield Unscanned(where, reason, passed)

    def _divide(self, entry: Entry) -> list[Entry]:
        """Return the frame as it waits: in pieces, as several frames, or as it is."""
        single = not entry.needs and not entry.again and not any(s.value for _, s in entry.slots)
        if self._whole or not single or not entry.slots:
            return [entry]
        if len(entry.slots) == 1:
            entry.flows = True
            return [entry]
        if not self._dialect.splits:
            return [entry]
        return [self._share(entry, place) for place in range(len(entry.slots))]

    def _share(self, entry: Entry, place: int) -> Entry:
        """Return a frame with one of the texts; the first one has what stands beside them."""
        lane, slot = entry.slots[place]
        paths = [slot.path, *slot.echoes]
        others = [p for _, one in entry.slots if one is not slot for p in (one.path, *one.echoes)]
        if place == 0:
            payload = emptied(entry.payload, others, self._dialect.late)
            payload = with_values(payload, ((path, "") for path in others))
        else:
            payload = skeleton(entry.payload, paths, self._dialect.kept)
            places = moved(paths)
            slot.path, slot.echoes = places[slot.path], [places[path] for path in slot.echoes]
        share = Entry(entry.decoded, payload, entry.behind, flows=True, as_sent=False)
        share.slots.append((lane, slot))
        slot.owner = share
        return share


def _words(path: Path) -> str:
    """Return where something stands, without numbers: `choices.delta.thing`."""
    return ".".join(word(step) for step in path if isinstance(step, str))
