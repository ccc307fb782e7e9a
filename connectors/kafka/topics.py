"""The topics Tidegate works with: what they are set to, and why."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.kafka.client import Admin, TopicSpec
from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError

# Broker time: deadlines and replays compare it, and producers' clocks cannot be trusted.
LOG_TIME = {"message.timestamp.type": "LogAppendTime"}
DAY_MS = 24 * 60 * 60 * 1000
# 3 days: a long weekend to notice and repair a guard that stands still.
CHUNKS_KEPT_MS = 3 * DAY_MS
# 7 days: Kafka's own default.
VERDICTS_KEPT_MS = 7 * DAY_MS
# 30 days: the latest record of every stream, for audits; then deleted.
AUDIT_KEPT_MS = 30 * DAY_MS
# 90 days: a quarter can be looked back upon; a record is about a kilobyte.
ROLLUPS_KEPT_MS = 90 * DAY_MS
# 1 day: what a check answers later than its deadline does not count; a replay goes back one epoch.
CHECKS_KEPT_MS = DAY_MS
# 1 day: a page shows what happens now; the audit keeps what happened.
EVENTS_KEPT_MS = DAY_MS
# 1 hour: a ticket lives for half a minute.
TICKETS_KEPT_MS = 60 * 60 * 1000
# 14 days to look into what could not be judged.
DEAD_LETTERS_KEPT_MS = 14 * DAY_MS


def topic_specs(settings: KafkaSettings, partitions: int, replicas: int = -1) -> list[TopicSpec]:
    """All topics. replicas: copies of each, -1 takes the broker's default."""
    kept = {
        "chunks": CHUNKS_KEPT_MS,
        "verdicts": VERDICTS_KEPT_MS,
        "audit": AUDIT_KEPT_MS,
        "audit-rollup": ROLLUPS_KEPT_MS,
        "checks": CHECKS_KEPT_MS,
        "results": CHECKS_KEPT_MS,
        "events": EVENTS_KEPT_MS,
        "dead-letters": DEAD_LETTERS_KEPT_MS,
        "tickets": TICKETS_KEPT_MS,
    }
    specs = []
    for name, retention_ms in kept.items():
        config = {
            **LOG_TIME,
            "retention.ms": str(retention_ms),
            "max.message.bytes": str(max(settings.max_record_bytes, 1_048_588)),
            "cleanup.policy": "compact,delete" if name == "audit" else "delete",
        }
        specs.append(TopicSpec(settings.topic(name), partitions, replicas, config))
    return [*specs, _policies(settings, replicas)]


def _policies(settings: KafkaSettings, replicas: int) -> TopicSpec:
    """Activations: one partition, because every guard reads all of them and in one order.

    Compacted and never deleted by age; every record has its own key, so nothing is lost either.
    """
    config = {
        **LOG_TIME,
        "retention.ms": "-1",
        "max.message.bytes": str(max(settings.max_record_bytes, 1_048_588)),
        "cleanup.policy": "compact",
    }
    return TopicSpec(settings.topic("policies"), 1, replicas, config)


def create_topics(admin: Admin, specs: Sequence[TopicSpec]) -> list[str]:
    """Create those that are missing; return their names.

    Raises ConnectorError if one exists with another partition count: streams keyed before would
    be split over two partitions.
    """
    counts = admin.describe([spec.name for spec in specs])
    for spec in specs:
        found = counts.get(spec.name, spec.partitions)
        if found != spec.partitions:
            raise ConnectorError(
                f"topic {spec.name} has {found} partitions, wanted {spec.partitions}; use its"
                " count, or another TIDEGATE_TOPIC_PREFIX"
            )
    missing = [spec for spec in specs if spec.name not in counts]
    if missing:
        admin.create(missing)
    return [spec.name for spec in missing]
