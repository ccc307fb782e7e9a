"""What is counted of webhooks. No label is a stream, a tenant or a user: a subscription's id is the
operator's own word, and there are at most 200 of them.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter(
    "tidegate_webhooks_messages",
    "Messages that receivers took, that became dead letters, or that nobody was there for.",
    ["subscription", "outcome"],
)
OUTCOMES = ("delivered", "given_up", "skipped")
FAILURES = Counter(
    "tidegate_webhooks_failures",
    "Tries that failed.",
    # connection, address, timeout, protocol, or a status class: 3xx, 4xx, 5xx
    ["subscription", "reason"],
)
WAITING = Gauge(
    "tidegate_webhooks_waiting_messages", "Messages read and not delivered.", ["subscription"]
)
DISABLED = Gauge(
    "tidegate_webhooks_disabled",
    "1 where a receiver has asked for no more, or took nothing for five days.",
    ["subscription"],
)
BEHIND = Gauge(
    "tidegate_webhooks_behind_partitions",
    "Partitions in which a subscription waits for room, and its messages wait in the log.",
    ["subscription"],
)
TRY_S = Histogram(
    "tidegate_webhooks_try_seconds",
    "How long a receiver took to answer, or not to.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
UNREADABLE = Counter(
    "tidegate_webhooks_unreadable_records", "Records that are neither verdict nor audit record."
)


def prepare(subscription: str) -> None:
    """Show a subscription's counters from the beginning: "none in ten minutes" can be asked."""
    for outcome in OUTCOMES:
        MESSAGES.labels(subscription, outcome)
    for gauge in (WAITING, BEHIND):
        gauge.labels(subscription)
    DISABLED.labels(subscription).set(0)
