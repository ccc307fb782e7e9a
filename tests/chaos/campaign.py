"""A campaign: a system under load, faults one after the other, and then everything is compared."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.chaos.evidence import Logs
from tests.chaos.faults import KINDS, Fault
from tests.chaos.system import System
from tests.chaos.verify import Found, verify

# A stream that is not over so long behind the last deadline there is, is stuck.
SETTLE_S = 90.0
# Kills with many streams: they must be over before those are idle.
LIVE_KILLS = 5


class Plan(NamedTuple):
    """What is to be done. minutes: begin no fault after so long; None: as long as it takes. live:
    so many streams are open when the guard is killed some more times at the end.
    """

    seed: int = 1
    faults: int = 200
    minutes: float | None = None
    streams_per_s: float = 8.0
    idle_s: float = 45.0
    gap_s: float = 2.0
    live: int = 0
    kinds: tuple[str, ...] = tuple(KINDS)


class Outcome(NamedTuple):
    """What was done and found. skipped: kinds that this machine cannot do, and why."""

    plan: Plan
    broker: str
    disk: str
    faults: list[Fault]
    skipped: dict[str, str]
    chunk_faults: dict[str, int]
    unasked: list[tuple[str, float, int, str]]
    seconds: float
    found: Found


def run(plan: Plan, say: Callable[[str], None]) -> Outcome:
    """Run a campaign. say: is told what happens."""
    random, began = Random(plan.seed), time.monotonic()
    system = System(
        plan.seed, streams_per_s=plan.streams_per_s, idle_s=plan.idle_s, gap_s=plan.gap_s
    )
    clean = False
    try:
        say(f"broker: {system.broker.name}; logs in {system.directory}")
        system.load.start()
        system.wait_until_answering()
        skipped = _skipped(system)
        faults = _inflict(system, plan, [k for k in plan.kinds if k not in skipped], random, say)
        faults += _kill_with_many(system, plan, say)
        say("faults are over; streams end")
        found = _settle(system, plan, say)
        clean = not found.differences
        unasked = [
            (process.name, *end)
            for process in (system.guard, system.checks)
            for end in process.ends
        ]
        return Outcome(
            *(plan, system.broker.name, system.disk.kind, faults, skipped),
            *(dict(system.load.faults), unasked, time.monotonic() - began, found),
        )
    finally:
        system.close(keep=not clean)


def _skipped(system: System) -> dict[str, str]:
    skipped = {}
    if not system.broker.survives_kill:
        reason = f"{system.broker.kind} does not keep acknowledged records: run `make kafka`"
        skipped["kill -9 of the broker"] = reason
    if system.broker.kind == "given":
        for kind in KINDS:
            if "broker" in kind:
                skipped[kind] = "the broker is not ours"
    if not system.clocks:
        skipped["clock jumps"] = "there is no C compiler for the preload"
    return skipped


def _inflict(
    system: System,
    plan: Plan,
    kinds: list[str],
    random: Random,
    say: Callable[[str], None],
) -> list[Fault]:
    began = time.monotonic()
    faults: list[Fault] = []
    # Every kind once, in random order, then by weight.
    first = random.sample(kinds, len(kinds))
    weights = [KINDS[kind][0] for kind in kinds]
    while len(faults) < plan.faults:
        at_s = time.monotonic() - began
        if plan.minutes is not None and at_s > plan.minutes * 60:
            break
        kind = first.pop() if first else random.choices(kinds, weights)[0]
        streams = system.load.open
        recovery_s, note = KINDS[kind][1](system, random)
        faults.append(Fault(kind, at_s, recovery_s, streams, note))
        took = "" if recovery_s is None else f", new verdict after {recovery_s:.1f} s"
        say(f"{len(faults):4} {at_s:6.0f} s  {kind}{took} {note}")
        time.sleep(random.uniform(0.2, 2.5))
    return faults


def _kill_with_many(system: System, plan: Plan, say: Callable[[str], None]) -> list[Fault]:
    """Kill the guard while many streams are open: how long until it goes on?"""
    if not plan.live:
        return []
    kill, before = KINDS["kill -9 of the guard"][1], system.tail.count
    for number in range(plan.live):
        text = f"Reply {number} is not over, write to ada.lovelace@exam"
        system.load.send({"stream_id": f"live{number}", "seq": 0, "text": text, "policy": "plain"})
    deadline = time.monotonic() + plan.idle_s / 2
    while system.tail.count < before + plan.live and time.monotonic() < deadline:
        time.sleep(0.1)
    # One epoch, so that they are in the snapshot.
    time.sleep(1.5)
    faults = []
    for _ in range(LIVE_KILLS):
        recovery_s, note = kill(system, Random(0))
        kind = f"kill -9 of the guard with {plan.live:,} more streams"
        faults.append(Fault(kind, 0.0, recovery_s, system.load.open + plan.live, note))
        say(f"{kind}: {recovery_s or 0:.1f} s {note}")
    return faults


def _settle(system: System, plan: Plan, say: Callable[[str], None]) -> Found:
    """Wait until every stream is over, then compare."""
    system.load.end()
    deadline = time.monotonic() + plan.idle_s + SETTLE_S
    while True:
        chunks, audits = system.read("chunks"), system.read("audit")
        missing = Logs.unaudited(chunks, audits)
        checks = system.read("checks")
        open_ids = Logs.unanswered(checks, system.read("results"))
        if not missing and not open_ids:
            break
        if time.monotonic() > deadline:
            say(f"{len(missing)} streams and {len(open_ids)} requests are not over")
            break
        time.sleep(1)
    names = ("chunks", "verdicts", "audit", "checks", "results", "policies", "dead-letters")
    topics = {name: system.read(name) for name in names}
    # Kept when something differs, to be looked at and compared again.
    (system.directory / "logs.pickle").write_bytes(pickle.dumps((topics, system.policies)))
    return verify(Logs(topics, system.policies))
