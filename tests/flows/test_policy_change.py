"""Policies that change while the whole flow runs: each stream keeps the one it began with."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from connectors.memory import MemorySink, MemorySource, MemoryTopics
from flows.guard import build
from guardrails.events import Audit
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.records import Output
from tests.flows.command import Command
from tests.flows.guarding import read_all

STREAMS = 40
# Log time between two chunks, milliseconds.
STEP_MS = 10
CHANGES = {"1": 300, "2": 700, "3": 701}


def policy(label: str) -> Policy:
    return Policy(name="p", label=f"[{label}]", guardrails={"email": {}})


def overlapping() -> list[dict[str, object]]:
    """Streams of three chunks, one begun at every step, each five steps long."""
    events = [
        (2 * number * STEP_MS + seq * 5 * STEP_MS, f"s{number}", seq, text)
        for number in range(STREAMS)
        for seq, text in enumerate(("mail ada@exam", "ple.org, bob@example", ".org now"))
    ]
    return [
        {"stream_id": stream_id, "seq": seq, "text": text, "final": seq == 2, "at": at}
        for at, stream_id, seq, text in sorted(events)
    ]


def log_of(chunks: list[dict[str, object]]) -> tuple[MemoryTopics, dict[str, int]]:
    """The chunks in their topic, and the log time at which each stream begins."""
    ticks = itertools.count(0, STEP_MS)
    topics = MemoryTopics(1, now_ms=lambda: next(ticks))
    begins: dict[str, int] = {}
    for chunk in chunks:
        stream_id = str(chunk["stream_id"])
        value = msgspec.json.encode({key: value for key, value in chunk.items() if key != "at"})
        record = topics.append("chunks", stream_id.encode(), value)
        begins.setdefault(stream_id, record.timestamp_ms)
    topics.close("chunks")
    return topics, begins


def plans_with(changes: dict[str, int]) -> Plans:
    plans = Plans(Plan(policy("0")))
    for label, at_ms in changes.items():
        plans.activate(policy(label), at_ms)
    return plans


def expected_label(at_ms: int) -> str:
    return max(((at, label) for label, at in {"0": 0, **CHANGES}.items() if at <= at_ms))[1]


def expected(begins: dict[str, int]) -> dict[str, str]:
    return {
        stream_id: f"mail [{label}], [{label}] now"
        for stream_id, at_ms in begins.items()
        for label in [expected_label(at_ms)]
    }


def texts_of(topics: MemoryTopics) -> dict[str, str]:
    answers, contents = read_all(topics.records("verdicts"), topics.records("audit"))
    assert {len(versions) for versions in contents.values()} == {1}
    return {stream_id: text for stream_id, (text, _) in answers.items()}


def versions_of(topics: MemoryTopics) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in topics.records("audit"):
        audit = msgspec.json.decode(record.value, type=Audit)
        found.setdefault(audit.stream_id, set()).add(audit.policy_version)
    return found


def test_streams_side_by_side_keep_the_policy_they_began_with() -> None:
    topics, begins = log_of(overlapping())
    run_main(
        build(MemorySource(topics, ["chunks"], batch=7), MemorySink(topics), plans_with(CHANGES))
    )
    assert texts_of(topics) == expected(begins)
    assert {expected_label(at_ms) for at_ms in begins.values()} == {"0", "1", "3"}
    assert versions_of(topics) == {
        stream_id: {policy(expected_label(at_ms)).version} for stream_id, at_ms in begins.items()
    }


class Crash(Exception):
    """Ends a flow as a power cut would."""


def run(topics: MemoryTopics, store: Path, plans: Plans, at_output: dict[int, Callable[[], None]]):
    """Run the flow on from its last snapshot; call what is asked for at the nth output."""
    outputs = itertools.count(1)

    def observe(_: Output) -> None:
        at_output.get(next(outputs), lambda: None)()

    run_main(
        build(MemorySource(topics, ["chunks"], batch=3), MemorySink(topics, observe), plans),
        epoch_interval=timedelta(0),
        recovery_config=RecoveryConfig(str(store)),
    )


def crash() -> None:
    raise Crash


def hear_of_changes(plans: Plans) -> None:
    """As a guard does that runs."""
    for label, at_ms in CHANGES.items():
        plans.activate(policy(label), at_ms)


def knowing_changes() -> Plans:
    """As a guard does that starts."""
    plans = Plans(Plan(policy("0")))
    for label, at_ms in CHANGES.items():
        plans.remember("p", policy(label).model_dump_json(), at_ms)
    return plans


@pytest.mark.parametrize("crashes", [[20], [31, 33], [15, 60, 90]])
def test_a_replay_after_a_crash_finds_each_stream_the_policy_it_had(
    crashes: list[int], tmp_path: Path
) -> None:
    topics, begins = log_of(overlapping())
    init_db_dir(tmp_path, 1)
    first = Plans(Plan(policy("0")))
    with pytest.raises((Crash, RuntimeError)):
        run(topics, tmp_path, first, {3: lambda: hear_of_changes(first), crashes[0]: crash})
    for count in crashes[1:]:
        with pytest.raises((Crash, RuntimeError)):
            run(topics, tmp_path, knowing_changes(), {count: crash})
    run(topics, tmp_path, knowing_changes(), {})
    assert texts_of(topics) == expected(begins)
    assert {len(versions) for versions in versions_of(topics).values()} == {1}


def test_a_file_edited_under_a_running_guard_judges_the_streams_that_begin_later(
    tidegate: Command,
) -> None:
    write_policy(tidegate, "0")
    process = tidegate.start("run", "--policy", "p.yaml", "--input", "-", "--output", "-")
    assert process.stdin is not None
    assert process.stdout is not None

    def guard(stream_id: str, seq: int, text: str, *, final: bool) -> str:
        """Send one chunk; return the text of its verdict."""
        chunk = {"stream_id": stream_id, "seq": seq, "text": text, "final": final}
        process.stdin.write(json.dumps(chunk).encode() + b"\n")
        process.stdin.flush()
        while True:
            row = json.loads(process.stdout.readline())
            if row["topic"] == "verdicts" and row["value"]["stream_id"] == stream_id:
                return "".join(segment["text"] for segment in row["value"]["segments"])

    try:
        guard("old", 0, "from ada@exam", final=False)
        assert guard("before", 0, "ada@example.org", final=True) == "[0]"
        write_policy(tidegate, "1")
        deadline = time.monotonic() + 60
        seen = {"[0]"}
        for number in itertools.count():
            seen.add(guard(f"s{number}", 0, "ada@example.org", final=True))
            if "[1]" in seen or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert seen == {"[0]", "[1]"}
        assert guard("old", 1, "ple.org", final=True) == "[0]"
    finally:
        process.kill()
        process.communicate()


def write_policy(tidegate: Command, label: str) -> None:
    tidegate.write("draft.yaml", f"name: p\nlabel: '[{label}]'\nguardrails: {{email: {{}}}}\n")
    (tidegate.directory / "draft.yaml").replace(tidegate.directory / "p.yaml")
