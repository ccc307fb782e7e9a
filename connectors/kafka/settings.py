"""Where the brokers are and how to talk to them: read once from the environment, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from connectors.kafka.partitions import parse_partitions
from connectors.settings import refuse_unknown
from guardrails.errors import ConnectorError

OWN_PREFIX = "TIDEGATE_KAFKA_"

BrokerList = Annotated[str, StringConstraints(pattern=r"^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$")]
# Kafka's own rule for topic names is [a-zA-Z0-9._-]; 100 leaves room for our suffixes below its
# limit of 249.
TopicPrefix = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{0,100}$")]
Partitions = Annotated[
    tuple[int, ...],
    BeforeValidator(lambda value: parse_partitions(value) if isinstance(value, str) else value),
]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class SettingsError(ConnectorError):
    """A setting cannot be used. Next: correct the variable the message names, start again."""


def _variable(name: str, default: Any, text: str, **limits: Any) -> Any:
    """A field read from environment variable `name`; `text` says what it is, in which unit, why."""
    return Field(default, validation_alias=name, description=text, **limits)


class KafkaSettings(BaseModel):
    """How the source, the sink and the admin reach Kafka. Build it with `from_env`.

    >>> KafkaSettings.from_env({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}).topic("chunks")
    'tidegate.chunks'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    bootstrap_servers: BrokerList = _variable(
        "KAFKA_BOOTSTRAP_SERVERS",
        "localhost:9092",
        "host:port[,host:port...]; the first contact, the other brokers are learnt from it.",
    )
    topic_prefix: TopicPrefix = _variable(
        "TIDEGATE_TOPIC_PREFIX", "tidegate.", "Put before every topic name."
    )
    client: Literal["kafka-python", "confluent"] = _variable(
        "TIDEGATE_KAFKA_CLIENT",
        "kafka-python",
        "Which client library; confluent is faster and needs the extra `fast`.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = _variable(
        "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", "Encryption and authentication of connections."
    )
    sasl_mechanism: Mechanism | None = _variable(
        "KAFKA_SASL_MECHANISM", None, "Needed with SASL_PLAINTEXT and SASL_SSL."
    )
    sasl_username: str | None = _variable("KAFKA_SASL_USERNAME", None, "The SASL user.")
    sasl_password: SecretStr | None = _variable(
        "KAFKA_SASL_PASSWORD", None, "Its password; KAFKA_SASL_PASSWORD_FILE names a file instead."
    )
    ssl_cafile: Path | None = _variable(
        "KAFKA_SSL_CAFILE", None, "PEM file of the authority that signed the brokers' certificates."
    )
    ssl_certfile: Path | None = _variable(
        "KAFKA_SSL_CERTFILE", None, "PEM file of our certificate, when brokers ask for one."
    )
    ssl_keyfile: Path | None = _variable("KAFKA_SSL_KEYFILE", None, "PEM file of its private key.")
    ssl_password: SecretStr | None = _variable(
        "KAFKA_SSL_PASSWORD", None, "Of the private key; KAFKA_SSL_PASSWORD_FILE names a file."
    )
    ssl_check_hostname: bool = _variable(
        "KAFKA_SSL_CHECK_HOSTNAME", True, "Whether a certificate must carry the broker's name."
    )
    partitions: Partitions | None = _variable(
        "TIDEGATE_PARTITIONS",
        None,
        "Partitions this process reads of its input topics, such as 0-3,7; without it, all.",
    )
    start: Literal["earliest", "latest"] = _variable(
        "TIDEGATE_KAFKA_START",
        "earliest",
        "Where a partition without a snapshot begins; latest skips what is already in the log.",
    )
    on_lost_offset: Literal["fail", "earliest"] = _variable(
        "TIDEGATE_KAFKA_ON_LOST_OFFSET",
        "fail",
        "When the log no longer holds the offset to resume at: stop, or go on and log the loss.",
    )
    group: str = _variable(
        "TIDEGATE_KAFKA_GROUP",
        "tidegate-guard",
        "Offsets are published under this group for lag monitors; never used to resume. "
        "Empty: not published.",
    )
    batch_records: int = _variable(
        "TIDEGATE_KAFKA_BATCH_RECORDS",
        500,
        "Records per batch and partition. Larger amortises the cost of a batch (flat from about "
        "100), smaller lets partitions take turns sooner.",
        ge=1,
        le=100_000,
    )
    idle_wait_ms: float = _variable(
        "TIDEGATE_KAFKA_IDLE_WAIT_MS",
        2.0,
        "Milliseconds; the longest pause between two looks at a quiet partition: the most that "
        "idling adds to the latency of the next chunk.",
        gt=0,
        le=1000,
    )
    linger_ms: float = _variable(
        "TIDEGATE_KAFKA_LINGER_MS",
        5.0,
        "Milliseconds a record waits for company before it is sent. 0 halves the latency at low "
        "rates, larger saves CPU and requests.",
        ge=0,
        le=60_000,
    )
    batch_bytes: int = _variable(
        "TIDEGATE_KAFKA_BATCH_BYTES",
        65_536,
        "Bytes per produce batch and partition. 64 KiB cost 30% less CPU than the default 16 KiB.",
        ge=1024,
        le=16_777_216,
    )
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = _variable(
        "TIDEGATE_KAFKA_COMPRESSION",
        "none",
        "Of produced batches; lz4 is worth its CPU when disk or network is short.",
    )
    max_record_bytes: int = _variable(
        "TIDEGATE_KAFKA_MAX_RECORD_BYTES",
        1_048_576,
        "Bytes of one produced record; keep at or below the topics' max.message.bytes.",
        ge=10_240,
        le=104_857_600,
    )
    max_unsent_records: int = _variable(
        "TIDEGATE_KAFKA_MAX_UNSENT_RECORDS",
        50_000,
        "Records produced and not yet acknowledged; beyond it the flow waits (bounds memory).",
        ge=100,
    )
    delivery_timeout_s: float = _variable(
        "TIDEGATE_KAFKA_DELIVERY_TIMEOUT_S",
        120.0,
        "Seconds a record may stay unacknowledged before the flow stops: the broker outage that "
        "is ridden out while there is something to write.",
        ge=1,
        le=3600,
    )
    startup_timeout_s: float = _variable(
        "TIDEGATE_KAFKA_STARTUP_TIMEOUT_S",
        30.0,
        "Seconds to wait for the brokers and topics when starting.",
        ge=1,
        le=3600,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables named in the fields; absent and empty ones keep their defaults.

        `NAME_FILE` of a secret names a file whose content, without the final newline, is the
        value. Raises SettingsError naming the variable, what was expected and what to do.
        """
        known = {str(field.validation_alias): field for field in cls.model_fields.values()}
        secrets = {name for name in known if name.endswith("_PASSWORD")}
        values: dict[str, str] = {}
        for name in known:
            if name in secrets and environ.get(f"{name}_FILE"):
                values[name] = _read_secret(name, environ)
            elif environ.get(name):
                values[name] = environ[name]
            # An empty group is a choice, not an absence.
            elif name == "TIDEGATE_KAFKA_GROUP" and name in environ:
                values[name] = ""
        refuse_unknown(OWN_PREFIX, known, environ, SettingsError)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_explain(error, secrets)) from None

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        """Half a setting would fail much later, with a message that names no variable."""
        sasl = self.security_protocol.startswith("SASL")
        if sasl and not (self.sasl_mechanism and self.sasl_username and self.sasl_password):
            raise ValueError(
                f"KAFKA_SECURITY_PROTOCOL={self.security_protocol} also needs KAFKA_SASL_MECHANISM,"
                " KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (or KAFKA_SASL_PASSWORD_FILE); set"
                " the missing ones"
            )
        if not sasl and (self.sasl_mechanism or self.sasl_username or self.sasl_password):
            raise ValueError(
                f"KAFKA_SASL_* is set but KAFKA_SECURITY_PROTOCOL={self.security_protocol} would"
                " not use it; set it to SASL_SSL or SASL_PLAINTEXT, or unset KAFKA_SASL_*"
            )
        if self.ssl_certfile and not self.ssl_keyfile:
            raise ValueError("KAFKA_SSL_CERTFILE needs KAFKA_SSL_KEYFILE; set it to the key's path")
        if self.linger_ms >= self.delivery_timeout_s * 500:
            raise ValueError(
                f"TIDEGATE_KAFKA_LINGER_MS={self.linger_ms:g} is more than half of"
                f" TIDEGATE_KAFKA_DELIVERY_TIMEOUT_S={self.delivery_timeout_s:g}; lower the first"
                " or raise the second"
            )
        return self

    def topic(self, name: str) -> str:
        """The full name of a topic: prefix and name."""
        return self.topic_prefix + name


def _read_secret(name: str, environ: Mapping[str, str]) -> str:
    path = Path(environ[f"{name}_FILE"])
    if environ.get(name):
        raise SettingsError(f"{name} and {name}_FILE are both set; unset one of them")
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{name}_FILE: expected the path of a readable text file, got {str(path)!r}"
            f" ({type(error).__name__}); mount the secret or correct the path"
        ) from None


def _explain(error: ValidationError, secrets: set[str]) -> str:
    """One line per problem: variable, what was expected, what was given unless it is a secret."""
    lines = []
    for problem in error.errors(include_url=False, include_context=True):
        if not problem["loc"]:
            lines.append(str(problem.get("ctx", {}).get("error", problem["msg"])))
            continue
        name = str(problem["loc"][0])
        got = "" if name in secrets else f", got {problem['input']!r}"
        lines.append(f"{name}: {problem['msg']}{got}; correct the variable or unset it")
    return "\n".join(lines)
