"""The topic `policies` on a real broker, with both clients: what is written is read, in order."""

import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from connectors.kafka.client import TopicSpec, open_client
from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import create_topics, topic_specs
from connectors.policies.log import PolicyLog
from connectors.policies.publish import publish
from connectors.policies.topic import PolicyTopic
from guardrails.errors import ConnectorError
from guardrails.events import ACTIVATION_LEAD_MS, PolicyActivation, encode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from tests.broker import Broker
from tests.conftest import MakeTopic
from tests.integration.kafka_flow import stored, write

pytestmark = pytest.mark.integration


@pytest.fixture
def ours(settings: KafkaSettings, make_topic: MakeTopic) -> KafkaSettings:
    """Settings with a fresh prefix, and all topics under it."""
    ours = settings.model_copy(update={"topic_prefix": f"{make_topic()}."})
    create(ours)
    return ours


def create(settings: KafkaSettings) -> None:
    # kafka-python waits until the topics are there for others.
    admin = open_client(settings.model_copy(update={"client": "kafka-python"})).admin()
    try:
        create_topics(admin, topic_specs(settings, 2, 1))
    finally:
        admin.close()


@pytest.fixture(scope="module")
def own_broker() -> Iterator[Broker]:
    """A broker of our own to kill; the session's serves the others."""
    broker = Broker()
    if not broker.survives_kill:
        pytest.skip(f"cannot kill and restart {broker.name}; run `make kafka`")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def opened(ours: KafkaSettings):
    log = PolicyLog(ours)
    log.open()
    yield log
    log.close()


def event(label: str, name: str = "p") -> PolicyActivation:
    source = f"name: {name}\nlabel: '{label}'\nguardrails: {{email: {{}}}}\n"
    return PolicyActivation(name, "0" * 16, source)


@pytest.fixture
def begin(ours: KafkaSettings):
    """`begin()` is what a guard does at its start; returns its plans and its topic."""
    topics = []

    def begin() -> tuple[Plans, PolicyTopic]:
        plans = Plans(Plan(Policy(name="p", label="0", guardrails={"email": {}})))
        topics.append(PolicyTopic(ours, plans))
        topics[-1].begin()
        return plans, topics[-1]

    yield begin
    for topic in topics:
        topic.close()


def refused() -> float:
    labels = {"origin": "topic", "outcome": "refused"}
    return REGISTRY.get_sample_value("tidegate_policy_activations_total", labels) or 0


def label_at(plans: Plans, at_ms: int, name: str = "p") -> str | None:
    plan = plans.named(name, at_ms)
    return plan.policy.label if plan else None


def test_all_that_was_written_is_read_once_and_then_what_is_new(
    ours: KafkaSettings, opened: PolicyLog
) -> None:
    topic = ours.topic("policies")
    assert opened.read() == []
    for values in ([b"1", b"2", b"3"], [b"4"]):
        write(ours, topic, values)
        assert [record.value for record in opened.read()] == values
        assert opened.read() == []
    again = PolicyLog(ours)
    again.open()
    try:
        assert [record.value for record in again.read()] == [b"1", b"2", b"3", b"4"]
    finally:
        again.close()


def test_what_is_published_is_told_with_the_brokers_time(
    ours: KafkaSettings, opened: PolicyLog
) -> None:
    before_ms = time.time_ns() // 1_000_000
    written = [publish(ours, opened, event(label)) for label in ("1", "2")]
    after_ms = time.time_ns() // 1_000_000
    assert [one.event for one in written] == [event("1"), event("2")]
    times = [one.at_ms - ACTIVATION_LEAD_MS for one in written]
    # The broker of the tests has the clock of the tests.
    assert before_ms <= times[0] <= times[1] <= after_ms
    keys = {record.key for record in stored(ours, ours.topic("policies"))}
    assert len(keys) == 2


def test_a_guard_that_starts_and_one_that_runs_know_the_same(
    ours: KafkaSettings, opened: PolicyLog, begin
) -> None:
    running, topic = begin()
    times = [0]
    for label in ("1", "2", "3"):
        times.append(publish(ours, opened, event(label)).at_ms)
        topic.look()
    started, _ = begin()
    for plans in (running, started):
        assert [label_at(plans, at) for at in times] == list("0123")
        assert [label_at(plans, at - 1) for at in times[1:]] == list("012")


