"""A short fault campaign; `make chaos` runs the long one."""

from __future__ import annotations

import pytest

from tests.broker import Broker
from tests.chaos.campaign import Plan, run

pytestmark = pytest.mark.integration

# Some of every part; what takes longer than a test may is left to the long campaign.
KINDS = (
    "kill -9 of the guard",
    "SIGTERM of the guard",
    "kill -9 of the checks",
    "judge answers garbage",
    "disk full",
    "policy activated",
)


@pytest.mark.long
def test_after_a_handful_of_faults_every_stream_is_what_the_logs_say() -> None:
    if Broker().kind == "none":
        pytest.skip(Broker().name)
    plan = Plan(seed=7, faults=len(KINDS), streams_per_s=5.0, idle_s=8.0, kinds=KINDS)
    outcome = run(plan, print)
    assert outcome.found.differences == []
    assert len(outcome.faults) == len(KINDS)
    assert [fault.note for fault in outcome.faults if "no verdict" in fault.note] == []
    assert outcome.found.counts["streams"] > 30
