"""The audit flow over a real broker: rollups, chains and a webhook, through kills and restarts."""

import json
import random
import signal
import threading
import time
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from connectors.audit.chain_check import check_chain, find_chains, seal_head
from connectors.audit.chain_files import list_files
from connectors.audit.settings import AuditSettings
from connectors.kafka.client import open_client
from connectors.kafka.settings import KafkaSettings
from flows.audit import build_kafka
from flows.kafka import build_kafka as build_guard
from guardrails.chain import Seal, read_head
from guardrails.events import Audit, Rollup, encode
from guardrails.guardrail import Action
from guardrails.plans import Plans
from guardrails.records import Output
from guardrails.rollup import MINUTE_MS, Totals
from tests.audits import audit, finding
from tests.broker import Broker
from tests.connectors.audit.receiver import receiving
from tests.integration.guarding import Deployment, as_events, guarded_by, stop
from tests.integration.kafka_flow import run

pytestmark = pytest.mark.integration

KEY = "0123456789abcdef0123456789abcdef"
SEAL = Seal(KEY.encode())
PARTITIONS = 2


@pytest.fixture(params=["kafka-python", pytest.param("confluent", marks=pytest.mark.long)])
def deployment(request, broker: Broker, tmp_path: Path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client=request.param)
    deployment = Deployment(settings, tmp_path, PARTITIONS)
    yield deployment
    deployment.close()


@pytest.fixture
def quick(broker: Broker, tmp_path: Path):
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, client="confluent")
    deployment = Deployment(settings, tmp_path, PARTITIONS)
    yield deployment
    deployment.close()


def make_audits(count: int, seed: int = 1) -> list[Audit]:
    """Streams of the last ten minutes, not in order."""
    rng, now_ms = random.Random(seed), int(time.time() * 1000)
    return [
        audit(
            f"s{number}",
            tenant=rng.choice(["acme", "other", None]),
            ended_at_ms=now_ms - rng.randrange(10 * MINUTE_MS),
            outcome=rng.choice(list(Action)),
            chars=rng.randrange(10, 3_000),
            findings=tuple(finding() for _ in range(rng.randrange(3))),
        )
        for number in range(count)
    ]


def produce(deployment: Deployment, audits: list[Audit]) -> None:
    """Write audit records as a guard does: each stream to the partition of its id."""
    producer = open_client(deployment.settings).producer()
    topic = deployment.settings.topic("audit")
    try:
        for event in audits:
            key = event.stream_id.encode()
            producer.send(Output(topic, key, encode(event), crc32(key) % PARTITIONS))
        producer.flush(60)
    finally:
        producer.close()


def expected(audits: list[Audit]) -> dict[tuple[str | None, int], Rollup]:
    sums: dict[tuple[str | None, int], Totals] = {}
    for event in audits:
        minute_ms = event.transport.ended_at_ms // MINUTE_MS * MINUTE_MS
        sums.setdefault((event.context.tenant, minute_ms), Totals()).add(event)
    return {key: totals.rollup(*key) for key, totals in sums.items()}


def rolled_up(deployment: Deployment) -> dict[tuple[str | None, int], Rollup]:
    """What a reader of the rollups keeps; how much was late is no matter of the records."""
    kept = {}
    for record in deployment.records("audit-rollup"):
        event = msgspec.json.decode(record.value, type=Rollup)
        assert record.key == (event.tenant or "-").encode()
        kept[event.tenant, event.minute_ms] = msgspec.structs.replace(event, late=0)
    return kept


def chained(root: Path, heads: list[bytes] = ()) -> list[str]:
    """The streams of all chains, which hold."""
    streams = []
    for directory in find_chains(root):
        own = [read_head(head, SEAL) for head in heads]
        assert check_chain(directory, SEAL, own).problems == []
        for file in list_files(directory):
            lines = [line for line in file.path.read_text().splitlines() if '"record":' in line]
            streams += [json.loads(line)["record"]["stream_id"] for line in lines]
    return streams


