"""Writing with confluent-kafka: idempotent, and every delivery accounted for."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as LibraryProducer

from connectors.kafka.failures import refused_as_too_large, too_large, undelivered
from connectors.kafka.settings import KafkaSettings
from guardrails.errors import ConnectorError
from guardrails.records import Output

# The library writes it, in its own words.
log = logging.getLogger("librdkafka")


def common_options(settings: KafkaSettings) -> dict[str, Any]:
    """Options every object of the library takes: where, who, how encrypted."""
    options: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": "tidegate",
        "security.protocol": settings.security_protocol,
        "reconnect.backoff.max.ms": 1000,
        "socket.nagle.disable": True,
        # The library writes one line per attempt and broker; the source's watch says it once.
        "log_level": 2,
    }
    if "SSL" in settings.security_protocol:
        options["ssl.endpoint.identification.algorithm"] = (
            "https" if settings.ssl_check_hostname else "none"
        )
        for name, path in (
            ("ssl.ca.location", settings.ssl_cafile),
            ("ssl.certificate.location", settings.ssl_certfile),
            ("ssl.key.location", settings.ssl_keyfile),
        ):
            if path is not None:
                options[name] = str(path)
        if settings.ssl_password is not None:
            options["ssl.key.password"] = settings.ssl_password.get_secret_value()
    if settings.sasl_mechanism is not None and settings.sasl_password is not None:
        options["sasl.mechanism"] = settings.sasl_mechanism
        options["sasl.username"] = settings.sasl_username
        options["sasl.password"] = settings.sasl_password.get_secret_value()
    return options


class ConfluentProducer:
    """An idempotent producer that reports failed deliveries only, and counts the open ones."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connects in the background."""
        self._settings = settings
        self._failed: deque[ConnectorError] = deque()
        self._producer = LibraryProducer(
            {
                **common_options(settings),
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": settings.linger_ms,
                "batch.size": settings.batch_bytes,
                "message.max.bytes": settings.max_record_bytes,
                "compression.type": settings.compression,
                "delivery.timeout.ms": int(settings.delivery_timeout_s * 1000),
                "queue.buffering.max.messages": settings.max_unsent_records,
                # Java's and kafka-python's default for keys; librdkafka's own is CRC32.
                "partitioner": "murmur2_random",
                # Successes need no callback: what is neither failed nor open was delivered.
                "delivery.report.only.error": True,
                "on_delivery": self._remember,
            },
            logger=log,
        )

    def send(self, output: Output) -> None:
        """See `Producer.send`."""
        deadline = 0.0
        while True:
            try:
                self._produce(output)
            except BufferError:
                now = time.monotonic()
                deadline = deadline or now + self._settings.delivery_timeout_s
                if now > deadline:
                    raise undelivered(output.topic, output.partition, "queue full") from None
                self._producer.poll(0.05)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                    size = len(output.key) + len(output.value)
                    raise too_large(self._settings, output.topic, size) from error
                name = error.args[0].name()
                raise undelivered(output.topic, output.partition, name) from error
            else:
                return

    def check(self) -> None:
        """See `Producer.check`."""
        self._producer.poll(0)
        if self._failed:
            raise self._failed.popleft()

    def flush(self, timeout_s: float) -> None:
        """See `Producer.flush`."""
        unacknowledged = self._producer.flush(timeout_s)
        self.check()
        if unacknowledged:
            raise ConnectorError(
                f"{unacknowledged} records were not acknowledged within {timeout_s:g} s; check the"
                " broker, then restart: the flow resumes from its last snapshot"
            )

    def close(self) -> None:
        """See `Producer.close`."""
        self._producer.flush(1)

    def _produce(self, output: Output) -> None:
        if output.partition is None:
            self._producer.produce(output.topic, key=output.key, value=output.value)
        else:
            self._producer.produce(
                output.topic, key=output.key, value=output.value, partition=output.partition
            )

    def _remember(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            return
        topic, partition = message.topic() or "", message.partition()
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            self._failed.append(refused_as_too_large(topic, partition))
        else:
            self._failed.append(undelivered(topic, partition, error.name()))
