"""Recorded streams through Kafka, the flow and Kafka again: the engine's answers on whole texts."""

import random
import signal
import threading
from pathlib import Path

import pytest

from connectors.kafka.settings import KafkaSettings
from flows.kafka import build_kafka
from guardrails.plans import Plans
from tests.broker import Broker
from tests.corpus import streams
from tests.integration.guarding import Deployment, check, guarded_by, interleave, own_streams, stop
from tests.integration.kafka_flow import run

pytestmark = pytest.mark.integration


@pytest.fixture(params=["kafka-python", "confluent"])
def deployment(request, broker: Broker, tmp_path: Path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client=request.param)
    deployment = Deployment(settings, tmp_path)
    yield deployment
    deployment.close()


@pytest.fixture
def quick(broker: Broker, tmp_path: Path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client="confluent")
    deployment = Deployment(settings, tmp_path)
    yield deployment
    deployment.close()


@pytest.mark.parametrize(
    ("deployment", "workers"),
    [
        ("kafka-python", 2),
        ("confluent", 1),
        pytest.param("kafka-python", 1, marks=pytest.mark.long),
        pytest.param("confluent", 2, marks=pytest.mark.long),
    ],
    indirect=["deployment"],
)
def test_streams_through_kafka_are_answered_as_whole_texts(deployment, workers):
    streams = own_streams(60)
    deployment.produce(interleave(streams))
    plans, stop_event = Plans(guarded_by()), threading.Event()
    flow = build_kafka(deployment.settings, plans, stop=stop_event, until_end=True)
    run(flow, deployment.recovery, workers)
    check(deployment, streams)
    assert deployment.ends("audit") == len(streams)


@pytest.mark.parametrize("count", [160, pytest.param(400, marks=pytest.mark.long)])
def test_a_guard_killed_and_terminated_again_and_again_loses_and_repeats_nothing(quick, count):
    streams = own_streams(count)
    chunks = interleave(streams)
    guard = ("-m", "flows", "run", "--recovery-dir", str(quick.recovery), "--epoch-s", "0.3")
    third = len(chunks) // 3
    for part, how in enumerate((signal.SIGKILL, signal.SIGTERM)):
        process = quick.start(*guard)
        quick.produce(chunks[part * third : (part + 1) * third])
        wanted = part * third + third // 2
        assert quick.wait_for("verdicts", wanted) >= wanted
        code = stop(process, how)
        assert code == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    process = quick.start(*guard)
    quick.produce(chunks[2 * third :])
    quick.wait_for("audit", len(streams))
    # The count may be reached by repeats; the last words are in when all streams are.
    assert stop(process, signal.SIGTERM) == 0
    check(quick, streams)


def test_bytewax_runs_the_flow_from_the_environment(quick):
    streams = own_streams(12)
    quick.produce(interleave(streams))
    process = quick.start("-m", "bytewax.run", "flows.guard")
    assert quick.wait_for("audit", len(streams)) == len(streams)
    assert stop(process, signal.SIGTERM) == 0
    check(quick, streams)


def test_recorded_streams_through_kafka_are_answered_as_whole_texts(quick):
    recorded = streams()
    sample = dict(list(recorded.items())[::12])
    quick.produce(interleave(sample))
    plans, stop_event = Plans(guarded_by()), threading.Event()
    run(build_kafka(quick.settings, plans, stop=stop_event, until_end=True), quick.recovery)
    check(quick, sample)


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_every_recorded_stream_through_kafka_is_answered_as_its_whole_text(deployment, workers):
    recorded = streams()
    chunks = interleave(recorded)
    deployment.produce(chunks)
    plans, stop_event = Plans(guarded_by()), threading.Event()
    flow = build_kafka(deployment.settings, plans, stop=stop_event, until_end=True)
    run(flow, deployment.recovery, workers)
    check(deployment, recorded)
    print(f"{len(recorded)} streams, {len(chunks)} chunks, {workers} workers: no difference")


@pytest.mark.long
def test_every_recorded_stream_survives_kills_and_restarts_of_the_guard(quick):
    recorded = streams()
    chunks = interleave(recorded)
    guard = ("-m", "flows", "run", "--recovery-dir", str(quick.recovery), "--epoch-s", "0.5")
    rng = random.Random(3)
    quick.produce(chunks)
    kills = 0
    while quick.ends("audit") < len(recorded) and kills < 12:
        process = quick.start(*guard)
        before = quick.ends("verdicts")
        quick.wait_for("verdicts", before + rng.randrange(1_000, 15_000), timeout_s=20)
        how = rng.choice([signal.SIGKILL, signal.SIGTERM])
        assert stop(process, how) == (0 if how is signal.SIGTERM else -how)
        kills += 1
    quick.start(*guard)
    quick.wait_for("audit", len(recorded), timeout_s=120)
    assert stop(quick.processes[-1], signal.SIGTERM) == 0
    check(quick, recorded)
    print(f"{len(recorded)} streams, {len(chunks)} chunks, {kills} kills: no difference")
