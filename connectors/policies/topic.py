"""The topic `policies` as an origin of activations."""

from __future__ import annotations

from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from connectors.logs import logger
from connectors.policies.log import PolicyLog
from connectors.policies.metrics import ACTIVATIONS
from guardrails.activation import Activation, decode_activation
from guardrails.errors import ConnectorError, MalformedEvent, PolicyError, RuleError
from guardrails.events import encode
from guardrails.plans import Plans
from guardrails.records import Output, Record
from guardrails.shard import dead_letter

log = logger(__name__)

# Seconds a dead letter may take: new streams begin to wait when a look takes longer than four.
LETTER_TIMEOUT_S = 3.0


class PolicyTopic:
    """Reads every activation there is at the start, and each new one as it comes.

    What cannot be used changes nothing: it is logged, counted and, if it came while the guard ran,
    written to the dead letters, once by each guard.
    """

    def __init__(self, settings: KafkaSettings, plans: Plans, *, buries: bool = True) -> None:
        """Nothing is connected before `begin`.

        buries: whether dead letters are written; not by those who judge nothing.
        """
        self._settings = settings
        self._plans = plans
        self._log = PolicyLog(settings)
        self._buries = buries

    def begin(self) -> None:
        """See `Origin.begin`. Compiles each policy's newest; older ones when a stream needs them.

        Raises ConnectorError when the topic is missing or cannot be read.
        """
        self._log.open()
        newest: dict[str, tuple[Activation, Record]] = {}
        for record in self._log.read():
            try:
                activation = decode_activation(record)
            except MalformedEvent as error:
                self._refuse(record, error)
                continue
            name = activation.event.name
            if name in newest:
                self._remember(newest[name][0])
            newest[name] = activation, record
        for activation, record in newest.values():
            self._activate(activation, record)

    def look(self) -> None:
        """See `Origin.look`."""
        for record in self._log.read():
            try:
                activation = decode_activation(record)
            except MalformedEvent as error:
                self._refuse(record, error)
                self._bury(record, error.reason, error.detail)
                continue
            problem = self._activate(activation, record)
            if problem is not None:
                self._bury(record, "bad-policy", problem)

    def close(self) -> None:
        """See `Origin.close`."""
        self._log.close()

    def _remember(self, activation: Activation) -> None:
        event = activation.event
        self._plans.remember(event.name, event.source, activation.at_ms)

    def _activate(self, activation: Activation, record: Record) -> str | None:
        """Put a policy in force; return what is wrong with it if that cannot be."""
        try:
            plan = self._plans.activate(activation.read(), activation.at_ms)
        except (PolicyError, RuleError) as error:
            self._refuse(record, error)
            return str(error)
        ACTIVATIONS.labels("topic", "accepted").inc()
        name, at_ms = activation.event.name, activation.at_ms
        log.info("policy taken in", policy=name, version=plan.version, from_ms=at_ms)
        return None

    def _refuse(self, record: Record, error: Exception) -> None:
        ACTIVATIONS.labels("topic", "refused").inc()
        log.error(
            "a record is no policy that can be used; the one before it stays in force",
            partition=f"{record.topic}/{record.partition}",
            offset=record.offset,
            problem=error,
        )

    def _bury(self, record: Record, reason: str, detail: str) -> None:
        if not self._buries:
            return
        letter = dead_letter(record, reason, detail)
        topic = self._settings.topic("dead-letters")
        try:
            producer = open_client(self._settings).producer()
            try:
                producer.send(Output(topic, record.key or b"", encode(letter)))
                producer.flush(LETTER_TIMEOUT_S)
            finally:
                producer.close()
        except ConnectorError as error:
            log.error("its dead letter was not written", problem=error)
