"""The webhook flow: verdicts and audit records in; signed requests and dead letters out.

tidegate webhooks run --subscriptions webhooks.yaml --recovery-dir /var/lib/tidegate/webhooks
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from connectors.kafka.publisher import KafkaPublisher
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.source import KafkaSource
from connectors.memory import MemoryPublisher, MemorySource, MemoryTopics
from connectors.metrics.kafka import LagMetrics
from connectors.outbox import Publisher
from connectors.webhooks.audience import Audience
from connectors.webhooks.dispatcher import Settings, make_rooms
from connectors.webhooks.fanout import FanoutSource, LogSource
from connectors.webhooks.sink import WebhookSink
from connectors.webhooks.targets import Target

# Offsets are published under a name of their own, for lag monitors.
GROUP = "tidegate-webhooks"
TOPICS = ("verdicts", "audit")


def connect(
    flow: Dataflow,
    targets: Sequence[Target],
    settings: Settings,
    source: LogSource,
    behind: LogSource,
    publish: Callable[[], Publisher],
    *,
    stopped: Callable[[], bool],
    topic: Callable[[str], str] = str,
) -> WebhookSink:
    """Wire the steps into a flow that may have others, too; return the sink.

    source, behind: see `FanoutSource`; both read topics `verdicts` and `audit`. publish: opens a
    publisher for dead letters. topic: full name of a topic.
    """
    rooms = make_rooms(targets)
    audience = Audience(targets, rooms, {topic(name): name for name in TOPICS})
    messages = op.input("webhook_log", flow, FanoutSource(source, behind, audience, stopped))
    sink = WebhookSink(targets, rooms, settings, publish)
    op.output("webhooks", op.key_on("one_sender", messages, lambda _: "webhooks"), sink)
    return sink


def build_kafka(
    kafka: KafkaSettings,
    targets: Sequence[Target],
    settings: Settings,
    *,
    environ: Mapping[str, str],
    stop: threading.Event,
    until_end: bool = False,
    metrics: bool = False,
) -> Dataflow:
    """Wire the flow between the topics and the receivers. metrics: whether lag becomes one.

    Without a snapshot it begins at the end of the log, unless TIDEGATE_KAFKA_START says otherwise:
    nobody waits for a month of events on the day they subscribe.
    """
    own = {"group": GROUP if kafka.group else "", "partitions": None}
    if not environ.get("TIDEGATE_KAFKA_START") and not until_end:
        own["start"] = "latest"
    topics = [kafka.topic(name) for name in TOPICS]
    first = kafka.model_copy(update=own)
    source = KafkaSource(first, topics, stop=stop, until_end=until_end)
    if metrics:
        LagMetrics(source.lags)
    # Who is behind for longer than the log reaches back goes on where it begins, and that is
    # logged: one dead receiver must not end the flow for all.
    second = first.model_copy(update={"group": "", "on_lost_offset": "earliest"})
    letters = kafka.topic("dead-letters")
    flow = Dataflow("tidegate_webhooks")
    connect(
        *(flow, targets, settings._replace(dead_letters=letters)),
        *(source, KafkaSource(second, topics)),
        partial(KafkaPublisher, kafka, [letters]),
        stopped=stop.is_set,
        topic=kafka.topic,
    )
    return flow


def connect_memory(
    flow: Dataflow,
    topics: MemoryTopics,
    targets: Sequence[Target],
    settings: Settings,
    *,
    stop: threading.Event,
) -> WebhookSink:
    """Wire the steps into a flow over in-process topics, in memory or in files."""
    return connect(
        *(flow, targets, settings),
        MemorySource(topics, TOPICS, stop=stop),
        MemorySource(topics, TOPICS),
        partial(MemoryPublisher, topics),
        stopped=stop.is_set,
    )
