"""What is done to a running system. Every fault ends with all parts in place again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.chaos.policies import DEADLINE_S
from tests.chaos.process import Supervised
from tests.chaos.system import System, now_ms
from tests.endpoint import CUT, DROP, GARBAGE, HANG, HUGE, UNAVAILABLE, Reply, Script, flaky

# Longer than any start; a guard that says nothing for so long is stuck.
PATIENCE_S = 120.0
AWAY_S = 30.0


class Fault(NamedTuple):
    """One fault. kind: see `KINDS`. recovery_s: from a kill to the first new verdict. streams:
    being sent at that moment.
    """

    kind: str
    at_s: float
    recovery_s: float | None = None
    streams: int = 0
    note: str = ""


Inflict = Callable[[System, Random], tuple[float | None, str]]


def _kill_guard(system: System, random: Random) -> tuple[float | None, str]:
    return _end(system, system.guard, signal.SIGKILL)


def _stop_guard(system: System, random: Random) -> tuple[float | None, str]:
    return _end(system, system.guard, signal.SIGTERM)


def _kill_checks(system: System, random: Random) -> tuple[float | None, str]:
    system.checks.end(signal.SIGKILL)
    return None, ""


def _stop_checks(system: System, random: Random) -> tuple[float | None, str]:
    code = system.checks.end(signal.SIGTERM)
    return None, "" if code == 0 else f"exit code {code}"


def _kill_both(system: System, random: Random) -> tuple[float | None, str]:
    system.checks.end(signal.SIGKILL)
    return _end(system, system.guard, signal.SIGKILL)


def _end(system: System, process: Supervised, how: signal.Signals) -> tuple[float | None, str]:
    code = process.end(how)
    # What was on its way when the process died is stored within some milliseconds.
    since_ms, began = now_ms() + 50, time.monotonic()
    if system.tail.wait_for_one(since_ms, PATIENCE_S) is None:
        return None, f"no verdict within {PATIENCE_S:.0f} s"
    wanted = 0 if how is signal.SIGTERM else -signal.SIGKILL
    note = "" if code == wanted else f"exit code {code}"
    return time.monotonic() - began, note


def _kill_broker(system: System, random: Random) -> tuple[float | None, str]:
    system.broker.kill()
    system.broker.start()
    return None, ""


def _broker_away(system: System, random: Random) -> tuple[float | None, str]:
    system.broker.pause()
    time.sleep(AWAY_S)
    system.broker.unpause()
    return None, ""


def _broker_away_and_guard_killed(system: System, random: Random) -> tuple[float | None, str]:
    system.broker.pause()
    time.sleep(random.uniform(1, 8))
    system.guard.end(signal.SIGKILL)
    time.sleep(random.uniform(1, 8))
    system.broker.unpause()
    return None, ""


def _judge(*failures: Reply, share: float = 1.0) -> Inflict:
    def inflict(system: System, random: Random) -> tuple[float | None, str]:
        script: Script = flaky(system.judge_words, share, Random(random.random()), list(failures))
        system.endpoint.script = script
        time.sleep(random.uniform(2, 5))
        system.endpoint.script = system.judge_words
        return None, ""

    return inflict


def _judge_late(system: System, random: Random) -> tuple[float | None, str]:
    def late(asked: object) -> Reply:
        return system.judge_words(asked)._replace(late_s=DEADLINE_S + 1)  # type: ignore[arg-type]

    system.endpoint.script = late
    time.sleep(random.uniform(2, 5))
    system.endpoint.script = system.judge_words
    return None, ""


def _judge_dead(system: System, random: Random) -> tuple[float | None, str]:
    system.endpoint.stop()
    time.sleep(random.uniform(2, 5))
    system.endpoint.start()
    return None, ""


def _disk_full(system: System, random: Random) -> tuple[float | None, str]:
    before = len(system.guard.ends), len(system.checks.ends)
    system.disk.fill([system.guard.pid, system.checks.pid])
    time.sleep(random.uniform(2, 5))
    system.disk.free()
    ended = len(system.guard.ends) - before[0], len(system.checks.ends) - before[1]
    if system.tail.wait_for_one(now_ms(), PATIENCE_S) is None:
        return None, f"no verdict within {PATIENCE_S:.0f} s"
    return None, f"guard ended {ended[0]}, checks {ended[1]} times"


def _clock_jumps(system: System, random: Random) -> tuple[float | None, str]:
    by_s = random.choice([-1, 1]) * random.choice([2.0, 30.0, 600.0, 3600.0])
    name = random.choice(sorted(system.clocks))
    system.clocks[name].move(by_s)
    time.sleep(random.uniform(2, 5))
    stays = random.random() < 0.5
    if not stays:
        # Back to the truth: another jump.
        system.clocks[name].move(0)
    return None, f"{name} by {by_s:+.0f} s{', until its next start' if stays else ', and back'}"


def _activate(system: System, random: Random) -> tuple[float | None, str]:
    system.activate(random)
    return None, ""


# What may be done, and how often it is drawn.
KINDS: dict[str, tuple[int, Inflict]] = {
    "kill -9 of the guard": (16, _kill_guard),
    "SIGTERM of the guard": (8, _stop_guard),
    "kill -9 of the checks": (10, _kill_checks),
    "SIGTERM of the checks": (6, _stop_checks),
    "kill -9 of both": (6, _kill_both),
    "kill -9 of the broker": (6, _kill_broker),
    "broker away for 30 s": (2, _broker_away),
    "broker away, guard killed meanwhile": (3, _broker_away_and_guard_killed),
    "judge hangs": (5, _judge(HANG)),
    "judge fails": (5, _judge(UNAVAILABLE, DROP, CUT)),
    "judge answers garbage": (5, _judge(GARBAGE, HUGE)),
    "judge fails sometimes": (5, _judge(UNAVAILABLE, HANG, GARBAGE, DROP, share=0.3)),
    "judge answers late": (5, _judge_late),
    "judge is dead": (5, _judge_dead),
    "disk full": (5, _disk_full),
    "clock jumps": (8, _clock_jumps),
    "policy activated": (8, _activate),
}
