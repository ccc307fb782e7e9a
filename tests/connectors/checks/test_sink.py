"""Between the flow and the runner: who waits, and what is in the snapshot when nobody answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from connectors.checks import Runner
from connectors.checks.settings import ChecksSettings
from connectors.checks.sink import CheckSink
from guardrails.errors import ConnectorError
from guardrails.events import CheckResult
from guardrails.guardrail import Mode
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.records import Output
from guardrails.setting import Setting
from tests.endpoint import HANG, Endpoint, judge_words, judged_text
from tests.jobs import eventually, job_of

# The deadline of watchers: far enough for a busy machine.
WATCHED_MS = 15_000


class Topic:
    """Results as they were sent. may_flush: a flush lasts until it is set."""

    def __init__(self) -> None:
        self.results: list[CheckResult] = []
        self.stored = 0
        self.flushing = threading.Event()
        self.may_flush = threading.Event()
        self.may_flush.set()
        self.error: Exception | None = None

    def send(self, output: Output) -> None:
        self.results.append(msgspec.json.decode(output.value, type=CheckResult))

    def flush(self) -> None:
        self.flushing.set()
        self.may_flush.wait()
        if self.error is not None:
            raise self.error
        self.stored = len(self.results)

    def close(self) -> None:
        """Nothing is open."""

    def status_of(self, stream_id: str) -> Sequence[str]:
        return [one.status for one in self.results if one.stream_id == stream_id]


class Sunk:
    """One runner's end of the flow. `judge/watch` and `judge/hold` ask two services."""

    def __init__(self, watched: Endpoint, held: Endpoint, **limits: int) -> None:
        self.topic = Topic()
        judges: dict[str, Any] = {
            "judge/watch": {"url": watched.url, "model": "m", "max_concurrency": 1},
            "judge/hold": {"url": held.url, "model": "m", "mode": "block", "timeout_s": 0.5},
        }
        judges["judge/hold"] |= {"checkpoint": "paragraph", "max_attempts": 1}
        self.plan = Plan(Policy(guardrails=judges))
        self.runners: list[Runner] = []

        def launch(results: Any) -> Runner:
            self.runners.append(Runner(results, {}, ChecksSettings(**limits)))
            return self.runners[-1]

        self._sink = CheckSink("results", Plans(self.plan), launch, lambda: self.topic)
        self.part = self.open(None)

    def open(self, saved: bytes | None) -> Any:
        return self._sink.build_part("run", "runner-0000", saved)

    def setting(self, name: str) -> Setting:
        setting = self.plan.setting(name)
        assert setting is not None
        return setting

    def waiting(self, name: str) -> int:
        figures = self.runners[0].figures().get(name)
        return 0 if figures is None else figures.waiting

    def watchers(self, count: int) -> list[Any]:
        watch = self.setting("judge/watch")
        return [
            job_of(
                *(watch, f"watched {n}"),
                stream_id=f"w{n}",
                mode=Mode.MONITOR,
                deadline_ms=WATCHED_MS,
            )
            for n in range(count)
        ]

    def blocking(self, count: int, **options: Any) -> list[Any]:
        hold = self.setting("judge/hold")
        version = self.plan.version
        return [
            job_of(hold, f"held {n}", stream_id=f"h{n}", version=version, **options)
            for n in range(count)
        ]


@contextmanager
def sunk(watched: Endpoint, held: Endpoint, **limits: int) -> Iterator[Sunk]:
    made = Sunk(watched, held, **limits)
    try:
        yield made
    finally:
        made.topic.may_flush.set()
        made.part.close()


