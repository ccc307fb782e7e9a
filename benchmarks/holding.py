"""What a check that holds text back costs a reader beyond its own time.

The check is a judge of paragraphs in mode block, at an endpoint on loopback that takes 100 ms. The
delay of a paragraph: from the chunk that let it end to the verdict that releases it.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import msgspec
from confluent_kafka import Producer

from benchmarks.figure import Figure
from benchmarks.latency import Receiver, live, one_turn
from benchmarks.pacer import LINGER_MS
from benchmarks.timing import percentile
from benchmarks.topics import prepare, running_broker
from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows.embedded import compose
from flows.runtime import run
from guardrails.events import CheckResult, Chunk, Verdict, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy_text import parse_policy
from guardrails.records import Output
from tests.broker import Broker
from tests.endpoint import Endpoint, judgement

CHECK_S = 0.1
STREAMS = 20
# No two are the same: the runner would answer from its cache.
PARAGRAPH = (
    "These are some words of paragraph {number:06} that says nothing of interest to anybody."
)
# A token of each stream every 20 ms, as models write: 1,000 chunks a second, as in the bare hop.
PAUSE_S = 0.02
POLICY = """
name: held
guardrails:
  pii: {{action: redact}}
  secrets: {{action: redact}}
  judge:
    url: {url}/v1/chat/completions
    model: m
    mode: block
    checkpoint: paragraph
    max_concurrency: 256
"""


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield the delay embedded and over Kafka, the check's own time taken off."""
    rounds = 2 if quick else 20
    with Endpoint(lambda _: judgement(0.1)._replace(late_s=CHECK_S)) as endpoint:
        policy = POLICY.format(url=endpoint.url)
        # A first round wakes everything up and is not looked at.
        _embedded(policy, 1)
        delays = _embedded(policy, rounds)
        yield Figure(
            measure="holding",
            name="embedded: delay of a paragraph beyond its check's own time, p99",
            value=percentile(delays, 0.99) - CHECK_S * 1000,
            unit="ms",
            at_most=30,
            note=_note(delays),
        )
        with running_broker() as broker:
            yield from _over_kafka(broker, policy, rounds)


def _note(delays: list[float]) -> str:
    p50 = percentile(delays, 0.5) - CHECK_S * 1000
    return f"{len(delays):,} paragraphs, p50 {p50:.1f} ms"


def _pieces(number: int) -> list[str]:
    words = PARAGRAPH.format(number=number).split(" ")
    return [word + " " for word in words[:-1]] + [words[-1] + "\n\n"]


def _script(rounds: int, first: int = 0) -> Iterator[tuple[Chunk, tuple[str, int] | None]]:
    """Yield chunks, with the stream and the end of the paragraph that each lets end.

    A paragraph ends where the first character of the next one comes. Streams begin one after the
    other within the time of a paragraph, as those of readers who know nothing of each other do.
    first: number of the first.
    """
    pieces = len(_pieces(0))
    size = sum(map(len, _pieces(0)))
    last = (rounds + 1) * pieces
    for tick in range(last + pieces):
        for number in range(STREAMS):
            seq = tick - number * pieces // STREAMS
            paragraph, index = divmod(seq, pieces)
            if 0 <= seq < last:
                text = _pieces(paragraph * STREAMS + number + first)[index]
                place = (f"s{number}", paragraph * size) if paragraph and not index else None
                yield Chunk(f"s{number}", seq, text), place
            elif seq == last:
                yield Chunk(f"s{number}", seq, "", final=True), None


