"""A flow over Kafka in a process of its own: live until it is told to stop, or once over a topic.

python -m benchmarks.worker live guard SETTINGS [POLICY [RECOVERY]]
python -m benchmarks.worker drain ROUNDS SETTINGS
"""

from __future__ import annotations

import gc
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from bytewax.dataflow import Dataflow

from benchmarks import passthrough
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.sink import KafkaSink
from connectors.kafka.source import KafkaSource
from connectors.settings import GuardSettings
from flows.kafka import build_checks, build_kafka, load_plans
from flows.runtime import open_recovery, run
from guardrails import default_plan
from guardrails.plans import Plans

Builder = Callable[[KafkaSettings, threading.Event, bool, Plans], Dataflow]


class Drained(msgspec.Struct):
    """What one flow cost over the whole topic, per round."""

    cpu_s: list[float]
    wall_s: list[float]


def _guard(
    settings: KafkaSettings, stop: threading.Event, until_end: bool, plans: Plans
) -> Dataflow:
    return build_kafka(settings, plans, stop=stop, until_end=until_end)


def _checks(
    settings: KafkaSettings, stop: threading.Event, until_end: bool, plans: Plans
) -> Dataflow:
    del until_end
    return build_checks(settings, plans, environ={}, stop=stop)


def _passthrough(
    settings: KafkaSettings, stop: threading.Event, until_end: bool, plans: Plans
) -> Dataflow:
    del plans
    source = KafkaSource(settings, [settings.topic("chunks")], stop=stop, until_end=until_end)
    sink = KafkaSink(settings, [settings.topic("verdicts")])
    return passthrough.build(source, sink, settings.topic)


FLOWS: dict[str, Builder] = {"guard": _guard, "pass-through": _passthrough}
LIVE: dict[str, Builder] = {**FLOWS, "checks": _checks}


def _run(
    build: Builder,
    settings: KafkaSettings,
    *,
    until_end: bool,
    plans: Plans | None = None,
    recovery: Path | None = None,
) -> tuple[float, float]:
    """Run a flow with recovery on; return its seconds of CPU and of wall clock."""
    stop = threading.Event()
    flow = build(settings, stop, until_end, plans or Plans(default_plan()))
    with tempfile.TemporaryDirectory() as directory:
        recovery = recovery or Path(directory)
        open_recovery(recovery)
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        run(flow, stop, recovery_dir=recovery)
        return time.process_time() - cpu, time.perf_counter() - wall


def _drain(rounds: int, settings: KafkaSettings) -> dict[str, Drained]:
    _run(_guard, settings, until_end=True)
    drained = {name: Drained([], []) for name in FLOWS}
    for _ in range(rounds):
        for name, build in FLOWS.items():
            cpu_s, wall_s = _run(build, settings, until_end=True)
            drained[name].cpu_s.append(cpu_s)
            drained[name].wall_s.append(wall_s)
    return drained


def main(arguments: list[str]) -> None:
    """Do what the arguments say; print JSON."""
    what, which, settings_json, *more = arguments
    settings = KafkaSettings.model_validate_json(settings_json)
    if what == "live":
        plans = load_plans(GuardSettings((more[0],))) if more else None
        recovery = Path(more[1]) if len(more) > 1 else None
        build = LIVE[which]
        _run(build, settings, until_end=False, plans=plans, recovery=recovery)
    else:
        print(msgspec.json.encode(_drain(int(which), settings)).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
