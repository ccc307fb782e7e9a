"""The thread beside the flow: streams wait for knowledge that is fresh, and for nothing else."""

import threading
import time

import pytest

from connectors.policies import follower as module
from connectors.policies.follower import Follower
from guardrails.errors import ConnectorError
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy

PATIENCE_S = 30.0


class Place:
    """An origin that can be away, slow, or broken."""

    def __init__(self) -> None:
        self.begun = 0
        self.looks = 0
        self.away = False
        self.bug = self.closed = False
        self.hold = threading.Event()
        self.hold.set()

    def begin(self) -> None:
        self.begun += 1

    def look(self) -> None:
        self.hold.wait(PATIENCE_S)
        if self.away:
            raise ConnectorError("the brokers do not answer")
        if self.bug:
            raise ZeroDivisionError
        self.looks += 1

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Plans:
    monkeypatch.setattr(module, "PERIOD_S", 0.01)
    monkeypatch.setattr(module, "FRESH_S", 0.2)
    return Plans(Plan(Policy(guardrails={})))


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_all_that_is_known_is_taken_in_before_the_first_stream(plans: Plans) -> None:
    places = [Place(), Place()]
    with Follower(plans, places, patience_s=PATIENCE_S):
        assert [place.begun for place in places] == [1, 1]
        assert plans.named(None, 0) is plans.default


def test_a_stream_waits_while_a_look_hangs_and_goes_on_when_it_is_done(plans: Plans) -> None:
    place = Place()
    with Follower(plans, [place], patience_s=PATIENCE_S):
        wait_for(lambda: place.looks > 2)
        place.hold.clear()
        time.sleep(0.5)
        opened = threading.Event()
        stream = threading.Thread(target=lambda: (plans.named(None, 0), opened.set()))
        stream.start()
        assert not opened.wait(0.3)
        place.hold.set()
        assert opened.wait(PATIENCE_S)
        stream.join()


def test_a_stream_is_not_opened_on_knowledge_that_cannot_be_had(plans: Plans) -> None:
    place = Place()
    with Follower(plans, [place], patience_s=0.3):
        place.away = True
        time.sleep(0.5)
        with pytest.raises(ConnectorError, match="which policy a new stream begins with"):
            plans.named(None, 0)


def test_an_outage_is_told_once_and_its_end_once(
    plans: Plans, caplog: pytest.LogCaptureFixture
) -> None:
    place, other = Place(), Place()
    with Follower(plans, [place, other], patience_s=PATIENCE_S):
        place.away = True
        wait_for(lambda: caplog.records)
        seen = other.looks
        wait_for(lambda: other.looks > seen + 5)
        place.away = False
        wait_for(lambda: len(caplog.records) > 1)
        plans.named(None, 0)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "policies cannot be followed; trying again: the brokers do not answer",
        "policies are followed again",
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_the_thread_dies_the_next_stream_says_so_at_once(plans: Plans) -> None:
    place = Place()
    started = time.monotonic()
    with Follower(plans, [place], patience_s=PATIENCE_S):
        place.bug = True
        time.sleep(0.5)
        with pytest.raises(ConnectorError, match="could not be followed"):
            plans.named(None, 0)
    assert time.monotonic() - started < PATIENCE_S


def test_after_the_end_no_thread_is_left_and_nothing_open(plans: Plans) -> None:
    place = Place()
    with Follower(plans, [place], patience_s=PATIENCE_S):
        assert "kafka-policies" in {thread.name for thread in threading.enumerate()}
    assert place.closed
    assert "kafka-policies" not in {thread.name for thread in threading.enumerate()}