def test_what_cannot_be_used_changes_nothing_and_is_a_dead_letter(
    ours: KafkaSettings, opened: PolicyLog, begin, caplog: pytest.LogCaptureFixture
) -> None:
    plans, topic = begin()
    before = refused()
    good = publish(ours, opened, event("1"))
    broken = PolicyActivation("p", "0" * 16, "name: p\nguardrails: {emial: {}}\n")
    explosive = PolicyActivation(
        "p",
        "0" * 16,
        "name: p\nguardrails: {patterns: {rules: [{id: a, type: A, expression: '(a+)+b'}]}}\n",
    )
    write(ours, ours.topic("policies"), [b"nope", encode(broken), encode(explosive)])
    topic.look()
    assert label_at(plans, good.at_ms * 2) == "1"
    assert refused() == before + 3
    assert label_at(begin()[0], good.at_ms * 2) == "1"
    letters = stored(ours, ours.topic("dead-letters"))
    assert len(letters) == 3
    text = b"".join(record.value for record in letters).decode()
    assert text.count('"reason":"bad-activation"') == 1
    assert text.count('"reason":"bad-policy"') == 2
    assert "p@2:2:14: 'emial' is no guardrail" in text
    assert "the one before it stays in force" in caplog.text


def test_a_topic_that_is_missing_or_divided_is_refused_with_what_to_do(
    settings: KafkaSettings, make_topic: MakeTopic
) -> None:
    fresh = settings.model_copy(update={"topic_prefix": f"{make_topic()}."})
    with pytest.raises(ConnectorError, match="tidegate topics create"):
        PolicyLog(fresh).open()
    admin = open_client(fresh).admin()
    try:
        admin.create([TopicSpec(fresh.topic("policies"), 2, 1)])
    finally:
        admin.close()
    with pytest.raises(ConnectorError, match="has 2 partitions"):
        PolicyLog(fresh).open()


def test_reading_leaves_no_thread_and_no_reader_behind(
    ours: KafkaSettings, opened: PolicyLog
) -> None:
    write(ours, ours.topic("policies"), [b"1"])
    assert len(opened.read()) == 1
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if "kafka-feed" not in {thread.name for thread in threading.enumerate()}:
            return
        time.sleep(0.05)
    raise AssertionError("a feed still runs")


@pytest.mark.long
@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_after_the_broker_was_away_the_log_goes_on_where_it_was(
    own_broker: Broker, client: str
) -> None:
    own = KafkaSettings(
        bootstrap_servers=own_broker.bootstrap, client=client, topic_prefix=f"{client}."
    )
    create(own)
    log = PolicyLog(own)
    log.open()
    write(own, own.topic("policies"), [b"1"])
    assert len(log.read()) == 1
    own_broker.kill()
    with pytest.raises(ConnectorError, match="no Kafka broker answered"):
        log.read()
    own_broker.start()
    write(own, own.topic("policies"), [b"2"])
    found: list[bytes] = []
    deadline = time.monotonic() + 60
    while not found and time.monotonic() < deadline:
        try:
            found = [record.value for record in log.read()]
        except ConnectorError:
            time.sleep(0.2)
    log.close()
    assert found == [b"2"]


@pytest.mark.parametrize(
    "client", [pytest.param("kafka-python", marks=pytest.mark.long), "confluent"]
)
def test_a_broker_that_hangs_is_not_taken_for_a_log_that_ended(
    own_broker: Broker, client: str
) -> None:
    own = KafkaSettings(
        bootstrap_servers=own_broker.bootstrap, client=client, topic_prefix=f"hangs-{client}."
    )
    create(own)
    log = PolicyLog(own)
    log.open()
    write(own, own.topic("policies"), [b"1"])
    own_broker.pause()
    try:
        with pytest.raises(ConnectorError, match="no Kafka broker answered"):
            log.read()
    finally:
        own_broker.unpause()
    log.close()
