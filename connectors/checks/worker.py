"""The process that holds a local model: reads texts, writes a number or a vector of each.

Started by `processes.py` as a program of its own, so it imports nothing of ours. Its arguments:
which model, and for `embeddings` the directory it lies in. Frames on standard input and output:
four bytes of length, then JSON; a list of texts in, a list of as many answers out, or a string that
says why there are none. The first frame out is an empty list, when the model can be used. It ends
when its input does, so it does not outlive the process that started it, however that one ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

# Nothing is downloaded, whatever a library may think it lacks.
os.environ["HF_HUB_OFFLINE"] = "1"

Model = Callable[[list[str]], Any]


def main() -> None:
    """Answer until the input ends."""
    # What libraries print must not come between the frames.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    kind, *arguments = sys.argv[1:]
    try:
        model = MODELS[kind](*arguments)
        # The first run is the slowest; it is also what shows that the model can be used.
        model(["ready"])
    except Exception as error:  # noqa: BLE001 - whoever started it is told
        write(output, f"the model cannot be loaded ({type(error).__name__})")
        return
    write(output, [])
    while (texts := read(sys.stdin.buffer)) is not None:
        write(output, model(texts))


def open_toxicity() -> Model:
    """Return the model inside alt-profanity-check: how toxic each text is, from 0 to 1."""
    from profanity_check import predict_prob

    return lambda texts: [float(score) for score in predict_prob(texts)]


def open_embeddings(directory: str) -> Model:
    """Return the static model in a directory: a vector of each text."""
    if not Path(directory).is_dir():
        # The library would take it for a name on a hub.
        raise NotADirectoryError
    import numpy as np
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(directory)

    def embed(texts: list[str]) -> Any:
        # Without a limit: what is too long has been cut in pieces, none of which is to be lost.
        vectors = np.asarray(model.encode(texts, max_length=None, use_multiprocessing=False), float)
        if not np.isfinite(vectors).all():
            return "the model's vectors hold what is no finite number"
        # Half the bytes; a cosine changes by less than a millionth.
        return np.round(vectors, 6).tolist()

    return embed


MODELS: dict[str, Callable[..., Model]] = {
    "toxicity": open_toxicity,
    "embeddings": open_embeddings,
}


def read(source: BinaryIO) -> list[str] | None:
    """Return the next texts, or None at the end."""
    length = source.read(4)
    if len(length) < 4:
        return None
    return list(json.loads(source.read(int.from_bytes(length, "big"))))


def write(output: BinaryIO, answer: list[Any] | str) -> None:
    """Write one frame."""
    body = json.dumps(answer).encode()
    output.write(len(body).to_bytes(4, "big") + body)
    output.flush()


if __name__ == "__main__":
    main()
