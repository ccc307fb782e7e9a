"""Settings of the audit flow from the environment."""

from pathlib import Path

import pytest

from connectors.audit.settings import AuditSettings
from connectors.settings import SettingError

P = "TIDEGATE_AUDIT_"


def test_without_variables_there_are_rollups_alone():
    settings = AuditSettings.from_env({"PATH": "/bin", f"{P}CHAIN_DIR": "", f"{P}WAIT_S": ""})
    assert settings == AuditSettings()
    assert settings.chain_dir is settings.webhook_url is None


def test_everything_can_be_set(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("0123456789abcdef\n")
    settings = AuditSettings.from_env(
        {
            f"{P}CHAIN_DIR": "/var/chains",
            f"{P}CHAIN_KEY_FILE": str(secret),
            f"{P}CHAIN_FILE_MIB": "16",
            f"{P}WEBHOOK_URL": "https://siem.example/in?x=1",
            f"{P}WEBHOOK_TOKEN": "short",
            f"{P}WEBHOOK_ON_REFUSED": "skip",
            f"{P}WAIT_S": "30",
            f"{P}CORRECT_S": "7200",
            f"{P}RECOVERY_DIR": "/var/recovery",
        }
    )
    assert settings == AuditSettings(
        Path("/var/chains"),
        b"0123456789abcdef",
        16,
        "https://siem.example/in?x=1",
        "short",
        "skip",
        30,
        7200,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAIN_KEY", "too short"),
        ("CHAIN_KEY_FILE", "/does/not/exist"),
        ("CHAIN_FILE_MIB", "0"),
        ("CHAIN_FILE_MIB", "many"),
        ("WEBHOOK_URL", "siem.example/in"),
        ("WEBHOOK_URL", "ftp://siem.example/in"),
        ("WEBHOOK_URL", "https://"),
        ("WEBHOOK_URL", "https://host:port/"),
        ("WEBHOOK_URL", "https://user:password@host/"),
        ("WEBHOOK_TOKEN", "two\nlines"),
        ("WEBHOOK_TOKEN", "ünïcode"),
        ("WEBHOOK_ON_REFUSED", "maybe"),
        ("WAIT_S", "-1"),
        ("WAIT_S", "nan"),
        ("CORRECT_S", "1e9"),
        ("CORRECT_S", "0"),
        ("CHAIN_DRI", "x"),
    ],
)
def test_a_wrong_setting_is_named_and_secrets_are_not_shown(name, value):
    with pytest.raises(SettingError) as caught:
        AuditSettings.from_env({P + name: value})
    assert P + name in str(caught.value)
    for secret in ("too short", "password", "two", "ünïcode"):
        assert secret not in str(caught.value).replace("or a password", "")


def test_a_misspelt_setting_is_told_its_name():
    with pytest.raises(SettingError, match="did you mean TIDEGATE_AUDIT_CHAIN_DIR"):
        AuditSettings.from_env({f"{P}CHAIN_DRI": "x"})
