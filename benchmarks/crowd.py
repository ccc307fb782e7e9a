"""Ten thousand streams at once on one worker, Kafka to Kafka; and how soon it is back when killed.

Latencies are told apart: of chunks that came while an epoch closed, and of all others. An epoch
closes when the recovery store is written.
"""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.figure import Figure, NotMeasured
from benchmarks.latency import Receiver, feed, live
from benchmarks.pacer import LINGER_MS
from benchmarks.timing import percentile
from benchmarks.topics import prepare, running_broker

CLIENT = "confluent"
STREAMS = 10_000
RATE = 3_000
# The store is committed at the end of a close; what came up to half a second before has waited.
BEFORE_MS, BEHIND_MS = 500, 250
POLICY = "default"


class _Closes:
    """Notes when the files of a recovery store change, in a thread."""

    def __init__(self, directory: Path) -> None:
        self.at: list[int] = []
        self._directory = directory
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        seen = 0
        while not self._stop.wait(0.005):
            files = [path for path in self._directory.glob("part-*") if path.exists()]
            latest = max((path.stat().st_mtime_ns for path in files), default=0)
            if latest > seen:
                seen = latest
                self.at.append(time.monotonic_ns())

    def near(self, moment: int) -> bool:
        return any(-BEFORE_MS <= (moment - at) / 1e6 <= BEHIND_MS for at in self.at)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield both p99, and the seconds from kill -9 to the first new verdict."""
    seconds = 15 if quick else 45
    with running_broker() as broker, ExitStack() as stack:
        settings = prepare(broker, CLIENT, "crowd")
        recovery = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        guard = stack.enter_context(live("guard", settings, POLICY, str(recovery)))
        receiver = Receiver(broker, [settings.topic("verdicts")])
        stack.callback(receiver.close)
        topic = settings.topic("chunks")
        warm, _ = feed(broker, topic, "warm", 2)
        receiver.wait_for(warm)
        closes = _Closes(recovery)
        load = {"rate": RATE, "streams": STREAMS, "linger_ms": LINGER_MS}
        places, sent = feed(broker, topic, "crowd", seconds, **load, unended=True)
        receiver.wait_for(places[-STREAMS:])
        closes.close()
        inside, outside = [], []
        for place, left in zip(places, sent, strict=True):
            took = (receiver.arrived[place] - left) / 1e6
            (inside if closes.near(left) else outside).append(took)
        # The first second opens ten thousand streams.
        if not inside:
            raise NotMeasured("no epoch closed while chunks came")
        for name, found, limit in (("outside", outside, 50), ("within", inside, 250)):
            yield Figure(
                measure="crowd",
                name=f"{STREAMS:,} streams at {RATE:,} chunks/s: p99 {name} epoch closes",
                value=percentile(found, 0.99),
                unit="ms",
                at_most=limit,
                note=f"{len(found):,} chunks, p50 {percentile(found, 0.5):.1f} ms",
            )
        guard.send_signal(signal.SIGKILL)
        killed = time.monotonic_ns()
        guard.wait()
        stack.enter_context(live("guard", settings, POLICY, str(recovery)))
        places, _ = feed(broker, topic, "later", 1, rate=100, streams=10)
        receiver.wait_for(places[:1])
        first = min(receiver.arrived[place] for place in places if place in receiver.arrived)
        yield Figure(
            measure="crowd",
            name="from kill -9 to the first new verdict",
            value=(first - killed) / 1e9,
            unit="s",
            at_most=5,
            note=f"{STREAMS:,} streams were live",
        )
