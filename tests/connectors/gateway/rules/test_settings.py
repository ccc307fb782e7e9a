from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.gateway.rules.settings import RuleSettings
from connectors.settings import SettingError


def test_without_a_key_there_are_no_rules_for_clients() -> None:
    assert RuleSettings.from_env({"PATH": "/bin", "TIDEGATE_RULES_KEY": ""}).signer is None


def test_settings_are_read() -> None:
    settings = RuleSettings.from_env(
        {
            "TIDEGATE_RULES_KEY": "ab" * 32,
            "TIDEGATE_RULES_WITHHOLD": "patterns,secrets",
            "TIDEGATE_RULES_TTL_S": "3600",
        }
    )
    assert settings.signer is not None
    assert settings.withheld == {"patterns", "secrets"}
    assert settings.ttl == timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("TIDEGATE_RULES_WITHHOLD", "pattern", "did you mean patterns"),
        ("TIDEGATE_RULES_TTL_S", "299", "from 300"),
        ("TIDEGATE_RULES_TTL_S", "an hour", "from 300"),
        ("TIDEGATE_RULES_WITHOLD", "pii", "did you mean TIDEGATE_RULES_WITHHOLD"),
    ],
)
def test_a_wrong_setting_is_named_with_a_way_out(name: str, value: str, hint: str) -> None:
    with pytest.raises(SettingError, match=hint) as refused:
        RuleSettings.from_env({name: value})
    assert str(refused.value).startswith(name)
