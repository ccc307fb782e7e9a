"""The gateway, one process with an embedded guard and the default policy, under clients of its own.

Clients run in another process: on two cores the guard, the server and the clients share them, so
times are an upper bound. Deliveries are compared with sse-starlette in the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figure import Figure
from tests.gateway import Gateway, running

RATE = 500
ROUNDS = 3
# Nobody is turned away for asking too often: all clients are one user here.
_LIMITS = """
default:
  user_updates: none
  tenant_updates: none
  user_chars: none
  user_streams: 1000000
  tenant_chars: none
  tenant_streams: 1000000
"""


def _clients(what: str, url: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.gateway_clients", what, url]
    done = subprocess.run(
        [*command, *map(str, arguments)], stdout=subprocess.PIPE, check=True, timeout=600
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def _serving() -> Iterator[Gateway]:
    with tempfile.TemporaryDirectory() as directory:
        limits = Path(directory) / "limits.yaml"
        limits.write_text(_LIMITS)
        # With a variable of Python's it is an interpreter of its own, as it is for users.
        environ = {"TIDEGATE_GATEWAY_LIMITS_FILE": str(limits), "PYTHONUNBUFFERED": "1"}
        with running(**environ) as gateway:
            yield gateway


@contextmanager
def _source(module: str) -> Iterator[list[str]]:
    """Run a server that makes events by itself; yield its address and the path of its events."""
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()
        server.kill()


def _cpu_s(gateway: Gateway) -> float:
    fields = Path(f"/proc/{gateway.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(gateway: Gateway) -> int:
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return 1024 * int(status.split("VmRSS:")[1].split()[0])


def measure(*, quick: bool) -> Iterator[Figure]:
    """Yield round trips, latencies, deliveries, resume and memory."""
    with _serving() as gateway:
        # Before anything else: what earlier connections leave would be used again.
        yield from _memory(gateway, 300 if quick else 1_000)
        yield from _round_trips(gateway, 5 if quick else 20)
        for clients in (100, 1_000):
            yield from _latencies(gateway, clients, 5 if quick else 15)
        yield from _resumes(gateway, 200 if quick else 1_000)
        yield from _deliveries(gateway, 2_000)


def _round_trips(gateway: Gateway, seconds: int) -> Iterator[Figure]:
    cpu, began = _cpu_s(gateway), time.monotonic()
    got = _clients("updates", gateway.url, RATE, seconds, 50)
    share = (_cpu_s(gateway) - cpu) / (time.monotonic() - began)
    note = f"50 keep-alive connections; cores taken: gateway {share:.2f}, clients {_own(got)}"
    for cut, most in (("p50", 10.0), ("p99", 50.0)):
        yield Figure(
            measure="gateway",
            name=f"update round trip at {RATE}/s, {cut}",
            value=1000 * got[cut],
            unit="ms",
            at_most=most,
            note=note,
            quantiles=tuple(1000 * value for value in got["cuts"]) if cut == "p99" else (),
        )


def _latencies(gateway: Gateway, clients: int, seconds: int) -> Iterator[Figure]:
    cpu, began = _cpu_s(gateway), time.monotonic()
    # Each stream is followed by 50; 5 updates a second of each.
    streams = clients // 50
    got = _clients("latency", gateway.url, clients, streams, 5 * streams, seconds)
    share = (_cpu_s(gateway) - cpu) / (time.monotonic() - began)
    note = (
        f"{streams} streams with 50 clients each, 5 updates a second each, "
        f"{got['deliveries']:,} events; cores taken: gateway {share:.2f}, clients {_own(got)}"
    )
    targets: dict[tuple[int, str], float] = {(100, "p50"): 50.0, (1_000, "p99"): 100.0}
    for cut in ("p50", "p99"):
        yield Figure(
            measure="gateway",
            name=f"update to event, {clients:,} SSE clients, {cut}",
            value=1000 * got[cut],
            unit="ms",
            at_most=targets.get((clients, cut)),
            note=note,
        )
    yield Figure(
        measure="gateway",
        name=f"first bytes of a stream that runs, beside {clients:,} SSE clients, p99",
        value=1000 * got["first"]["p99"],
        unit="ms",
        at_most=200.0,
    )


def _resumes(gateway: Gateway, clients: int) -> Iterator[Figure]:
    got = _clients("resume", gateway.url, clients, 100)
    name = f"of {clients:,} clients that come back at once to a stream of {got['events']} events"
    yield Figure(
        measure="gateway",
        name=f"slowest resume {name}",
        value=got["slowest"],
        unit="s",
        at_most=2.0,
        note=f"cores taken by clients: {_own(got)}",
    )
    yield Figure(
        measure="gateway",
        name=f"share with every event {name}",
        value=100 * got["complete"],
        unit="%",
        at_least=100.0,
    )


def _memory(gateway: Gateway, clients: int) -> Iterator[Figure]:
    # The first ones bring what all of them share.
    before, after = (_resident_beside(gateway, count) for count in (10, 10 + clients))
    yield Figure(
        measure="gateway",
        name=f"memory of an open event stream, {clients:,} of them",
        value=(after - before) / clients / 1000,
        unit="kB",
        note="resident memory of a gateway that has served nothing before but one stream",
    )


def _resident_beside(gateway: Gateway, clients: int) -> int:
    """Return what a gateway takes while so many follow a stream."""
    command = [sys.executable, "-m", "benchmarks.gateway_clients", "idle", gateway.url]
    with subprocess.Popen(
        [*command, str(clients)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as idle:
        assert idle.stdout is not None
        idle.stdout.readline()
        taken = _resident(gateway)
        idle.communicate("\n", timeout=60)
    return taken


def _deliveries(gateway: Gateway, events: int) -> Iterator[Figure]:
    """Both servers make the events themselves: what is compared is how they go out."""
    for clients in (100, 1_000):
        ratios, ours, theirs = [], [], []
        for _ in range(ROUNDS):
            rates = []
            for module, most in (("gateway_fanout", events), ("sse_queues", events // 4)):
                with _source(module) as (url, path):
                    count = max(20, most * 100 // clients)
                    rates.append(_clients("plain_deliveries", url, path, clients, count)["rate"])
            ours.append(rates[0])
            theirs.append(rates[1])
            ratios.append(rates[0] / rates[1])
        yield Figure(
            measure="gateway",
            name=f"deliveries to {clients:,} SSE clients against sse-starlette",
            value=median(ratios),
            unit="times",
            at_least=10.0,
            note=f"{median(ours):,.0f} a second against {median(theirs):,.0f}; without a guard",
        )
    got = _clients("deliveries", gateway.url, 100, events)
    yield Figure(
        measure="gateway",
        name="deliveries of one guarded stream to 100 SSE clients, as fast as it can be sent",
        value=got["rate"],
        unit="a second",
        note=f"{events:,} updates, 100 in a call; clients took {_own(got)} cores",
    )


def _own(got: dict[str, Any]) -> str:
    return f"{got['own_cpu']:.2f}"
