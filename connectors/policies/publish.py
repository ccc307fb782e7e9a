"""Writing an activation to the topic `policies`."""

from __future__ import annotations

import uuid

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.policies.log import PolicyLog
from guardrails.activation import Activation, decode_activation
from guardrails.errors import ConnectorError
from guardrails.events import PolicyActivation, encode
from guardrails.records import Output


def publish(settings: KafkaSettings, opened: PolicyLog, event: PolicyActivation) -> Activation:
    """Write an activation; return it as it stands in the log, with the time it holds from.

    opened: the log, open. Waits for the brokers' acknowledgement. Raises ConnectorError when it
    does not come; the activation may or may not be in the log then.
    """
    # A key of its own: compaction would remove an older record of the same key.
    key = f"{event.name}/{uuid.uuid4().hex}".encode()
    opened.read()
    producer = open_client(settings).producer()
    try:
        producer.send(Output(settings.topic("policies"), key, encode(event), 0))
        producer.flush(settings.delivery_timeout_s)
    finally:
        producer.close()
    for record in opened.read():
        if record.key == key:
            return decode_activation(record)
    raise ConnectorError(
        f"topic {settings.topic('policies')} acknowledged an activation and does not show it; "
        "look with `tidegate policy history`"
    )