def _embedded(policy: str, rounds: int) -> list[float]:
    topics, released = MemoryTopics(), dict[tuple[str, int], int]()

    def note(output: Output) -> None:
        if output.topic == "verdicts":
            verdict = msgspec.json.decode(output.value, type=Verdict)
            released.setdefault((verdict.stream_id, verdict.frontier), time.monotonic_ns())

    plans = Plans(Plan(parse_policy(policy, "held.yaml")))
    source = MemorySource(topics, ["chunks"])
    flow = compose(source, MemorySink(topics, note), plans, environ={})
    left: dict[tuple[str, int], int] = {}

    def produce() -> None:
        for chunk, place in _script(rounds):
            time.sleep(PAUSE_S / STREAMS)
            if place is not None:
                left[place] = time.monotonic_ns()
            topics.append("chunks", chunk.stream_id.encode(), encode(chunk))
        topics.close("chunks")

    producer = threading.Thread(target=produce)
    producer.start()
    run(flow, threading.Event())
    producer.join()
    return [(released[place] - began) / 1e6 for place, began in left.items()]


class _Frontiers(Receiver):
    """Notes when the release frontier of a stream arrives at an offset."""

    def note(self, value: bytes, now: int) -> None:
        verdict = msgspec.json.decode(value, type=Verdict)
        self.arrived.setdefault((verdict.stream_id, verdict.frontier), now)


class _Calls(Receiver):
    """Notes how long each check took, by stream and the end of its text, as its caller saw it."""

    def __init__(self, broker: Broker, topics: list[str]) -> None:
        self.took_ms: dict[tuple[str, int], float] = {}
        super().__init__(broker, topics)

    def note(self, value: bytes, now: int) -> None:
        del now
        result = msgspec.json.decode(value, type=CheckResult)
        end = int(result.id.rpartition("-")[2])
        self.took_ms[result.stream_id, end] = result.latency_ms


def _over_kafka(broker: Broker, policy: str, rounds: int) -> Iterator[Figure]:
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "policy.yaml"
        path.write_text(policy)
        held = prepare(broker, "confluent", "holding")
        bare = prepare(broker, "confluent", "holding-bare")
        stack.enter_context(live("guard", held, str(path)))
        stack.enter_context(live("checks", held, str(path)))
        stack.enter_context(live("pass-through", bare))
        hops = Receiver(broker, [bare.topic("verdicts")])
        stack.callback(hops.close)
        frontiers = _Frontiers(broker, [held.topic("verdicts")])
        stack.callback(frontiers.close)
        calls = _Calls(broker, [held.topic("results")])
        stack.callback(calls.close)
        one_turn(broker, hops, bare.topic("chunks"), "warm", 2, linger_ms=LINGER_MS)
        left = _produce(broker, held.topic("chunks"), rounds)
        frontiers.wait_for(list(left))
        bare_hops = one_turn(broker, hops, bare.topic("chunks"), "hop", 4, linger_ms=LINGER_MS)
        delays = [
            (frontiers.arrived[place] - began) / 1e6 - calls.took_ms[place]
            for place, began in left.items()
        ]
        took = median(calls.took_ms[place] for place in left)
        yield Figure(
            measure="holding",
            name="Kafka: delay of a paragraph beyond its check's own time, p99",
            # Without the check it takes one hop to the reader, too.
            value=percentile(delays, 0.99) - percentile(bare_hops, 0.5),
            unit="ms",
            at_most=2 * percentile(bare_hops, 0.99),
            note=f"{len(delays):,} paragraphs, less a bare hop; a call took {took:.0f} ms; the "
            "limit is twice the p99 of a bare hop",
        )


def _produce(broker: Broker, topic: str, rounds: int) -> dict[tuple[str, int], int]:
    producer = Producer(
        {"bootstrap.servers": broker.bootstrap, "linger.ms": LINGER_MS, "acks": "all"}
    )
    left: dict[tuple[str, int], int] = {}
    # A first round wakes everything up and is not looked at.
    for warm in (True, False):
        for chunk, place in _script(1, 900_000) if warm else _script(rounds):
            time.sleep(PAUSE_S / STREAMS)
            named = msgspec.structs.replace(
                chunk, stream_id=f"warm-{chunk.stream_id}" if warm else chunk.stream_id
            )
            if place is not None and not warm:
                left[place] = time.monotonic_ns()
            producer.produce(topic, encode(named), named.stream_id)
            producer.poll(0)
        producer.flush(10)
        time.sleep(1 if warm else 0)
    return left
