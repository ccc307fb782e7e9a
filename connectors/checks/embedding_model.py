"""Makes vectors with a static model in a directory of this machine, in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from connectors.checks.embedder import Embedded, require_vectors
from connectors.checks.processes import ModelProcess
from connectors.settings import SettingError

# 64 pieces of 500 characters take 10 ms.
MAX_TEXTS = 64
# The model does not fail by chance: a second call only mends a process that died.
MAX_ATTEMPTS = 2
# As model2vec and sentence-transformers save static models; one line has to be there whole.
_LAYOUTS = (
    ("model.safetensors", "tokenizer.json", "config.json"),
    ("model.safetensors", "tokenizer.json", "config_sentence_transformers.json"),
    (
        "0_StaticEmbedding/model.safetensors",
        "0_StaticEmbedding/tokenizer.json",
        "config_sentence_transformers.json",
    ),
)


class EmbeddingModel:
    """The model of one policy, in as many processes as the settings say."""

    max_texts = MAX_TEXTS
    max_attempts = MAX_ATTEMPTS

    def __init__(self, directory: str, environ: Mapping[str, str], processes: int) -> None:
        """Raises SettingError without the extra `ml`, or when no model lies there."""
        require_static_model(directory)
        self.concurrency = processes
        self._processes = [
            ModelProcess(environ, ("embeddings", directory), list[list[float]])
            for _ in range(processes)
        ]
        self._idle: asyncio.Queue[ModelProcess[list[list[float]]]] = asyncio.Queue()
        for process in self._processes:
            self._idle.put_nowait(process)

    async def embed(self, texts: Sequence[str], timeout_s: float) -> Embedded:
        """Return a vector for each text. Raises CallFailed."""
        process = await self._idle.get()
        try:
            vectors = await process.ask(texts, timeout_s)
        finally:
            self._idle.put_nowait(process)
        require_vectors(vectors, len(texts))
        return Embedded(vectors)

    async def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            await process.kill()


def require_static_model(directory: str) -> None:
    """Raises SettingError when the extra is not installed or no static model lies there.

    Nothing is ever downloaded.
    """
    if find_spec("model2vec") is None:
        raise SettingError(
            "a model on this machine needs the extra 'ml'; install it with: pip install "
            "'tidegate[ml]', or name a service under 'url'"
        )
    path = Path(directory)
    if not path.is_dir():
        raise SettingError(
            f"there is no directory '{directory}'; put a static model there (model.safetensors, "
            "tokenizer.json and config.json, as model2vec saves them): nothing is downloaded"
        )
    if not any(all((path / name).is_file() for name in layout) for layout in _LAYOUTS):
        raise SettingError(
            f"'{directory}' holds no static model; expected model.safetensors, tokenizer.json and "
            "config.json, as model2vec saves them"
        )
