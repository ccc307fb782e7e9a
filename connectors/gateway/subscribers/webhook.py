"""Verdicts and audit records for those who have subscribed by webhook."""

from __future__ import annotations

from connectors.gateway.subscribers.subscriber import StreamSubscriber, Told
from connectors.webhooks.embedded import Webhooks
from guardrails.events import PipelineEvent


class WebhookSubscriber(StreamSubscriber):
    """Offers records to webhooks, which have queues, signatures and tries of their own.

    For an embedded gateway: what is not delivered when the process ends is lost. In front of Kafka
    the webhook flow does it, which knows where it was and is one for all gateways.
    """

    def __init__(self, webhooks: Webhooks) -> None:
        """webhooks: closed with it."""
        self.name = "webhook"
        self._webhooks = webhooks

    def on_events(self, told: Told) -> None:
        """Offer the record; steps of the guard are nothing webhooks are sent."""
        if not isinstance(told.said, PipelineEvent):
            self._webhooks.offer(told.record, told.said)

    def close(self) -> None:
        """Stop sending; what nobody took by then is lost."""
        self._webhooks.close()
