"""The demonstration: the embedded guard flow on example answers that are written while it runs."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec
from reactivex import Subject
from reactivex import operators as rx
from rich.console import Console

from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows.demo.answers import EXAMPLES, Answer, read_answers
from flows.demo.producer import Producer
from flows.demo.status import Figures, Seen, follow
from flows.demo.summary import Summary, print_summary, summarise
from flows.demo.view import AT_ONCE, View, open_view
from flows.guard import build
from flows.policies import compile_policy, read_policy
from flows.runtime import run
from flows.terminal import console as open_console
from guardrails.events import Audit, Verdict
from guardrails.plans import Plans
from guardrails.records import Output
from guardrails.shipped import DEFAULT


class Report(msgspec.Struct, frozen=True):
    """What a run showed. audits: one of each stream, in the order in which they ended."""

    summary: Summary
    audits: tuple[Audit, ...]
    interrupted: bool


def run_demo(
    *, speed: float = 1.0, console: Console | None = None, examples: Path = EXAMPLES
) -> Report:
    """Guard the example answers in front of the reader. Blocks; call from the main thread.

    speed: 2 is twice as fast, 0 does not wait at all. SIGINT and SIGTERM end it early, with the
    summary of what was seen. Raises TidegateError when the examples are not there.
    """
    console = console or open_console()
    answers = read_answers(examples / "answers.yaml")
    plans = load_plans(answers, examples / "policies")
    stop = threading.Event()
    topics = MemoryTopics()
    figures = Figures()
    with open_view(console, answers, figures) as view:
        producer = Producer(
            topics, answers, at_once=AT_ONCE, speed=speed, stop=stop, on_begin=view.begin
        )
        observer = _Observer(producer, view, figures)
        sink = MemorySink(topics, observer.observe)
        flow = build(MemorySource(topics, ["chunks"], stop=stop), sink, plans, recovery=False)
        producer.start()
        run(flow, stop)
        producer.join()
    summary = summarise(observer.audits, figures, observer.dead_letters)
    if stop.is_set():
        console.print("Stopped early.")
    print_summary(console, summary, paced=speed > 0)
    return Report(summary, tuple(observer.audits), stop.is_set())


def show(*, fast: bool = False) -> None:
    """Run the demonstration for the command line. fast: do not imitate the pace of a model."""
    run_demo(speed=0 if fast else 1)


def load_plans(answers: list[Answer], policies: Path) -> Plans:
    """Compile the shipped policy and those the answers name. Raises PolicyError."""
    names = {answer.policy for answer in answers if answer.policy is not None}
    named = {
        name: compile_policy(read_policy(str(policies / f"{name}.yaml"))) for name in sorted(names)
    }
    return Plans(compile_policy(read_policy(DEFAULT)), named)


class _Observer:
    """Sees each output behind the sink, on the flow's thread, and tells whom it concerns."""

    def __init__(self, producer: Producer, view: View, figures: Figures) -> None:
        self.audits: list[Audit] = []
        self.dead_letters = 0
        self._producer = producer
        self._view = view
        self._seen: Subject[Seen] = Subject()
        statuses = follow(self._seen).pipe(rx.share())
        statuses.subscribe(figures.add)
        statuses.subscribe(view.show)

    def observe(self, output: Output) -> None:
        if output.topic == "verdicts":
            self._judge(msgspec.json.decode(output.value, type=Verdict))
        elif output.topic == "audit":
            audit = msgspec.json.decode(output.value, type=Audit)
            self.audits.append(audit)
            self._view.finish(audit)
        else:
            self.dead_letters += 1

    def _judge(self, verdict: Verdict) -> None:
        sent = self._producer.sent.get((verdict.stream_id, verdict.seq))
        latency_ms = 0.0 if sent is None else (time.perf_counter() - sent) * 1000
        if verdict.action == "block":
            self._producer.cancel(verdict.stream_id)
        self._seen.on_next(Seen(verdict, latency_ms))
