"""Who is told of all streams of a gateway, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.gateway.settings import GatewaySettings
from connectors.gateway.subscribers.file import FileSubscriber
from connectors.gateway.subscribers.metrics import MetricsSubscriber
from connectors.gateway.subscribers.subscriber import StreamSubscriber
from connectors.gateway.subscribers.webhook import WebhookSubscriber
from connectors.memory import MemoryPublisher, MemoryTopics
from connectors.settings import SettingError
from connectors.webhooks.dispatcher import Settings
from connectors.webhooks.embedded import Webhooks
from connectors.webhooks.settings import WebhookSettings
from connectors.webhooks.targets import SubscriptionError, Target, read_targets


def open_subscribers(
    settings: GatewaySettings, environ: Mapping[str, str], topics: MemoryTopics | None
) -> list[StreamSubscriber]:
    """Return the subscribers that the settings ask for.

    topics: of an embedded gateway, for dead letters; None in front of Kafka. Raises SettingError,
    ConnectorError.
    """
    found: list[StreamSubscriber] = []
    if settings.event_metrics:
        found.append(MetricsSubscriber())
    if settings.events_file is not None:
        found.append(FileSubscriber(settings.events_file))
    if settings.webhooks_file is not None:
        if topics is None:
            raise SettingError(
                "TIDEGATE_GATEWAY_WEBHOOKS_FILE: expected a gateway with a guard of its own, got "
                "one in front of Kafka; unset it and run `tidegate webhooks run`, which is one for "
                "all gateways and goes on where it was after a restart"
            )
        reach = WebhookSettings.from_env(environ).reach
        targets = _read(settings.webhooks_file, environ)
        webhooks = Webhooks(targets, Settings(reach), MemoryPublisher(topics))
        found.append(WebhookSubscriber(webhooks))
    return found


def _read(path: Path, environ: Mapping[str, str]) -> list[Target]:
    if not path.is_file():
        raise SettingError(
            f"TIDEGATE_GATEWAY_WEBHOOKS_FILE: there is no file {path}; name one with "
            "subscriptions, see docs/webhooks.md"
        )
    try:
        return read_targets(path, WebhookSettings.from_env(environ).reach, environ)
    except SubscriptionError as error:
        raise SettingError(str(error)) from error
