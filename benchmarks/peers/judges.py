"""Outside judges: two packages made to find filters that leak what is cut across chunks.

They have an environment of their own and talk to Tidegate through a pipe.
"""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import msgspec

from benchmarks.peers.expressions import EXPRESSIONS
from benchmarks.peers.peer import ROOT, RUNNERS, interpreter

JUDGES = ("chunk_invariance_judge.py", "pii_leak_judge.py")


class Judgement(msgspec.Struct, frozen=True):
    """What a judge said. checked: cuts tried; failed: of them; controls: whether filters that are
    known to leak failed, and those that are known not to did not.
    """

    judge: str
    what: str
    checked: int
    failed: int
    controls: str
    sound: bool


def judge() -> list[Judgement]:
    """Ask all of them."""
    random = Random(3)
    samples = [f"I wrote {one.make(random)}, and that is all." for one in EXPRESSIONS]
    case = {
        "pipe": [sys.executable, "-m", "benchmarks.peers.pipe"],
        "directory": str(ROOT),
        "rules": [(one.type, one.expression) for one in EXPRESSIONS],
        "samples": samples,
    }
    return [_ask(script, json.dumps(case)) for script in JUDGES]


def _ask(script: str, case: str) -> Judgement:
    command = [interpreter("judges"), RUNNERS / script]
    done = subprocess.run(command, input=case, stdout=subprocess.PIPE, text=True, check=True)
    return msgspec.json.decode(done.stdout, type=Judgement)
