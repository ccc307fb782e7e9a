"""Kafka settings: every bad value names its variable, secrets stay secret."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.kafka.settings import KafkaSettings, SettingsError

SASL = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "guard",
    "KAFKA_SASL_PASSWORD": "hunter2",
}


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = KafkaSettings.from_env({})
    assert settings.bootstrap_servers == "localhost:9092"
    assert settings.topic("verdicts") == "tidegate.verdicts"
    assert (settings.client, settings.start, settings.on_lost_offset) == (
        "kafka-python",
        "earliest",
        "fail",
    )


def test_an_empty_variable_counts_as_absent() -> None:
    assert KafkaSettings.from_env({"TIDEGATE_KAFKA_LINGER_MS": ""}).linger_ms == 5


def test_an_empty_group_switches_publishing_off() -> None:
    assert KafkaSettings.from_env({"TIDEGATE_KAFKA_GROUP": ""}).group == ""


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        KafkaSettings.from_env({}).linger_ms = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka", "pattern"),
        ("TIDEGATE_TOPIC_PREFIX", "tide gate/", "pattern"),
        ("TIDEGATE_KAFKA_CLIENT", "aiokafka", "'kafka-python' or 'confluent'"),
        ("TIDEGATE_KAFKA_LINGER_MS", "-1", "greater than or equal to 0"),
        ("TIDEGATE_KAFKA_BATCH_RECORDS", "many", "valid integer"),
        ("TIDEGATE_KAFKA_START", "middle", "'earliest' or 'latest'"),
        ("KAFKA_SASL_MECHANISM", "GSSAPI", "'PLAIN'"),
    ],
)
def test_a_bad_value_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        KafkaSettings.from_env({name: value})
    message = str(caught.value)
    assert name in message
    assert expected in message
    assert repr(value) in message
    assert "correct the variable" in message


def test_a_mistyped_variable_is_refused_with_a_suggestion() -> None:
    with pytest.raises(SettingsError, match="did you mean TIDEGATE_KAFKA_LINGER_MS"):
        KafkaSettings.from_env({"TIDEGATE_KAFKA_LINGERMS": "5"})


def test_variables_of_others_are_ignored() -> None:
    assert KafkaSettings.from_env({"KAFKA_HEAP_OPTS": "-Xmx1g", "HOME": "/"}).start == "earliest"


def test_passwords_never_show() -> None:
    settings = KafkaSettings.from_env({**SASL, "KAFKA_SSL_PASSWORD": "opensesame"})
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter2" not in shown
    assert "opensesame" not in shown


def test_a_password_is_not_repeated_in_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        KafkaSettings.from_env({**SASL, "KAFKA_SASL_MECHANISM": "none"})
    assert "hunter2" not in str(caught.value)


def test_a_password_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    environ = {**SASL, "KAFKA_SASL_PASSWORD": "", "KAFKA_SASL_PASSWORD_FILE": str(secret)}
    password = KafkaSettings.from_env(environ).sasl_password
    assert password is not None
    assert password.get_secret_value() == "hunter2"


def test_a_missing_password_file_is_named(tmp_path: Path) -> None:
    environ = {"KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "absent")}
    with pytest.raises(SettingsError, match="KAFKA_SASL_PASSWORD_FILE: expected the path"):
        KafkaSettings.from_env(environ)


def test_a_password_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="both set"):
        KafkaSettings.from_env({**SASL, "KAFKA_SASL_PASSWORD_FILE": str(tmp_path)})


def test_half_a_sasl_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="also needs KAFKA_SASL_MECHANISM"):
        KafkaSettings.from_env({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"})
    with pytest.raises(SettingsError, match="would not use it"):
        KafkaSettings.from_env({"KAFKA_SASL_USERNAME": "guard"})


def test_a_linger_beyond_the_delivery_timeout_is_refused() -> None:
    with pytest.raises(SettingsError, match="TIDEGATE_KAFKA_DELIVERY_TIMEOUT_S=2"):
        KafkaSettings.from_env(
            {"TIDEGATE_KAFKA_LINGER_MS": "1000", "TIDEGATE_KAFKA_DELIVERY_TIMEOUT_S": "2"}
        )


def test_every_setting_says_what_it_is() -> None:
    for name, field in KafkaSettings.model_fields.items():
        assert field.validation_alias, name
        assert field.description, name
        assert field.description.rstrip().endswith("."), name