def test_guarded_streams_are_rolled_up_and_chained(deployment, tmp_path):
    for number in range(30):
        text = ["all is well", "write to ada@example.org"][number % 2]
        deployment.produce(as_events(f"g{number}", [text]))
    plans = Plans(guarded_by())
    guard = build_guard(deployment.settings, plans, stop=threading.Event(), until_end=True)
    run(guard, deployment.recovery)
    settings = AuditSettings(tmp_path / "chains", KEY.encode())
    flow = build_kafka(deployment.settings, settings, stop=threading.Event(), until_end=True)
    run(flow, tmp_path / "audit-recovery", 2)
    records = deployment.records("audit")
    audits = [msgspec.json.decode(record.value, type=Audit) for record in records]
    assert len(audits) == 30
    assert rolled_up(deployment) == expected(audits)
    found = [event.findings for event in rolled_up(deployment).values()]
    assert sum(kinds.get("EMAIL_ADDRESS", {}).get("block", 0) for kinds in found) == 15
    assert sorted(chained(tmp_path / "chains")) == sorted(event.stream_id for event in audits)


@pytest.mark.parametrize(
    ("count", "ends"),
    [
        (1_200, (signal.SIGKILL, signal.SIGTERM)),
        pytest.param(
            *(3_000, (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGKILL)),
            marks=pytest.mark.long,
        ),
    ],
    ids=["2 ends", "4 ends"],
)
def test_killed_and_terminated_again_and_again_it_counts_and_chains_each_stream_once(
    quick, tmp_path, count, ends
):
    audits, rng = make_audits(count), random.Random(5)
    chains, recovery = tmp_path / "chains", str(tmp_path / "audit-recovery")
    command = ("-m", "flows", "audit", "run", "--recovery-dir", recovery, "--epoch-s", "0.2")
    with receiving() as receiver:
        failures = iter([500] * 5)
        receiver.answer = lambda _: next(failures, 200)
        extra = {
            "TIDEGATE_AUDIT_CHAIN_DIR": str(chains),
            "TIDEGATE_AUDIT_CHAIN_KEY": KEY,
            "TIDEGATE_AUDIT_CHAIN_FILE_MIB": "0.05",
            "TIDEGATE_AUDIT_WEBHOOK_URL": receiver.url,
            "TIDEGATE_AUDIT_WAIT_S": "1",
        }
        heads: list[bytes] = []
        produced = 0
        for how in ends:
            process = quick.start(*command, **extra)
            part = audits[produced : produced + count // 4]
            produced += len(part)
            # As after a crash of a guard: some of what was written before comes again.
            repeats = rng.sample(audits[:produced], 60)
            produce(quick, [*part, *repeats])
            wanted = produced - rng.randrange(count // 10)
            wait_until(lambda wanted=wanted: taken(receiver) >= wanted, process)
            assert stop(process, how) == (0 if how is signal.SIGTERM else -how)
            heads += [seal_head(chain, SEAL) for chain in find_chains(chains)]
        produce(quick, audits[produced:])
        last = quick.start(*command, "--until-end", **extra)
        assert last.wait(60) == 0
        assert set(receiver.taken) == {event.stream_id for event in audits}
    assert rolled_up(quick) == expected(audits)
    assert sorted(chained(chains, heads)) == sorted(event.stream_id for event in audits)
    assert len(list_files(find_chains(chains)[0])) > 3
    assert quick.records("dead-letters") == []


def taken(receiver) -> int:
    return len(set(receiver.taken))


def wait_until(enough, process, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not enough():
        assert time.monotonic() < deadline, "it did not happen"
        assert process.poll() is None, "the audit flow ended; see guard.log"
        time.sleep(0.05)


def test_a_chain_that_was_cut_off_ends_the_next_run_with_a_message(quick, tmp_path):
    produce(quick, make_audits(50))
    recovery = str(tmp_path / "audit-recovery")
    extra = {"TIDEGATE_AUDIT_CHAIN_DIR": str(tmp_path / "chains"), "TIDEGATE_AUDIT_CHAIN_KEY": KEY}
    command = ("-m", "flows", "audit", "run", "--until-end", "--recovery-dir", recovery)
    assert quick.start(*command, **extra).wait(60) == 0
    file = list_files(find_chains(tmp_path / "chains")[1])[0].path
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-3]))
    assert quick.start(*command, **extra).wait(60) == 3
    said = (tmp_path / "guard.log").read_text()
    assert "partition-0001: the chain was cut off: it ends with entry" in said
    assert "Traceback" not in said
