"""Which policy judges a stream: by the log time it begins at, whatever is loaded or activated."""

import gc
import weakref

import pytest

from guardrails.errors import PolicyError, SnapshotError
from guardrails.plan import Plan
from guardrails.plans import REACHABLE_MS, Plans
from guardrails.policy import Policy


def policy(label: str, name: str = "p") -> Policy:
    """A policy whose label tells its version."""
    return Policy(name=name, label=label, guardrails={"email": {}})


def source(label: str, name: str = "p") -> str:
    return f"name: {name}\nlabel: '{label}'\nguardrails: {{email: {{}}}}\n"


def label_at(plans: Plans, at_ms: int, name: str | None = "p") -> str | None:
    plan = plans.named(name, at_ms)
    return plan.policy.label if plan else None


class Counting:
    """Compiles, and counts how often."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def __call__(self, policy: Policy) -> Plan:
        self.labels.append(policy.label)
        return Plan(policy)


def test_a_stream_is_judged_by_the_policy_in_force_when_it_begins() -> None:
    plans = Plans(Plan(policy("0")))
    plans.activate(policy("1"), 1_000)
    plans.activate(policy("2"), 2_000)
    assert [label_at(plans, at) for at in (0, 999, 1_000, 1_999, 2_000, 9_999)] == list("001122")


def test_chunks_that_name_no_policy_follow_the_default_one() -> None:
    plans = Plans(Plan(policy("0")), {"other": Plan(policy("x", "other"))})
    plans.activate(policy("1"), 1_000)
    plans.activate(policy("y", "other"), 1_000)
    assert (label_at(plans, 5_000, None), label_at(plans, 5_000, "other")) == ("1", "y")


def test_a_new_name_is_known_from_its_activation_on_and_not_before() -> None:
    plans = Plans(Plan(policy("0")))
    plans.activate(policy("x", "new"), 1_000)
    assert (label_at(plans, 999, "new"), label_at(plans, 1_000, "new")) == (None, "x")
    assert label_at(plans, 1_000, "other") is None


def test_the_order_in_which_activations_are_told_does_not_matter() -> None:
    told = [("1", 1_000), ("2", 2_000), ("3", 3_000), ("4", 4_000)]
    for order in (told, told[::-1], told[2:] + told[:2]):
        plans = Plans(Plan(policy("0")))
        for number, (label, at_ms) in enumerate(order):
            if number % 2:
                plans.activate(policy(label), at_ms)
            else:
                plans.remember("p", source(label), at_ms)
        assert [label_at(plans, at) for at in range(500, 5_000, 1_000)] == list("01234")


def test_of_two_activations_at_one_time_the_later_told_holds() -> None:
    plans = Plans(Plan(policy("0")))
    plans.activate(policy("1"), 1_000)
    plans.activate(policy("2"), 1_000)
    assert label_at(plans, 1_000) == "2"


def test_a_rollback_is_a_new_activation_of_an_old_version() -> None:
    compile_policy = Counting()
    plans = Plans(Plan(policy("0")), compile_policy=compile_policy)
    first = plans.activate(policy("1"), 1_000)
    plans.activate(policy("2"), 2_000)
    assert plans.activate(policy("1"), 3_000) is first
    assert [label_at(plans, at) for at in (1_000, 2_000, 3_000)] == list("121")
    assert compile_policy.labels == ["1", "2"]


def test_the_policy_of_a_time_is_told_with_its_beginning_and_not_compiled() -> None:
    compiled = Counting()
    plans = Plans(Plan(policy("0")), compile_policy=compiled)
    plans.remember("p", source("1"), 1_000)
    plans.remember("p", "name: p\nguardrails: 7\n", 2_000)
    plans.remember("p", source("3"), 3_000)
    found = [plans.in_force("p", at_ms) for at_ms in (0, 1_500, 2_500, 3_000)]
    assert [(one.label, at_ms) for one, at_ms in filter(None, found)] == [
        *(("0", 0), ("1", 1_000), ("1", 1_000), ("3", 3_000)),
    ]
    assert plans.in_force("another", 3_000) is None
    assert compiled.labels == []


def test_a_policy_that_cannot_be_compiled_changes_nothing() -> None:
    def refuse(policy: Policy) -> Plan:
        raise PolicyError("too large")

    plans = Plans(Plan(policy("0")), compile_policy=refuse)
    with pytest.raises(PolicyError):
        plans.activate(policy("1"), 1_000)
    assert label_at(plans, 5_000) == "0"


def test_an_activation_of_the_past_is_compiled_once_and_only_when_a_stream_asks() -> None:
    compile_policy = Counting()
    plans = Plans(Plan(policy("0")), compile_policy=compile_policy)
    plans.remember("p", source("1"), 1_000)
    plans.activate(policy("2"), 2_000)
    assert compile_policy.labels == ["2"]
    assert [label_at(plans, 1_500) for _ in range(3)] == ["1", "1", "1"]
    assert compile_policy.labels == ["2", "1"]


def test_a_broken_activation_of_the_past_leaves_the_one_before_it_in_force() -> None:
    plans = Plans(Plan(policy("0")))
    plans.remember("p", source("1"), 1_000)
    plans.remember("p", "guardrails: {emial: {}}", 2_000)
    plans.activate(policy("3"), 3_000)
    assert [label_at(plans, at) for at in (1_500, 2_500, 2_500, 3_000)] == list("1113")


def test_an_activation_of_the_past_that_brings_another_name_is_broken() -> None:
    plans = Plans(Plan(policy("0")))
    plans.remember("p", source("1", name="q"), 1_000)
    assert label_at(plans, 1_500) == "0"
    assert label_at(plans, 1_500, "q") is None
    assert plans.loaded(policy("1", name="q").version) is None


def test_an_activation_of_the_past_that_cannot_be_compiled_is_broken() -> None:
    def refuse(policy: Policy) -> Plan:
        raise PolicyError("too large")

    plans = Plans(Plan(policy("0")), compile_policy=refuse)
    plans.remember("p", source("1"), 1_000)
    assert [label_at(plans, 1_500) for _ in range(2)] == ["0", "0"]


def test_an_activation_that_no_chunk_in_the_log_can_reach_is_forgotten() -> None:
    plans = Plans(Plan(policy("0")))
    plans.activate(policy("1"), 1_000)
    plans.activate(policy("2"), 2_000)
    plans.activate(policy("3"), 2_000 + REACHABLE_MS - 1)
    assert label_at(plans, 1_500) == "1"
    plans.activate(policy("4"), 2_000 + REACHABLE_MS)
    # What is older than everything that is kept is judged by the oldest that is.
    assert [label_at(plans, at) for at in (0, 1_500, 2_000, 2_000 + REACHABLE_MS)] == list("2224")


def test_a_thousand_activations_keep_two_compiled_and_every_one_can_still_be_asked_for() -> None:
    alive: weakref.WeakSet[Plan] = weakref.WeakSet()

    def compile_policy(policy: Policy) -> Plan:
        plan = Plan(policy)
        alive.add(plan)
        return plan

    plans = Plans(Plan(policy("0")), compile_policy=compile_policy)
    for number in range(1, 1_001):
        plans.activate(policy(str(number)), number * 1_000)
    gc.collect()
    assert len(alive) == 2
    assert label_at(plans, 17_500) == "17"


def test_a_plan_in_use_by_a_stream_is_not_compiled_again() -> None:
    compile_policy = Counting()
    plans = Plans(Plan(policy("0")), compile_policy=compile_policy)
    held = plans.activate(policy("1"), 1_000)
    for number in range(2, 6):
        plans.activate(policy(str(number)), number * 1_000)
    assert plans.named("p", 1_000) is held
    assert plans.version(held.version, held.policy.model_dump_json()) is held


def test_a_version_that_streams_of_a_snapshot_began_with_is_compiled_from_its_source() -> None:
    old = Plan(policy("old"))
    plans = Plans(Plan(policy("0")))
    plan = plans.version(old.version, old.policy.model_dump_json())
    assert plan.policy.label == "old"
    with pytest.raises(SnapshotError, match="which this release compiles to"):
        plans.version("0123456789abcdef", old.policy.model_dump_json())


def test_a_version_that_streams_may_carry_is_found_without_knowing_its_name() -> None:
    plans = Plans(Plan(policy("0")))
    plans.remember("p", source("1"), 1_000)
    plans.remember("p", "guardrails: {emial: {}}", 1_500)
    plans.activate(policy("x", "other"), 1_000)
    plans.activate(policy("2"), 2_000)
    for wanted in (policy("0"), policy("1"), policy("2"), policy("x", "other")):
        found = plans.loaded(wanted.version)
        assert found is not None
        assert found.policy.label == wanted.label
    assert plans.loaded("0123456789abcdef") is None


def test_knowledge_is_brought_up_to_date_before_a_stream_is_opened() -> None:
    plans = Plans(Plan(policy("0")))
    plans.follow(lambda: plans.activate(policy("1"), 1_000) and None)
    assert label_at(plans, 2_000) == "1"