def test_a_watching_check_that_hangs_delays_nothing_and_its_surplus_is_skipped() -> None:
    with (
        Endpoint(lambda _: HANG) as hangs,
        Endpoint(judge_words([])) as well,
        sunk(hangs, well, max_waiting=5) as made,
    ):
        began = time.monotonic()
        made.part.write_batch(made.watchers(20))
        eventually(lambda: made.waiting("judge/watch") == 5)
        made.part.write_batch(made.blocking(1))
        eventually(lambda: made.topic.status_of("h0") == ["done"])
        # So long the watchers would have been waited for.
        assert time.monotonic() - began < WATCHED_MS / 1000
        skipped = [one.stream_id for one in made.topic.results if one.status == "skipped"]
        # One is being asked, five wait.
        assert skipped == [f"w{n}" for n in range(6, 20)]


def test_what_text_waits_for_is_not_skipped_however_much_comes_at_once() -> None:
    with Endpoint(judge_words([])) as endpoint, sunk(endpoint, endpoint, max_waiting=5) as made:
        made.part.write_batch(made.blocking(200))
        eventually(lambda: len(made.topic.results) == 200)
        assert {one.status for one in made.topic.results} == {"done"}


def test_what_text_waits_for_has_room_while_only_watchers_wait() -> None:
    with Endpoint(judge_words([])) as endpoint, sunk(endpoint, endpoint, max_waiting=5) as made:
        endpoint.pause()
        watch = made.setting("judge/watch")
        made.part.write_batch(made.watchers(6))
        eventually(lambda: made.waiting("judge/watch") == 5)
        made.part.write_batch([job_of(watch, "held", stream_id="h")])
        eventually(lambda: made.topic.status_of("w5") == ["skipped"])
        endpoint.go_on()
        eventually(lambda: made.topic.status_of("h") == ["done"])


def test_a_slow_end_of_an_epoch_is_no_failure_of_the_services() -> None:
    with Endpoint(judge_words([])) as endpoint, sunk(endpoint, endpoint) as made:
        made.topic.may_flush.clear()
        made.part.write_batch(made.blocking(1))
        saving = threading.Thread(target=made.part.snapshot)
        saving.start()
        made.topic.flushing.wait()
        more = made.blocking(8)[1:]
        made.part.write_batch(more)
        # Longer than a call may last.
        eventually(lambda: len(endpoint.asked) == 8)
        time.sleep(0.7)
        figures = made.runners[0].figures()["judge/hold"]
        assert (figures.done, figures.failures, figures.timed_out) == (8, 0, 0)
        made.topic.may_flush.set()
        saving.join()
        eventually(lambda: len(made.topic.results) == 8)


def test_what_is_in_no_snapshot_was_stored_before_it() -> None:
    """Snapshots are taken while answers come: nothing may fall between the two."""
    with Endpoint(judge_words([])) as endpoint, sunk(endpoint, endpoint) as made:
        jobs = made.blocking(120)
        for number in range(0, 120, 10):
            made.part.write_batch(jobs[number : number + 10])
            saved = msgspec.msgpack.decode(made.part.snapshot())
            flying = {flight["request"]["stream_id"] for flight in saved}
            stored = {one.stream_id for one in made.topic.results[: made.topic.stored]}
            assert flying | stored >= {f"h{n}" for n in range(number + 10)}


def test_what_was_in_flight_is_run_again_from_the_snapshot() -> None:
    with Endpoint(judge_words([])) as endpoint, sunk(endpoint, endpoint) as made:
        endpoint.pause()
        made.part.write_batch(made.blocking(3))
        eventually(lambda: len(endpoint.asked) == 3)
        saved = made.part.snapshot()
        made.part.close()
        endpoint.go_on()
        asked = len(endpoint.asked)
        made.part = made.open(saved)
        eventually(lambda: len(made.topic.results) == 3)
        again = [judged_text(one) for one in endpoint.asked[asked:]]
        assert sorted(again) == ["held 0", "held 1", "held 2"]


def test_results_that_cannot_be_stored_end_the_flow() -> None:
    with Endpoint(judge_words([])) as endpoint, sunk(endpoint, endpoint) as made:
        made.topic.error = ConnectorError("the broker is away")
        with pytest.raises(ConnectorError, match="the broker is away"):
            made.part.snapshot()
