"""What a judge costs those who do not wait for it: latency and CPU of the guard, Kafka to Kafka.

Two guards are live, one with the shipped policy, one with the same and a judge that watches every
reply; another process runs its checks against an endpoint on loopback that takes 2 s, or hangs.
Both are fed in turns.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure
from benchmarks.latency import NO_SEQ, Receiver, feed, live, one_turn
from benchmarks.timing import percentile
from benchmarks.topics import prepare, running_broker
from tests.broker import Broker
from tests.endpoint import HANG, Endpoint, Reply, judgement

CLIENT = "confluent"
JUDGE_S = 2.0
SECONDS = 3.0
STREAMS = 50
_TICKS = os.sysconf("SC_CLK_TCK")

POLICY = """
name: default
guardrails:
  pii: {{action: redact}}
  secrets: {{action: redact}}
  content: {{}}
{judge}
"""
_JUDGE = (
    '  judge: {{url: "{url}/v1/chat/completions", model: m, max_concurrency: 256, deadline_s: {s}}}'
)


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield ratios over pairs of turns, and how far judges lag behind the end of their stream."""
    pairs = 2 if quick else 10
    with running_broker() as broker, Endpoint(_slow) as endpoint, ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        policies = {
            "alone": _write(directory, "alone", ""),
            "judged": _write(directory, "judged", _JUDGE.format(url=endpoint.url, s=8)),
        }
        settings, processes = {}, {}
        for name, policy in policies.items():
            settings[name] = prepare(broker, CLIENT, f"isolation-{name}")
            processes[name] = stack.enter_context(live("guard", settings[name], policy))
        stack.enter_context(live("checks", settings["judged"], policies["judged"]))
        receiver = Receiver(broker, [one.topic("verdicts") for one in settings.values()])
        stack.callback(receiver.close)
        audits = Receiver(broker, [settings["judged"].topic("audit")])
        stack.callback(audits.close)
        for name, own in settings.items():
            one_turn(broker, receiver, own.topic("chunks"), f"warm-{name}", 2)
        for kind, script in (("takes 2 s", _slow), ("hangs", _hang)):
            endpoint.script = script
            rounds: dict[str, list[tuple[float, float, float]]] = {name: [] for name in settings}
            for turn in range(pairs):
                for name, own in settings.items():
                    before = _cpu_s(processes[name])
                    topic, prefix = own.topic("chunks"), f"{kind}-{turn}-{name}"
                    found = one_turn(broker, receiver, topic, prefix.replace(" ", "-"), SECONDS)
                    spent = (_cpu_s(processes[name]) - before) / len(found)
                    rounds[name].append((percentile(found, 0.5), percentile(found, 0.99), spent))
            yield from _compare(kind, rounds["alone"], rounds["judged"])
        endpoint.script = _slow
        yield _lag(broker, receiver, audits, settings["judged"].topic("chunks"))


def _slow(_asked: object) -> Reply:
    return judgement(0.1)._replace(late_s=JUDGE_S)


def _hang(_asked: object) -> Reply:
    return HANG


def _write(directory: Path, name: str, judge: str) -> str:
    path = directory / f"{name}.yaml"
    path.write_text(POLICY.format(judge=judge))
    return str(path)


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _compare(
    kind: str, alone: list[tuple[float, float, float]], judged: list[tuple[float, float, float]]
) -> Iterator[Figure]:
    pairs = list(zip(alone, judged, strict=True))
    for index, name, limit in ((1, "p99 of the hot path", 1.2), (2, "CPU per chunk", 1.05)):
        ratios = sorted(with_it[index] / without[index] for without, with_it in pairs)
        yield Figure(
            measure="isolation",
            name=f"judge that {kind}: {name} against none",
            value=median(ratios),
            unit="x",
            at_most=limit,
            note=f"median of {len(ratios)} pairs, from {ratios[0]:.3f} to {ratios[-1]:.3f}",
        )
    for index, name, limit in ((0, "p50", 1.0), (1, "p99", 15.0)):
        added = sorted(with_it[index] - without[index] for without, with_it in pairs)
        yield Figure(
            measure="isolation",
            name=f"judge that {kind}: added to the {name}",
            value=median(added),
            unit="ms",
            at_most=limit,
            note=f"median of {len(added)} pairs, from {added[0]:.2f} to {added[-1]:.2f}",
        )


def _lag(broker: Broker, receiver: Receiver, audits: Receiver, topic: str) -> Figure:
    """Streams end one after the other, each after 20 chunks; audits tell when the judge is done."""
    lags = []
    for wave in range(10):
        places, sent = feed(broker, topic, f"lag-{wave}", 1.0, rate=500, streams=25)
        receiver.wait_for(places[-25:])
        ended = dict(zip((stream for stream, _ in places), sent, strict=True))
        audits.wait_for([(stream, NO_SEQ) for stream in ended])
        lags += [(audits.arrived[stream, NO_SEQ] - left) / 1e6 for stream, left in ended.items()]
    return Figure(
        measure="isolation",
        name="judge's verdict behind the end of the stream, its own time taken off: p99",
        value=percentile(lags, 0.99) - JUDGE_S * 1000,
        unit="ms",
        at_most=500,
        note=f"{len(lags)} streams, 25 at once; p50 {percentile(lags, 0.5) - JUDGE_S * 1000:.0f}",
    )
