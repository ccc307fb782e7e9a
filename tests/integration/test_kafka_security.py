"""TLS and SASL against the real listeners of Apache Kafka, with both clients."""

import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.kafka.settings import KafkaSettings
from tests.certificates import Authority
from tests.flows.command import Command, Result
from tests.integration.guarding import Deployment, check, interleave, own_streams, stop
from tests.integration.kafka_flow import stored, write
from tests.secured import PASSWORD, USER, SecuredBroker

pytestmark = pytest.mark.integration

CLIENTS = ["kafka-python", "confluent"]
# Where both clients do the same with what was proved of each, one of them is left to long runs.
KAFKA_PYTHON = ["kafka-python", pytest.param("confluent", marks=pytest.mark.long)]
CONFLUENT = [pytest.param("kafka-python", marks=pytest.mark.long), "confluent"]
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    broker = SecuredBroker(tmp_path_factory.mktemp("certificates"))
    if broker.kind != "kafka":
        pytest.skip(
            "NOT TESTED: TLS, SASL and client certificates, which need Apache Kafka; run `make"
            f" kafka`. The broker would be {broker.name}"
        )
    broker.start()
    yield broker
    broker.stop()


def with_password(
    secured: SecuredBroker, directory: Path, client: str, mechanism: str = "PLAIN"
) -> dict[str, str]:
    """The environment of a process that comes with a password."""
    password = directory / "password"
    password.write_text(PASSWORD + "\n")
    return {
        "KAFKA_BOOTSTRAP_SERVERS": secured.sasl,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": mechanism,
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD_FILE": str(password),
        "KAFKA_SSL_CAFILE": str(secured.authority.path),
        "TIDEGATE_KAFKA_CLIENT": client,
        "TIDEGATE_KAFKA_GROUP": "",
    }


def with_certificate(secured: SecuredBroker, client: str) -> dict[str, str]:
    """The environment of a process that comes with a certificate."""
    certificate, key = secured.client
    return {
        "KAFKA_BOOTSTRAP_SERVERS": secured.cert,
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CAFILE": str(secured.authority.path),
        "KAFKA_SSL_CERTFILE": str(certificate),
        "KAFKA_SSL_KEYFILE": str(key),
        "TIDEGATE_KAFKA_CLIENT": client,
        "TIDEGATE_KAFKA_GROUP": "",
    }


def guard_streams(environ: Mapping[str, str], directory: Path) -> None:
    """Everything over the door: topics, chunks, a guard process, and what it wrote."""
    deployment = Deployment(KafkaSettings.from_env(environ), directory)
    try:
        streams = own_streams(12)
        deployment.produce(interleave(streams))
        guard = ("-m", "flows", "run", "--recovery-dir", str(deployment.recovery))
        process = deployment.start(*guard, **environ)
        assert deployment.wait_for("audit", len(streams)) == len(streams)
        assert stop(process, signal.SIGTERM) == 0
        check(deployment, streams)
    finally:
        deployment.close()


@pytest.mark.parametrize("client", KAFKA_PYTHON)
def test_streams_are_guarded_over_tls_with_a_password(
    secured: SecuredBroker, tmp_path: Path, client: str
) -> None:
    guard_streams(with_password(secured, tmp_path, client), tmp_path)


@pytest.mark.parametrize("client", CONFLUENT)
def test_streams_are_guarded_over_tls_with_our_certificate(
    secured: SecuredBroker, tmp_path: Path, client: str
) -> None:
    guard_streams(with_certificate(secured, client), tmp_path)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_writes_and_reads(
    secured: SecuredBroker, tmp_path: Path, client: str, mechanism: str
) -> None:
    environ = with_password(secured, tmp_path, client, mechanism)
    deployment = Deployment(KafkaSettings.from_env(environ), tmp_path, 1)
    deployment.close()
    topic = deployment.settings.topic("verdicts")
    write(deployment.settings, topic, [b"a", b"b"])
    assert [record.value for record in stored(deployment.settings, topic)] == [b"a", b"b"]


