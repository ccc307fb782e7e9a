"""The process that holds the toxicity model: reads texts, writes how toxic each is.

Started by `processes.py` as a program of its own, so it imports nothing of ours. Frames on standard
input and output: four bytes of length, then JSON; a list of texts in, a list of numbers from 0 to 1
out. It ends when its input does, so it does not outlive the process that started it, however that
one ends.
"""

from __future__ import annotations

import json
import os
import sys
from typing import BinaryIO


def main() -> None:
    """Answer until the input ends."""
    # What libraries print must not come between the frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from profanity_check import predict_prob

    # The first run is the slowest; it is also what shows that the model can be used.
    predict_prob(["ready"])
    write(output, [])
    while (texts := read(sys.stdin.buffer)) is not None:
        write(output, [float(score) for score in predict_prob(texts)])


def read(source: BinaryIO) -> list[str] | None:
    """Return the next texts, or None at the end."""
    length = source.read(4)
    if len(length) < 4:
        return None
    return list(json.loads(source.read(int.from_bytes(length, "big"))))


def write(output: BinaryIO, scores: list[float]) -> None:
    """Write one frame."""
    body = json.dumps(scores).encode()
    output.write(len(body).to_bytes(4, "big") + body)
    output.flush()


if __name__ == "__main__":
    main()
