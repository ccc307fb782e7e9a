"""The guard flow over Kafka, from settings or from the environment."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bytewax.dataflow import Dataflow

from connectors.checks.sink import CheckSink
from connectors.kafka.assignment import read_assignment
from connectors.kafka.client import open_client
from connectors.kafka.publisher import KafkaPublisher
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from connectors.metrics.checks import ChecksMetrics
from connectors.metrics.kafka import LagMetrics
from connectors.recovery import Owner, most_writers
from connectors.settings import GuardSettings
from connectors.stopping import Stop, listen
from flows import checks
from flows.guard import build
from flows.policies import follow_policies, read_policy
from guardrails.errors import PolicyError
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from operators.guard import Observer

# What the flows read, without prefix: all with the same partition count.
GUARD_INPUTS = ("chunks", "results")
CHECKS_INPUTS = ("checks",)


def load_plans(settings: GuardSettings, *, events: bool = False) -> Plans:
    """Compile the policies of the settings.

    events: let all of them tell what happens step by step, whatever they say themselves.

    Raises PolicyError with all problems of a file, or when two have the same name.
    """

    def compile_policy(policy: Policy) -> Plan:
        if events and not policy.events:
            policy = policy.model_copy(update={"events": True})
        return Plan(policy, fingerprint_key=settings.fingerprint_key)

    plans: dict[str, Plan] = {}
    files: dict[str, str] = {}
    for file in settings.policies:
        policy = read_policy(file)
        if policy.name in plans:
            raise PolicyError(
                f"{files[policy.name]} and {file} are both named {policy.name!r}; give each "
                "policy a 'name' of its own: chunks ask for them by it"
            )
        plans[policy.name], files[policy.name] = compile_policy(policy), file
    return Plans(next(iter(plans.values())), plans, compile_policy=compile_policy)


def kafka_settings(environ: Mapping[str, str], partitions: str | None) -> KafkaSettings:
    """Read the settings. partitions: an option that overrides the variable, if it is given.

    Raises SettingsError.
    """
    given = {} if partitions is None else {"TIDEGATE_PARTITIONS": partitions}
    return KafkaSettings.from_env({**environ, **given})


def owner_of(flow: Dataflow, kafka: KafkaSettings, inputs: Sequence[str]) -> Owner:
    """Ask the brokers what the flow reads, and return what its state belongs to.

    inputs: topics, without prefix. Raises ConnectorError.
    """
    topics = [kafka.topic(name) for name in inputs]
    assignment = read_assignment(open_client(kafka), kafka, topics)
    reads = f"topics {kafka.topic_prefix}*"
    return Owner(flow.flow_id, reads, assignment.numbers, assignment.total)


def build_kafka(
    kafka: KafkaSettings,
    plans: Plans,
    *,
    stop: threading.Event,
    writers: int = 1,
    recovery: bool = True,
    until_end: bool = False,
    observer: Observer | None = None,
) -> Dataflow:
    """Wire the flow between the topics of the settings.

    writers: see KafkaSink. observer: is told what leaves the guard; the lag of its sources becomes
    a metric then, too.

    Answers are read even while no policy has checks: the next one may.
    """
    source = KafkaSource(kafka, [kafka.topic("chunks")], stop=stop, until_end=until_end)
    answers = KafkaSource(kafka, [kafka.topic("results")], stop=stop, until_end=until_end)
    names = ("verdicts", "audit", "checks", "results", "events", "dead-letters")
    outputs = [kafka.topic(name) for name in names]
    sink = KafkaSink(kafka, outputs, writers)
    if observer is not None:
        LagMetrics(lambda: [*source.lags(), *answers.lags()])
    return build(
        *(source, sink, plans, kafka.topic), answers=answers, recovery=recovery, observer=observer
    )


def build_checks(
    kafka: KafkaSettings,
    plans: Plans,
    *,
    environ: Mapping[str, str],
    stop: threading.Event,
    metrics: ChecksMetrics | None = None,
) -> Dataflow:
    """Wire the checks flow between the topics of the settings.

    environ: where the secrets are that policies name. metrics: counts what the runners do. Raises
    ConnectorError when something is missing that checks need.
    """
    checks.require_checks(plans, environ)
    source = KafkaSource(kafka, [kafka.topic("checks")], stop=stop)
    outputs = [kafka.topic(name) for name in ("results", "dead-letters")]
    if metrics is not None:
        LagMetrics(source.lags)
    sink = CheckSink(
        kafka.topic("results"),
        plans,
        checks.launcher(environ, metrics),
        partial(KafkaPublisher, kafka, outputs),
    )
    return checks.build(source, sink, plans, kafka.topic)


def build_from_environment(environ: Mapping[str, str]) -> Dataflow:
    """Wire the flow for `python -m bytewax.run flows.guard`; signals stop it cleanly."""
    stop = Stop()
    # Bytewax tells nobody when the flow has ended: what begins here ends with the process.
    listen(stop)
    settings, kafka = GuardSettings.from_env(environ), KafkaSettings.from_env(environ)
    plans = load_plans(settings)
    recovery = environ.get("TIDEGATE_RECOVERY_DIR")
    recovery_dir = Path(recovery) if recovery else None
    follow_policies(plans, settings.policies, kafka=kafka, recovery_dir=recovery_dir).start()
    writers = most_writers(recovery_dir, 1)
    return build_kafka(kafka, plans, stop=stop, writers=writers)
