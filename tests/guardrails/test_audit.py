"""What an audit record says, and that it stays small."""

import msgspec

from guardrails import default_plan
from guardrails.events import Chunk
from guardrails.losses import MAX_LISTED_GAPS
from guardrails.plan import Plan
from guardrails.policy import Limits, Policy
from guardrails.session import Session


def test_gaps_without_end_are_listed_up_to_a_bound_and_the_last_covers_the_rest():
    limits = Limits(max_early_chunks=0)
    session = Session("s", Plan(Policy(guardrails={"email": {}}, on_gap="warn", limits=limits)))
    count = MAX_LISTED_GAPS + 500
    for number in range(count + 1):
        session.receive(Chunk(stream_id="s", seq=2 * number, text="hi "), 0)
    session.finish()
    audit = session.audit()
    unscanned = audit.content.unscanned
    assert len(unscanned) == MAX_LISTED_GAPS
    assert (unscanned[0].first_missing_seq, unscanned[0].last_missing_seq) == (1, 1)
    assert unscanned[-1].last_missing_seq == 2 * count - 1
    assert audit.transport.gaps == count
    assert len(msgspec.json.encode(audit)) < 200_000


def test_guardrails_that_found_nothing_are_names_and_the_record_stays_small():
    plan = default_plan()
    session = Session("s", plan)
    session.push("write to ada@example.org", final=True)
    content = session.audit().content
    assert list(content.guardrails) == ["email"]
    assert content.guardrails["email"].findings == 1
    # Each that looked at the text is named, once.
    assert sorted([*content.guardrails, *content.quiet]) == sorted(
        setting.guardrail.id for setting in plan.settings
    )
    assert len(msgspec.json.encode(session.audit())) < 25 * len(plan.settings)


def test_a_check_is_never_quiet_and_neither_is_what_failed():
    judge = {"url": "http://localhost/v1/chat/completions", "model": "m"}
    plan = Plan(Policy(guardrails={"email": {}, "phone": {}, "judge": judge}))
    session = Session("s", plan)
    session.push("nothing here", final=True)
    session.evict()
    content = session.audit().content
    assert list(content.guardrails) == ["judge"]
    assert content.guardrails["judge"].skipped == 1
    assert content.quiet == ("email", "phone")
