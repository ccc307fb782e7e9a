"""Published text and questions become jobs, each once, whatever comes twice."""

from __future__ import annotations

import pickle
from random import Random

import pytest

from guardrails.assembly import FORGOTTEN_AFTER_MS, REMEMBERED_MS, Assembly
from guardrails.errors import SnapshotError
from guardrails.events import CheckClose, CheckEvent, CheckResult, CheckText, Segment
from guardrails.guardrail import Checkpoint, Mode
from guardrails.job import Job
from guardrails.plans import Plans
from guardrails.session import Session
from tests.plans import Checked, plan_of, redact

PLAN = plan_of(
    redact(r"\d+", "d"),
    Checked("toxic"),
    Checked("judge", Checkpoint.END, mode=Mode.MONITOR),
)
PLANS = Plans(PLAN)


def publish(text: str, plan=PLAN, stream_id: str = "s") -> list[CheckEvent]:
    session = Session(stream_id, plan, now_ms=7)
    events: list[CheckEvent] = []
    for start in range(0, len(text), 5):
        session.push(text[start : start + 5])
        events += session.ask()
    session.finish()
    events += session.ask()
    while session.state != "complete":
        for name in [one.id for one in events if hasattr(one, "id")]:
            place = (name, stream_id, name.split(":")[1], "done")
            session.answer(CheckResult(*place, 0, 9_999), 1)
        events += session.ask()
    return events


def run(assembly: Assembly, events: list[CheckEvent]) -> list[tuple[str, str]]:
    made = [assembly.take(event, 1_000, 3) for event in events]
    jobs = [job for job in made if job is not None]
    assert all(isinstance(job, Job) for job in jobs)
    return [(job.request.guardrail, job.text.text) for job in jobs]


def test_each_question_gets_the_text_it_is_about() -> None:
    jobs = run(Assembly(PLANS), publish("One is 1. Two. Three"))
    assert jobs == [
        ("toxic", "One is [D]. "),
        ("toxic", "Two. "),
        ("toxic", "Three"),
        ("judge", "One is [D]. Two. Three"),
    ]


def test_a_job_knows_where_it_came_from() -> None:
    assembly = Assembly(PLANS)
    job = [assembly.take(event, 1_234, 3) for event in publish("One. ")][-1]
    assert isinstance(job, Job)
    assert (job.partition, job.requested_at_ms, job.setting.guardrail.id) == (3, 1_234, "judge")


@pytest.mark.parametrize("seed", range(50))
def test_what_the_guard_publishes_again_after_a_crash_makes_no_second_job(seed: int) -> None:
    random = Random(seed)
    events = [*publish("One is 1. Two. \n\nThree. Four"), CheckClose("s")]
    assembly, jobs, at = Assembly(PLANS), [], 0
    while at < len(events):
        jobs += run(assembly, [events[at]])
        at += 1
        if random.random() < 0.2:
            assembly = Assembly.restore(pickle.loads(pickle.dumps(assembly.snapshot())), PLANS)
        if random.random() < 0.2:
            at = random.randrange(at)
    assert jobs == run(Assembly(PLANS), events)


def test_text_no_check_will_ask_about_is_forgotten() -> None:
    plan = plan_of(Checked("toxic"))
    assembly = Assembly(Plans(plan))
    run(assembly, publish("A sentence. " * 500, plan)[:-1])
    assert len(assembly.snapshot()[1]) < 40_000
    kept = assembly._texts["s"]
    assert kept.end - kept.wanted_from < 30
    assert len(kept.segments) == 1


def test_a_closed_stream_is_forgotten_but_for_its_questions() -> None:
    assembly = Assembly(PLANS)
    run(assembly, [*publish("One. " * 100), CheckClose("s")])
    assert not assembly._texts


def test_a_stream_that_was_never_closed_is_forgotten_after_a_day() -> None:
    assembly = Assembly(PLANS)
    run(assembly, publish("One. "))
    assembly.tick(1_000 + FORGOTTEN_AFTER_MS)
    assert assembly._texts
    assembly.tick(1_001 + FORGOTTEN_AFTER_MS)
    assert assembly.empty


def test_a_closed_stream_is_forgotten_minutes_later_by_log_time() -> None:
    assembly = Assembly(PLANS)
    events = [*publish("One. "), CheckClose("s")]
    run(assembly, events)
    assembly.tick(1_000 + REMEMBERED_MS)
    assert run(assembly, events) == []
    assembly.tick(1_001 + REMEMBERED_MS)
    assert assembly.empty
    assert len(run(assembly, events)) == 2


def test_what_is_remembered_of_closed_streams_is_small() -> None:
    plan = plan_of(Checked("toxic"))
    assembly = Assembly(Plans(plan))
    for number in range(300):
        stream_id = f"chat-{number:08d}-aaaa-bbbb"
        run(assembly, publish("A sentence. " * 40, plan, stream_id))
        assembly.take(CheckClose(stream_id), 1_000, 3)
    assert sum(map(len, assembly.snapshot()[1:])) < 40 * 300 * 10


def test_a_snapshot_is_encoded_anew_only_when_something_has_changed() -> None:
    assembly = Assembly(PLANS)
    run(assembly, [*publish("One. "), CheckClose("s")])
    run(assembly, publish("Two. ", stream_id="t"))
    before = assembly.snapshot()
    assembly.tick(1_000)
    assert all(one is two for one, two in zip(assembly.snapshot(), before, strict=True))
    assembly.take(CheckClose("t"), 1_000, 3)
    changed = assembly.snapshot()
    assert changed != before
    again = Assembly.restore(pickle.loads(pickle.dumps(changed)), PLANS)
    assert again.snapshot() == changed


def test_a_snapshot_of_another_version_is_refused() -> None:
    _, *state = Assembly(PLANS).snapshot()
    with pytest.raises(SnapshotError, match=r"version 1, .* new recovery directory"):
        Assembly.restore((1, *state), PLANS)


def test_a_policy_that_is_not_loaded_fails_the_question() -> None:
    other = plan_of(redact("x", "x"), Checked("toxic"), name="other")
    assembly = Assembly(PLANS)
    made = [assembly.take(event, 1_000, 0) for event in publish("One. ", other)]
    (result,) = [one for one in made if one is not None]
    assert isinstance(result, CheckResult)
    assert (result.status, result.requested_at_ms) == ("failed", 1_000)
    assert "policy 'other'" in str(result.reason)


def test_a_question_about_text_that_was_not_published_fails() -> None:
    request = publish("One. ")[-1]
    result = Assembly(PLANS).take(request, 1_000, 0)
    assert isinstance(result, CheckResult)
    assert result.reason == "the text was not published"


def test_a_piece_of_text_that_leaves_a_hole_is_dropped() -> None:
    assembly = Assembly(PLANS)
    assembly.take(CheckText("s", 5, 8, (Segment(5, 8, "abc"),)), 1_000, 0)
    assert assembly._texts["s"].end == 0
