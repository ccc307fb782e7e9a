"""The part all runners share. Runs in the interpreter of a peer and knows neither it nor Tidegate.

In come lines of JSON, one answer goes out for each. {"rules": [[type, expression], ...]} begins
anew with these; the answer has the versions at work. {"streams": [[chunk, ...], ...]} is one round;
the answer has the seconds of CPU (all threads) and of wall clock for the peer's own part, and what
it showed of each stream.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from importlib.metadata import version

# As in benchmarks/peers/sight.py, which this interpreter cannot import.
LABEL = "\ue000"


class Engine:
    """What is measured. `rules`: pairs of type and expression."""

    packages: tuple[str, ...] = ()

    def __init__(self, rules):
        raise NotImplementedError

    def prepare(self, chunks):
        """Turn chunks into what the peer is given; not timed."""
        return chunks

    def work(self, prepared):
        """Guard one stream, chunk by chunk; timed."""
        raise NotImplementedError

    def told(self, worked):
        """Return {"released": texts} or {"covered": spans behind each chunk}; not timed."""
        raise NotImplementedError


def serve(kind):
    """Answer until there are no more lines."""
    # Peers print; their lines are not ours.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        if "rules" in question:
            engine = kind(question["rules"])
            answer = {"packages": {name: version(name) for name in kind.packages}}
        else:
            answer = _round(engine, question["streams"])
        print(json.dumps(answer), file=answers, flush=True)


def _round(engine, streams):
    gc.collect()
    cpu_s = wall_s = 0.0
    told = []
    for chunks in streams:
        prepared = engine.prepare(chunks)
        cpu, wall = time.process_time(), time.perf_counter()
        worked = engine.work(prepared)
        wall_s += time.perf_counter() - wall
        cpu_s += time.process_time() - cpu
        told.append(engine.told(worked))
    return {"cpu_s": cpu_s, "wall_s": wall_s, "streams": told}
