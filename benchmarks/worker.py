"""A flow over Kafka in a process of its own: live until it is told to stop, or once over a topic.

python -m benchmarks.worker live guard SETTINGS
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
from flows.kafka import build_kafka
from flows.runtime import open_recovery, run
from guardrails import default_plan
from guardrails.plans import Plans

Builder = Callable[[KafkaSettings, threading.Event, bool], Dataflow]


class Drained(msgspec.Struct):
    """What one flow cost over the whole topic, per round."""

    cpu_s: list[float]
    wall_s: list[float]


def _guard(settings: KafkaSettings, stop: threading.Event, until_end: bool) -> Dataflow:
    return build_kafka(settings, Plans(default_plan()), stop=stop, until_end=until_end)


def _passthrough(settings: KafkaSettings, stop: threading.Event, until_end: bool) -> Dataflow:
    source = KafkaSource(settings, [settings.topic("chunks")], stop=stop, until_end=until_end)
    sink = KafkaSink(settings, [settings.topic("verdicts")])
    return passthrough.build(source, sink, settings.topic)


FLOWS: dict[str, Builder] = {"guard": _guard, "pass-through": _passthrough}


def _run(build: Builder, settings: KafkaSettings, *, until_end: bool) -> tuple[float, float]:
    """Run a flow with recovery on; return its seconds of CPU and of wall clock."""
    stop = threading.Event()
    flow = build(settings, stop, until_end)
    with tempfile.TemporaryDirectory() as directory:
        open_recovery(Path(directory))
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        run(flow, stop, recovery_dir=Path(directory))
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
    what, which, settings_json = arguments
    settings = KafkaSettings.model_validate_json(settings_json)
    if what == "live":
        _run(FLOWS[which], settings, until_end=False)
    else:
        print(msgspec.json.encode(_drain(int(which), settings)).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
