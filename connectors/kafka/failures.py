"""What went wrong with a broker, in words that say what to do. Never a key or a value."""

from __future__ import annotations

from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError


def unreachable(settings: KafkaSettings, reason: str) -> ConnectorError:
    """No broker answered."""
    return ConnectorError(
        f"no Kafka broker answered at {settings.bootstrap_servers} ({reason}); check"
        " KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL, the credentials and that it runs"
    )


def unreadable(place: str, offset: int, reason: str) -> ConnectorError:
    """A partition cannot be read and trying again would not help."""
    return ConnectorError(
        f"cannot read {place} at offset {offset}: {reason}; check that the topic exists, our"
        " permissions and the broker's log"
    )


def undelivered(topic: str, partition: int | None, reason: str) -> ConnectorError:
    """A record was not accepted, so the epoch must not close."""
    place = topic if partition is None else f"{topic}/{partition}"
    return ConnectorError(
        f"a record for {place} was not delivered: {reason}; check the broker, the topic and our"
        " permissions, then restart: the flow resumes from its last snapshot"
    )


def too_large(settings: KafkaSettings, topic: str, size_bytes: int) -> ConnectorError:
    """A record is larger than the producer may send."""
    return ConnectorError(
        f"a record for {topic} has {size_bytes} bytes, more than TIDEGATE_KAFKA_MAX_RECORD_BYTES="
        f"{settings.max_record_bytes}; raise it together with the topic's max.message.bytes, then"
        " restart: the flow resumes from its last snapshot"
    )


def refused_as_too_large(topic: str, partition: int | None) -> ConnectorError:
    """A record passed our own limit and the broker refused its size."""
    place = topic if partition is None else f"{topic}/{partition}"
    return ConnectorError(
        f"a record for {place} was refused by the broker as too large; raise the topic's"
        " max.message.bytes to TIDEGATE_KAFKA_MAX_RECORD_BYTES or more, then restart: the flow"
        " resumes from its last snapshot"
    )


def topic_failed(topic: str, reason: str) -> ConnectorError:
    """A topic could not be created or described."""
    return ConnectorError(f"topic {topic}: {reason}; check its name, settings and our permissions")
