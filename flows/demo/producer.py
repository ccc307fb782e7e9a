"""Answers into the topic `chunks` at the pace of a model, from a thread of their own."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from connectors.memory import MemoryTopics
from flows.demo.answers import Answer
from guardrails.events import Chunk, encode

# Chunks per second of one answer: about what a fast model writes, and slow enough to watch.
CHUNKS_PER_S = 45.0
# Seconds a finished answer stays on the screen before the next one takes its place.
PAUSE_S = 0.8


class Producer:
    """Sends answers, a few at a time, as several users of one assistant would receive them.

    sent: when each chunk was appended first, by stream and seq (`time.perf_counter`, seconds).
    """

    def __init__(
        self,
        topics: MemoryTopics,
        answers: Sequence[Answer],
        *,
        at_once: int,
        speed: float,
        stop: threading.Event,
        on_begin: Callable[[int, Answer], None],
    ) -> None:
        """at_once: answers that are written side by side. speed: 2 is twice as fast, 0 does not
        wait at all. stop: ends production. on_begin: called with the place of an answer, from 0 to
        `at_once`, before its first chunk.
        """
        self.sent: dict[tuple[str, int], float] = {}
        self._topics = topics
        self._answers = iter(answers)
        self._at_once = at_once
        self._speed = speed
        self._stop = stop
        self._on_begin = on_begin
        self._cancelled: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="demo-producer", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the last chunk has been sent, or `stop` has been seen."""
        self._thread.join()

    def cancel(self, stream_id: str) -> None:
        """Stop one answer, as an assistant does that has read its verdict: a block."""
        self._cancelled.add(stream_id)

    def _run(self) -> None:
        begun = time.perf_counter()
        due: list[tuple[float, int]] = [(0.15 * place, place) for place in range(self._at_once)]
        writing: dict[int, Iterator[Chunk]] = {}
        while due and not self._stop.is_set():
            at, place = heapq.heappop(due)
            if self._speed and self._stop.wait(begun + at / self._speed - time.perf_counter()):
                break
            chunk = next(writing[place], None) if place in writing else None
            if chunk is not None and chunk.stream_id not in self._cancelled:
                self._send(chunk)
                heapq.heappush(due, (at + 1 / CHUNKS_PER_S, place))
                continue
            answer = next(self._answers, None)
            if answer is not None:
                begins_at = at + (PAUSE_S if place in writing else 0)
                writing[place] = self._begin(place, answer)
                heapq.heappush(due, (begins_at, place))
        self._topics.close("chunks")

    def _begin(self, place: int, answer: Answer) -> Iterator[Chunk]:
        chunks = answer.chunks()

        def announced() -> Iterator[Chunk]:
            self._on_begin(place, answer)
            yield from chunks

        return announced()

    def _send(self, chunk: Chunk) -> None:
        self.sent.setdefault((chunk.stream_id, chunk.seq), time.perf_counter())
        self._topics.append("chunks", chunk.stream_id.encode(), encode(chunk))
