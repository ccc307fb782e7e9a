"""The guard flow over Kafka, from settings or from the environment."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from bytewax.dataflow import Dataflow

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from connectors.settings import GuardSettings
from flows.guard import build
from flows.policies import read_policy
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy


def load_plans(settings: GuardSettings) -> Plans:
    """Compile the policies of the settings. Raises PolicyError with all problems of a file."""

    def compile_policy(policy: Policy) -> Plan:
        return Plan(policy, fingerprint_key=settings.fingerprint_key)

    plans = [compile_policy(read_policy(name)) for name in settings.policies]
    named = {plan.policy.name: plan for plan in plans}
    return Plans(plans[0], named, compile_policy=compile_policy)


def build_kafka(
    kafka: KafkaSettings,
    plans: Plans,
    *,
    stop: threading.Event,
    workers: int = 1,
    recovery: bool = True,
    until_end: bool = False,
) -> Dataflow:
    """Wire the flow between the topics of the settings."""
    source = KafkaSource(kafka, [kafka.topic("chunks")], stop=stop, until_end=until_end)
    outputs = [kafka.topic(name) for name in ("verdicts", "audit", "dead-letters")]
    sink = KafkaSink(kafka, outputs, writers=workers)
    return build(source, sink, plans, kafka.topic, recovery=recovery)


def build_from_environment(environ: Mapping[str, str]) -> Dataflow:
    """Wire the flow for `python -m bytewax.run flows.guard`; signals stop it cleanly."""
    import signal

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    plans = load_plans(GuardSettings.from_env(environ))
    return build_kafka(KafkaSettings.from_env(environ), plans, stop=stop)
