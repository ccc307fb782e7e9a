"""Guards of the simplest kind, and what becomes of a reply behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from connectors.providers.events import Channel
from connectors.providers.rewriting import Judge, Rewriter, Send, Step, Unscanned
from guardrails.events import Segment


class Guard:
    """Follows one channel: holds the last characters, replaces some words, stops at others."""

    def __init__(self, *, hold: int = 0, redact: str = "", block: str = "") -> None:
        """hold: characters kept until the end. redact, block: expressions; no match is longer than
        `hold` + 1.
        """
        self._hold, self._redact, self._block = hold, redact, block
        self._text = ""
        self._at = 0

    def push(self, text: str, *, final: bool) -> tuple[list[Segment], bool]:
        """Return the segments that are released now, and whether the channel is blocked."""
        self._text += text
        upto = len(self._text) if final else max(len(self._text) - self._hold, self._at)
        stop = re.search(self._block, self._text) if self._block else None
        if stop is not None and stop.start() <= upto:
            return list(self._segments(stop.start())), True
        return list(self._segments(upto)), False

    def _segments(self, upto: int) -> Iterator[Segment]:
        for found in re.finditer(self._redact, self._text) if self._redact else ():
            if found.start() >= self._at and found.start() < upto:
                yield from self._plain(found.start())
                yield Segment(found.start(), found.end(), "[LABEL]", "rule")
                self._at = found.end()
        yield from self._plain(upto)

    def _plain(self, upto: int) -> Iterator[Segment]:
        if upto > self._at:
            yield Segment(self._at, upto, self._text[self._at : upto])
            self._at = upto


class Proxy:
    """What stands between a provider and a client, without sockets."""

    def __init__(self, api: str, framing: str, guard: Callable[[], Guard]) -> None:
        self.rewriter = Rewriter(api, framing)
        self._make = guard
        self.guards: dict[Channel, Guard] = {}
        self.unscanned: list[Unscanned] = []
        self.judged: dict[Channel, str] = {}
        self.blocked: Channel | None = None

    def run(self, pieces: Iterable[bytes]) -> bytes:
        """Return what the client gets of an upstream's bytes."""
        out = b"".join(self.feed(piece) for piece in pieces)
        out += self.pump(self.rewriter.close())
        assert self.rewriter.complete
        return out

    def feed(self, data: bytes) -> bytes:
        """Return what the client gets for these bytes."""
        return self.pump(self.rewriter.feed(data))

    def pump(self, steps: Iterable[Step]) -> bytes:
        """Do what the steps ask for; return what is sent."""
        out = b""
        for step in steps:
            if isinstance(step, Send):
                out += step.data
            elif isinstance(step, Judge):
                out += self._judge(step)
            else:
                self.unscanned.append(step)
        return out

    def _judge(self, step: Judge) -> bytes:
        self.judged[step.channel] = self.judged.get(step.channel, "") + step.text
        guard = self.guards.setdefault(step.channel, self._make())
        segments, blocked = guard.push(step.text, final=step.final)
        out = self.pump(self.rewriter.release(step.channel, segments))
        if blocked:
            self.blocked = step.channel
            out += self.pump(self.rewriter.block(step.channel))
        return out
