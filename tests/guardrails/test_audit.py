"""What an audit record says, and that it stays small."""

import msgspec

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
