"""Variables of the environment: what nothing reads is refused, by every part that reads some."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from connectors.audit.settings import AuditSettings
from connectors.checks.settings import ChecksSettings
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.limits.settings import LimitSettings
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.rules.settings import RuleSettings
from connectors.gateway.settings import GatewaySettings
from connectors.kafka.settings import KafkaSettings
from connectors.webhooks.settings import WebhookSettings
from guardrails.errors import TidegateError
from tests.gateway import running

READ: dict[str, Callable[[Mapping[str, str]], object]] = {
    "AUDIT": AuditSettings.from_env,
    "GATEWAY": GatewaySettings.from_env,
    "KAFKA": KafkaSettings.from_env,
    "PROXY": ProxySettings.from_env,
    "RULES": RuleSettings.from_env,
    "RUNNER": ChecksSettings.from_env,
    "WEBHOOKS": WebhookSettings.from_env,
}
TYPED = [
    ("AUDIT_WEBHOKO_URL", "AUDIT_WEBHOOK_URL"),
    ("GATEWAY_KEY_FILE", "GATEWAY_KEYS_FILE"),
    ("GATEWAY_LIMIT_FILE", "GATEWAY_LIMITS_FILE"),
    ("GATEWAY_ORIGIN", "GATEWAY_ORIGINS"),
    ("GATEWAY_JWT_ISUER", "GATEWAY_JWT_ISSUER"),
    ("GATEWAY_SECRETFILE", "GATEWAY_SECRET_FILE"),
    ("GATEWAY_MAX_WAIT", "GATEWAY_MAX_WAITING"),
    ("GATEWAY_PROT", "GATEWAY_PORT"),
    ("KAFKA_LINGERMS", "KAFKA_LINGER_MS"),
    ("PROXY_OPENAI_KEYFILE", "PROXY_OPENAI_KEY_FILE"),
    ("PROXY_OPENAPI_URL", "PROXY_OPENAI_URL"),
    ("PROXY_ANTROPIC_KEY", "PROXY_ANTHROPIC_KEY"),
    ("RULES_TTL", "RULES_TTL_S"),
    ("RUNNER_PROCESES", "RUNNER_PROCESSES"),
    ("WEBHOOKS_PORT", "WEBHOOKS_PORTS"),
]


@pytest.mark.parametrize(("typed", "meant"), TYPED)
def test_a_mistyped_variable_is_refused_and_the_nearest_one_named(typed: str, meant: str) -> None:
    with pytest.raises(TidegateError) as told:
        READ[typed.partition("_")[0]]({f"TIDEGATE_{typed}": ""})
    wanted = f"TIDEGATE_{typed}: there is no such setting; did you mean TIDEGATE_{meant}?"
    assert str(told.value) == wanted


@pytest.mark.parametrize("part", READ)
def test_a_variable_like_no_other_is_refused_with_all_there_are(part: str) -> None:
    with pytest.raises(TidegateError, match=rf"there is no such setting; known: .*TIDEGATE_{part}"):
        READ[part]({f"TIDEGATE_{part}_ZZZZZZ": "x"})


def test_a_gateway_takes_every_variable_that_is_read_somewhere() -> None:
    models = (AuthSettings, GatewaySettings, LimitSettings)
    names = {str(field.validation_alias) for one in models for field in one.model_fields.values()}
    secret = "TIDEGATE_GATEWAY_SECRET"
    assert len(names) > 20
    GatewaySettings.from_env(dict.fromkeys([*names, secret, f"{secret}_FILE"], ""))
    # And what belongs to others.
    GatewaySettings.from_env({"TIDEGATE_GATEWAYS": "x", "TIDEGATE_PROXY_OPENAI_KEY": "x"})


def test_a_proxy_takes_every_variable_of_every_provider() -> None:
    names = [
        f"TIDEGATE_PROXY_{provider}_{what}"
        for provider in ("OPENAI", "ANTHROPIC", "GEMINI")
        for what in ("URL", "KEY", "KEY_FILE", "MODEL")
    ]
    assert set(ProxySettings.from_env(dict.fromkeys(names, "")).providers) == {
        *("openai", "anthropic", "gemini")
    }


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("GATEWAY_KEY_FILE", "GATEWAY_KEYS_FILE"), ("PROXY_OPENAI_KEYFILE", "PROXY_OPENAI_KEY_FILE")],
)
def test_a_gateway_does_not_begin_with_a_mistyped_variable(typed: str, meant: str) -> None:
    wanted = f"TIDEGATE_{typed}: there is no such setting; did you mean TIDEGATE_{meant}?"
    with pytest.raises(AssertionError, match=wanted), running(**{f"TIDEGATE_{typed}": "keys"}):
        pass
