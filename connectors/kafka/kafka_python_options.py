"""Connecting with kafka-python: its options, its quiet logs, and a consumer for every use."""

from __future__ import annotations

import logging
from typing import Any

from kafka import KafkaConsumer
from kafka import errors as kafka_errors

from connectors.kafka.failures import unreachable
from connectors.kafka.settings import KafkaSettings

# Milliseconds; metadata, offset and commit requests take a few from a living broker.
REQUEST_TIMEOUT_MS = 5000


def quiet_logging() -> None:
    """Keep the library from logging records, and from logging an outage at every retry.

    At DEBUG it writes keys, values and raw requests: never wanted here. Above, it writes several
    lines per attempt while a broker is away, which the source's watch says once; what matters is
    raised. Set the level of the logger `kafka` beforehand to see its own messages from INFO on.
    """
    library = logging.getLogger("kafka")
    if library.level == logging.NOTSET:
        library.setLevel(logging.CRITICAL)
    elif library.level < logging.INFO:
        library.setLevel(logging.INFO)


def common_options(settings: KafkaSettings) -> dict[str, Any]:
    """Options every object of the library takes: where, who, how encrypted."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "client_id": "tidegate",
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": int(settings.startup_timeout_s * 1000),
        # 1 s: the library's own ceiling of 30 s would keep a flow waiting after a short outage.
        "reconnect_backoff_max_ms": 1000,
        "ssl_check_hostname": settings.ssl_check_hostname,
    }
    for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
        if (path := getattr(settings, name)) is not None:
            options[name] = str(path)
    if settings.ssl_password is not None:
        options["ssl_password"] = settings.ssl_password.get_secret_value()
    if settings.sasl_mechanism is not None and settings.sasl_password is not None:
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return options


def open_consumer(settings: KafkaSettings, **options: Any) -> Any:
    """A consumer that has reached a broker; ConnectorError when none answers in time."""
    try:
        return KafkaConsumer(
            **common_options(settings),
            auto_offset_reset="none",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            # Records of aborted transactions were never sent, so they are never judged.
            isolation_level="read_committed",
            metrics_enabled=False,
            **options,
        )
    except kafka_errors.KafkaError as error:
        raise unreachable(settings, type(error).__name__) from error
