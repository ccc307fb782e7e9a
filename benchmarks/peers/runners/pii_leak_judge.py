"""pii-leak-benchmark: does a gateway let through a value that arrives in pieces?

Its response half: values no one asked for, sent as events over HTTP, plain, under every cut in two.
Tidegate stands in its reference gateway as a policy, with the judge's own four expressions, so that
the cuts are measured and not the rules. Left out: values in percent encoding, which are about
decoding, and its echo half, which is about putting masked values back, which Tidegate never does.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

from pii_leak_benchmark import partial_emission, v2_emitter
from piped import Piped

SEED = "tidegate"
LEAKING = ("redact-all", "chunk-local")
HOLDING = "bounded-retention"


def main():
    """Judge, and print what was found."""
    case = json.loads(sys.stdin.read())
    rules = [(name, pattern.pattern) for name, pattern in v2_emitter._DETECTORS]
    rules[0] = (rules[0][0], f"(?i:{rules[0][1]})")
    v2_emitter.POLICIES["tidegate"] = _policy(case, rules)
    checked, failed = _judge("tidegate")
    controls = [_judge(name)[1] > 0 for name in LEAKING] + [_judge(HOLDING)[1] == 0]
    answer = {
        "judge": f"pii-leak-benchmark {version('pii-leak-benchmark')}",
        "what": "no part of an injected e-mail address, card, SSN or phone number in the response",
        "checked": checked,
        "failed": failed,
        "controls": "its two policies without memory leak, its retaining one does not",
        "sound": all(controls),
    }
    print(json.dumps(answer))


def _judge(policy):
    """Return how many cuts were tried, and after how many of them something was readable."""
    segments = v2_emitter.build_segments(SEED)
    cases = [case for case in v2_emitter.covering_array() if case["encoding"] == "plain"]
    checked = failed = 0
    for case in cases:
        row = partial_emission.score_case(segments, policy, case, oracle="exhaustive-2-part")
        if row.transport_error:
            raise RuntimeError(row.transport_error)
        checked += row.partitions_tried
        failed += row.partitions_partial + row.complete_leak_partitions
    return checked, failed


def _policy(case, rules):
    idle = []

    class Tidegate(v2_emitter.Policy):
        """A process for each stream would take seconds; its reference needs one of its own."""

        name = "tidegate"
        redacts = True
        retains = True

        def __init__(self, vault):
            super().__init__(vault)
            self._pipe = idle.pop() if idle else Piped(case, rules)
            self._pipe.begin()

        def feed(self, delta):
            return self._pipe.push(delta)

        def flush(self):
            idle.append(self._pipe)
            return self._pipe.finish()

    return Tidegate


if __name__ == "__main__":
    main()