@pytest.mark.parametrize("client", CONFLUENT)
def test_doctor_is_content_behind_locked_doors(
    secured: SecuredBroker, tmp_path: Path, client: str
) -> None:
    tidegate = Command(tmp_path)
    for name, environ in (
        ("password", with_password(secured, tmp_path, client)),
        ("certificate", with_certificate(secured, client)),
    ):
        own = {**environ, "TIDEGATE_TOPIC_PREFIX": f"doctor-{client}-{name}."}
        made = tidegate("topics", "create", "--partitions", "2", "--replicas", "1", **own)
        assert (made.code, made.err) == (0, "")
        found = tidegate("doctor", **own)
        assert (found.code, found.err) == (0, "")
        assert f"ok      broker: {environ['KAFKA_BOOTSTRAP_SERVERS']} answers" in found.out
        assert "ok      topics: " in found.out


def wrong_password(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    environ = with_password(secured, directory, client)
    del environ["KAFKA_SASL_PASSWORD_FILE"]
    return environ | {"KAFKA_SASL_PASSWORD": "guessed-wrong"}


def no_password(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    environ = with_password(secured, directory, client)
    kept = {name: value for name, value in environ.items() if not name.startswith("KAFKA_SASL")}
    return kept | {"KAFKA_SECURITY_PROTOCOL": "SSL"}


def no_encryption(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    environ = with_password(secured, directory, client)
    return environ | {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}


def strange_authority(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    strange = Authority(directory, "strange")
    return with_password(secured, directory, client) | {"KAFKA_SSL_CAFILE": str(strange.path)}


def another_host_name(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    by_name = secured.sasl.replace("127.0.0.1", "localhost")
    return with_password(secured, directory, client) | {"KAFKA_BOOTSTRAP_SERVERS": by_name}


def no_certificate(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    environ = with_certificate(secured, client)
    del environ["KAFKA_SSL_CERTFILE"], environ["KAFKA_SSL_KEYFILE"]
    return environ


def strange_certificate(secured: SecuredBroker, directory: Path, client: str) -> dict[str, str]:
    certificate, key = Authority(directory, "strange").issue("intruder", "127.0.0.1")
    ours = {"KAFKA_SSL_CERTFILE": str(certificate), "KAFKA_SSL_KEYFILE": str(key)}
    return with_certificate(secured, client) | ours


@pytest.mark.parametrize(
    "wrong",
    [
        *(wrong_password, no_password, no_encryption, strange_authority, another_host_name),
        *(no_certificate, strange_certificate),
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_who_does_not_fit_the_door_is_told_so_and_secrets_are_not(
    secured: SecuredBroker, tmp_path: Path, wrong
) -> None:
    environs = [wrong(secured, tmp_path, client) for client in CLIENTS]

    def ask(environ: dict[str, str]) -> Result:
        return Command(tmp_path)("doctor", "--timeout-s", "2", **environ)

    # Both clients at once: they only wait for an answer.
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, environs))
    for found, environ in zip(answers, environs, strict=True):
        address = environ["KAFKA_BOOTSTRAP_SERVERS"]
        assert found.code == 1
        assert f"PROBLEM broker: no Kafka broker answered at {address}" in found.out
        assert "fix: check KAFKA_BOOTSTRAP_SERVERS, KAFKA_SECURITY_PROTOCOL, the cr" in found.out
        for secret in (PASSWORD, "guessed-wrong", "PRIVATE KEY"):
            assert secret not in found.out + found.err


@pytest.mark.parametrize("client", CLIENTS)
def test_another_host_name_fits_when_it_is_not_looked_at(
    secured: SecuredBroker, tmp_path: Path, client: str
) -> None:
    environ = another_host_name(secured, tmp_path, client) | {"KAFKA_SSL_CHECK_HOSTNAME": "false"}
    found = Command(tmp_path)("doctor", "--timeout-s", "10", **environ)
    assert "ok      broker: localhost" in found.out
