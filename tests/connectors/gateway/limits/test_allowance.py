"""The file of limits: what it may say, and how each mistake is told."""

from pathlib import Path

import pytest

from connectors.gateway.auth.principal import Priority
from connectors.gateway.limits.allowance import (
    Allowance,
    LimitsFileError,
    parse_allowances,
    read_allowances,
)
from connectors.gateway.limits.settings import LimitSettings
from connectors.settings import SettingError


def problem(text: str) -> str:
    with pytest.raises(LimitsFileError) as caught:
        parse_allowances(text, "limits.yaml")
    return str(caught.value)


def test_a_tenant_takes_from_the_default_what_it_does_not_say() -> None:
    found = parse_allowances(
        "default: {user_updates: 7/second, user_streams: 3}\n"
        "tenants:\n  acme: {priority: high, user_streams: 9, user_chars: none}\n",
        "limits.yaml",
    )
    acme, other = found.of("acme"), found.of("other")
    assert (acme.priority, other.priority) == (Priority.HIGH, Priority.NORMAL)
    assert (acme.user_streams, other.user_streams) == (9, 3)
    assert acme.user_updates == other.user_updates
    assert acme.user_updates is not None
    assert (acme.user_updates.amount, acme.user_updates.get_expiry()) == (7, 1)
    assert acme.user_chars is None
    assert other.user_chars == Allowance().user_chars


@pytest.mark.parametrize("text", ["", "default: {}", "tenants: {}"])
def test_an_empty_file_says_what_holds_without_one(text: str) -> None:
    assert parse_allowances(text, "limits.yaml").of("acme") == Allowance()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("[]", "1:1", "mapping"),
        ("defaults: {}", "1:1", "did you mean 'default'?"),
        ("default: {user_update: 1/second}", "1:11", "did you mean 'user_updates'?"),
        ("default: {user_updates: many}", "1:25", "500/second"),
        ("default: {user_updates: 0/second}", "1:25", "500/second"),
        ("default: {user_updates: 5}", "1:25", "500/second"),
        ("default: {user_updates: 5/year}", "1:25", "a day at most"),
        ("default: {user_updates: 5/second; 9/minute}", "1:25", "500/second"),
        ("default: {user_streams: 0}", "1:25", "greater than or equal to 1"),
        ("tenants:\n  acme: {priority: urgent}", "2:20", "high, normal, low"),
        ("tenants:\n  'a b': {}", "2:", "match"),
        ("tenants:\n  acme: 7", "2:9", "mapping"),
        ("default: [", "1:", "this is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, place: str, words: str) -> None:
    told = problem(text)
    assert told.startswith(f"limits.yaml:{place}")
    assert words in told


def test_a_mistake_of_the_default_is_told_once_however_many_tenants_take_it() -> None:
    told = problem("default: {user_streams: 0}\ntenants: {a: {}, b: {}, c: {}}")
    assert "'default.user_streams'" in told
    assert told.count("1:25") == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LimitsFileError, match="correct the path"):
        read_allowances(tmp_path / "limits.yaml")


def test_settings_name_the_file_and_the_bounds(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text("tenants: {acme: {user_streams: 2}}")
    settings = LimitSettings.from_env(
        {"TIDEGATE_GATEWAY_LIMITS_FILE": str(tmp_path / "limits.yaml")}
    )
    assert settings.read_allowances().of("acme").user_streams == 2
    assert LimitSettings.from_env({}).read_allowances().of("acme") == Allowance()
    with pytest.raises(SettingError, match=r"TIDEGATE_GATEWAY_MAX_WAITING: .*got '3'"):
        LimitSettings.from_env({"TIDEGATE_GATEWAY_MAX_WAITING": "3"})
