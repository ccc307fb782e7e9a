"""One frame that waits to be sent, and what it waits for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.providers.decoder import Decoded
from connectors.providers.events import Path
from connectors.providers.payload import Record
from connectors.providers.rewriting.lane import Lane, Slot
from connectors.providers.rewriting.tree import at, emptied, moved, nothing, skeleton, with_values


class Settled(Protocol):
    """A text that was judged before, and may be said again."""

    def complete(self) -> bool:
        """Return whether all of it is decided."""

    @property
    def said(self) -> str:
        """As it came."""

    @property
    def shown(self) -> str:
        """What is sent in its place."""


class Aside:
    """One of the texts of a frame that are judged together."""

    __slots__ = ("_lane", "_slot")

    def __init__(self, lane: Lane, slot: Slot) -> None:
        self._lane, self._slot = lane, slot

    def complete(self) -> bool:
        """Return whether all of it is decided."""
        return self._lane.complete() and self._slot.complete()

    @property
    def said(self) -> str:
        """As it came."""
        return self._slot.raw

    @property
    def shown(self) -> str:
        """What is sent in its place."""
        return self._slot.pending


@dataclass(eq=False, slots=True)
class Entry:
    """A frame on its way.

    flows: it has one text and nothing that ends one, so it may go out in pieces, as its text is
    released; other frames keep their order and wait for all they need. behind: how many of those
    came before it. payload: with what must not pass removed; as_sent: it is still what came.
    needs: channels, and how far each must be; None for the end. again: where texts stand that were
    said before. offsets: what points into texts. tokens: where tokens with probabilities stand.
    """

    decoded: Decoded
    payload: Record
    behind: int
    flows: bool = False
    as_sent: bool = True
    slots: list[tuple[Lane, Slot]] = field(default_factory=list)
    needs: list[tuple[Lane, int | None]] = field(default_factory=list)
    again: list[tuple[Path, Settled]] = field(default_factory=list)
    offsets: list[Path] = field(default_factory=list)
    tokens: list[Path] = field(default_factory=list)
    sent: bool = False

    def ready(self) -> bool:
        """Return whether everything it needs is decided."""
        return (
            all(slot.complete() for _, slot in self.slots)
            and all(
                lane.complete() if upto is None else lane.frontier >= upto
                for lane, upto in self.needs
            )
            and all(text.complete() for _, text in self.again)
        )

    def changed(self) -> bool:
        """Return whether something was replaced in a channel it belongs to."""
        return any(lane.changed for lane, _ in (*self.slots, *self.needs))

    def released(self) -> Record:
        """Return the payload with as much of its texts as was released, for a blocked answer."""
        values: dict[Path, Any] = {}
        for _, slot in self.slots:
            for path in (slot.path, *slot.echoes) if slot.path else ():
                if slot.value:
                    values[path] = json.loads(slot.pending) if slot.complete() else {}
                else:
                    values[path] = values.get(path, "") + slot.pending
        values |= {path: one.shown if one.complete() else "" for path, one in self.again}
        values |= dict.fromkeys((*self.tokens, *self.offsets))
        return with_values(self.payload, values.items())

    def whole(self) -> Record | None:
        """Return the payload with the texts that may be shown; None if that is as it came.

        Raises ValueError when JSON that was changed cannot be read back.
        """
        values = [*self._slot_values(), *self._said_again()]
        changed = bool(values) or self.changed()
        payload = with_values(self.payload, values)
        if changed:
            pointers = ((path, nothing(at(payload, path))) for path in self.offsets)
            payload = with_values(payload, pointers)
        touched = bool(values) or any(slot.changed for _, slot in self.slots)
        dropped = [path for path in self.tokens if touched or not self._tokens_fit(path)]
        payload = with_values(payload, ((path, None) for path in dropped))
        if self.as_sent and payload == self.payload:
            return None
        return payload

    def piece(
        self, slot: Slot, text: str, late: frozenset[str], kept: frozenset[str]
    ) -> Record | None:
        """Return the payload with a part of its text; None if it is the frame as it came.

        What stands beside the text goes out with the first piece, what belongs behind it (`late`)
        with the last one.
        """
        first, last = not slot.begun, slot.complete()
        paths = [slot.path, *slot.echoes]
        same = first and last and text == slot.raw
        payload = self.payload
        fits = last and not slot.changed and all(map(self._tokens_fit, self.tokens))
        if not fits:
            payload = with_values(payload, ((path, None) for path in self.tokens))
        elif same and self.as_sent:
            return None
        if not last:
            payload = emptied(payload, paths, late)
        if not first:
            payload = skeleton(payload, paths, kept | late)
            places = moved(paths)
            paths = [places[path] for path in paths]
        if same and self.as_sent and payload is self.payload:
            return None
        return with_values(payload, ((path, text) for path in paths))

    def has_late(self, slot: Slot, late: frozenset[str]) -> bool:
        """Return whether something has to follow the text of the slot."""
        paths = [slot.path, *slot.echoes]
        return emptied(self.payload, paths, late) != self.payload

    def _slot_values(self) -> Iterator[tuple[Path, Any]]:
        shown: dict[Path, tuple[str, str, bool]] = {}
        for _, slot in self.slots:
            for path in (slot.path, *slot.echoes) if slot.path else ():
                text, raw, _ = shown.get(path, ("", "", False))
                shown[path] = (text + slot.pending, raw + slot.raw, slot.value)
        for path, (text, raw, value) in shown.items():
            if text != raw:
                yield path, json.loads(text) if value else text

    def _said_again(self) -> Iterator[tuple[Path, Any]]:
        for path, text in self.again:
            if text.shown != text.said:
                yield path, text.shown

    def _tokens_fit(self, path: Path) -> bool:
        """Return whether tokens say nothing but what a text of the frame says."""
        joined = _tokens(at(self.payload, path))
        texts = {slot.raw for _, slot in self.slots} | {text.said for _, text in self.again}
        return joined in texts if joined else _is_empty(at(self.payload, path))


def _is_empty(value: Any) -> bool:
    """Return whether nothing is said in it, however it is nested."""
    if isinstance(value, dict):
        return all(_is_empty(one) for one in value.values())
    if isinstance(value, list):
        return all(_is_empty(one) for one in value)
    return value is None or value == ""


def _tokens(value: Any) -> str:
    """Return the tokens of a list of them, or of all lists of an object, joined."""
    if isinstance(value, dict):
        return "".join(_tokens(one) for one in value.values() if isinstance(one, list))
    if isinstance(value, list):
        return "".join(str(one.get("token", "")) for one in value if isinstance(one, dict))
    return ""


def paths_of(slots: Iterable[Slot]) -> frozenset[Path]:
    """Return where the texts of channels stand."""
    return frozenset(path for slot in slots for path in (slot.path, *slot.echoes))
