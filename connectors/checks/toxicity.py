"""Asks the local toxicity model, in worker processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from connectors.checks.answer import Answer, CallFailed, Seen
from connectors.checks.processes import ModelProcess
from connectors.settings import SettingError
from guardrails.checks.toxicity import ToxicityOptions

# A call costs 3.1 ms and each text of it 0.05 ms more: at 64 they are even, and the batch is done
# before anyone notices.
MAX_BATCH = 64
# A million code points take 70 ms.
MAX_CHARS = 1_000_000
# The model does not fail by chance: a second call only mends a process that died.
MAX_ATTEMPTS = 2


class Toxicity:
    """The model of one policy; one call for a list of texts."""

    max_batch = MAX_BATCH
    max_chars = MAX_CHARS
    max_attempts = MAX_ATTEMPTS

    def __init__(
        self, options: ToxicityOptions, environ: Mapping[str, str], processes: int
    ) -> None:
        """processes: how many hold the model. Raises SettingError without the extra `ml`."""
        require_model()
        self._threshold = options.threshold
        self.concurrency = processes
        self._processes = [
            ModelProcess(environ, ("toxicity",), list[float]) for _ in range(processes)
        ]
        self._idle = list(self._processes)
        # So that the first sentence does not wait for it.
        self._warming_up = [asyncio.create_task(_warm_up(one)) for one in self._processes]

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Answer]:
        """Return an answer for each text, in their order. Raises CallFailed."""
        process = self._idle.pop()
        try:
            scores = await process.ask(texts, timeout_s)
        finally:
            self._idle.append(process)
        return [
            Answer((Seen(None, min(score, 1.0)),) if score >= self._threshold else ())
            for score in scores
        ]

    async def close(self) -> None:
        """End the processes."""
        for task in self._warming_up:
            task.cancel()
        await asyncio.gather(*self._warming_up, return_exceptions=True)
        for process in self._processes:
            await process.kill()


def require_model() -> None:
    """Raises SettingError when the extra is not installed."""
    if find_spec("profanity_check") is None:
        raise SettingError(
            "the model needs the extra 'ml'; install it with: pip install 'tidegate[ml]', or "
            "remove toxicity from the policy"
        )


async def _warm_up(process: ModelProcess[list[float]]) -> None:
    # Whoever asks first tries again, and reports it.
    with contextlib.suppress(CallFailed, OSError):
        await process.start()
