"""The audit flow: audit records in; rollups, hash chains and webhook requests out.

tidegate audit run --recovery-dir /var/lib/tidegate/audit
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, Source
from bytewax.outputs import Sink

from connectors.audit.chain_sink import ChainSink
from connectors.audit.delivery import Endpoint
from connectors.audit.metrics import WAITING
from connectors.audit.room import RoomySource
from connectors.audit.settings import AuditSettings
from connectors.audit.webhook import WebhookSink
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from connectors.metrics.kafka import LagMetrics
from connectors.webhooks.room import Room
from guardrails.chain import Seal
from guardrails.records import Clock, Output, Record
from guardrails.repeats import Reading
from guardrails.rollup import DEFAULT_CORRECT_S
from operators.audit import read_audit
from operators.rollup import DEFAULT_WAIT_S, encode_rollups, rollup

# Offsets are published under names of their own, so that a lag monitor tells the guard from these.
GROUP = "tidegate-audit"
WEBHOOK_GROUP = "tidegate-audit-webhook"


class Webhook(NamedTuple):
    """A way of its own through the log: what holds it up holds up nothing else."""

    source: Source[Record]
    sink: Sink[tuple[str, Record]]


def build(
    source: Source[Record | Clock],
    sink: Sink[tuple[str, Output]],
    topic: Callable[[str], str] = str,
    *,
    chain: Sink[tuple[str, Reading]] | None = None,
    webhook: Webhook | None = None,
    wait_s: float = DEFAULT_WAIT_S,
    correct_s: float = DEFAULT_CORRECT_S,
    ends: bool = False,
) -> Dataflow:
    """Wire the flow. topic: full name of a topic. ends: whether the end of the input closes the
    minutes that are open.
    """
    flow = Dataflow("tidegate_audit")
    records = op.input("audit", flow, source)
    read = read_audit("read", records)
    rollups = rollup("rollup", read.readings, wait_s=wait_s, correct_s=correct_s, ends=ends)
    outputs = encode_rollups("encode", rollups, read.errs, topic)
    op.output("records", outputs, sink)
    if chain is not None:
        op.output("chain", read.readings, chain)
    if webhook is not None:
        posted = op.input("webhook_records", flow, webhook.source)
        op.output("webhook", op.key_on("one_sender", posted, lambda _: "webhook"), webhook.sink)
    return flow


def build_kafka(
    kafka: KafkaSettings,
    settings: AuditSettings,
    *,
    stop: threading.Event,
    until_end: bool = False,
    metrics: bool = False,
) -> Dataflow:
    """Wire the flow between the topics and what the settings name beside them.

    metrics: whether the lag of its source becomes one.
    """
    name = kafka.topic("audit")
    source = _source(kafka, GROUP, stop, until_end=until_end)
    if metrics:
        LagMetrics(source.lags)
    outputs = [kafka.topic("audit-rollup"), kafka.topic("dead-letters")]
    chain = None
    if settings.chain_dir is not None:
        chain = ChainSink(
            settings.chain_dir,
            name,
            Seal(settings.chain_key),
            lambda: len(source.list_parts()),
            file_bytes=int(settings.chain_file_mib * 1024 * 1024),
        )
    webhook = None
    if settings.webhook_url is not None:
        feed = _source(kafka, WEBHOOK_GROUP, stop, until_end=until_end)
        webhook = build_webhook(settings, settings.webhook_url, feed, stop)
    return build(
        source,
        KafkaSink(kafka, outputs),
        kafka.topic,
        chain=chain,
        webhook=webhook,
        wait_s=settings.wait_s,
        correct_s=settings.correct_s,
        ends=until_end,
    )


def build_webhook(
    settings: AuditSettings,
    url: str,
    feed: FixedPartitionedSource[Record | Clock, int],
    stop: threading.Event,
) -> Webhook:
    """Wire a way to the webhook. feed: reads the audit topic for it alone."""
    room = Room(waiting=WAITING)
    endpoint = Endpoint(url, settings.webhook_token, settings.on_refused)
    return Webhook(RoomySource(feed, room, stop.is_set), WebhookSink(endpoint, room))


def _source(
    kafka: KafkaSettings, group: str, stop: threading.Event, *, until_end: bool
) -> KafkaSource:
    """Read the audit topic. group: offsets are published under it, unless none are wanted.

    All of it, whatever part the guard beside it reads: a tenant's streams are in every partition.
    """
    own = kafka.model_copy(update={"group": group if kafka.group else "", "partitions": None})
    return KafkaSource(own, [kafka.topic("audit")], stop=stop, until_end=until_end)
