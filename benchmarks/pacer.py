"""A producer at a steady rate, in a process of its own; prints when each chunk left, as JSON.

python -m benchmarks.pacer BOOTSTRAP TOPIC PREFIX RATE SECONDS [STREAMS [LINGER_MS [unended]]]
"""

from __future__ import annotations

import json
import sys
import time

from confluent_kafka import Producer

from benchmarks.texts import corpus
from guardrails.events import Chunk, encode

# Streams that are live at once.
STREAMS = 50
# The default of the producers' libraries. A request for each chunk is more than a broker beside a
# guard on two cores can take: at 3,000 a second a flow that does nothing fell a second behind.
LINGER_MS = 5


def pace(
    bootstrap: str,
    topic: str,
    prefix: str,
    rate: int,
    seconds: float,
    streams: int = STREAMS,
    linger_ms: float = 0,
    *,
    unended: bool = False,
) -> list[int]:
    """Send `rate` chunks per second; return the moment of each, monotonic nanoseconds.

    The n-th chunk is seq n // streams of stream PREFIX-(n % streams). linger_ms: how long a chunk
    may wait for others; 0 makes a request of each, which keeps the broker as busy as all else.
    """
    answers = corpus().answers
    count = int(rate * seconds)
    last_seqs = [(count - 1 - number) // streams for number in range(streams)]
    events = []
    for index in range(count):
        seq, number = divmod(index, streams)
        answer, stream_id = answers[number % len(answers)], f"{prefix}-{number}"
        final = seq == last_seqs[number] and not unended
        events.append(
            (stream_id, encode(Chunk(stream_id, seq, answer[seq % len(answer)], final=final)))
        )
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": linger_ms, "acks": "all"})
    producer.list_topics(topic, timeout=10)
    sent: list[int] = []
    started = time.monotonic_ns()
    for index, (key, value) in enumerate(events):
        due = started + index * 1_000_000_000 // rate
        while (ahead := due - time.monotonic_ns()) > 0:
            time.sleep(ahead / 1e9)
        sent.append(time.monotonic_ns())
        producer.produce(topic, value, key)
        producer.poll(0)
    producer.flush(10)
    return sent


if __name__ == "__main__":
    rate, seconds, *more = sys.argv[4:]
    streams = int(more[0]) if more else STREAMS
    linger_ms = float(more[1]) if len(more) > 1 else 0
    ends = {"unended": "unended" in more}
    sent = pace(*sys.argv[1:4], int(rate), float(seconds), streams, linger_ms, **ends)
    print(json.dumps(sent))
