"""chunk-invariance: is the output the same however the text is cut?

Its own samples and one of ours for each expression, under every cut in two; short texts under every
cut in up to three. Its examples are the controls: two filters that leak and one that does not.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

from chunk_invariance import ChunkInvarianceError, assert_chunk_invariant, examples
from chunk_invariance._check import DEFAULT_SAMPLES
from piped import Piped

# A text of this length has 991 such cuts, each a stream of its own.
SHORT_CHARS = 45
CONTROL = "use sk-AbCd1234 now"


def main():
    """Judge, and print what was found."""
    case = json.loads(sys.stdin.read())
    guard = Piped(case, case["rules"])

    def stream(chunks):
        guard.begin()
        for chunk in chunks:
            yield guard.push(chunk)
        yield guard.finish()

    def whole(text):
        return "".join(stream([text]))

    checked = failed = 0
    for sample in [*DEFAULT_SAMPLES, *case["samples"]]:
        splits = 3 if len(sample) <= SHORT_CHARS else 2
        try:
            checked += assert_chunk_invariant(stream, whole, sample, splits=splits)
        except ChunkInvarianceError as error:
            checked += error.splits_tried
            failed += 1
    changed = all(whole(sample) != sample for sample in case["samples"])
    guard.close()
    leaking = [_fails(examples.design_a), _fails(examples.design_b)]
    answer = {
        "judge": f"chunk-invariance {version('chunk-invariance')}",
        "what": f"output the same as of the whole text, {len(case['samples'])} texts of ours and "
        f"{len(DEFAULT_SAMPLES)} of its own, cut in two and, up to {SHORT_CHARS} characters, three",
        "checked": checked,
        "failed": failed,
        "controls": "its two leaking examples fail, its holding one passes, and each of our texts "
        "is changed",
        "sound": all(leaking) and not _fails(examples.hold_back) and changed,
    }
    print(json.dumps(answer))


def _fails(control):
    try:
        assert_chunk_invariant(control, examples.redact, CONTROL)
    except ChunkInvarianceError:
        return True
    return False


if __name__ == "__main__":
    main()
