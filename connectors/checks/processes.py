"""Worker processes that hold a model: one text list at a time each, killed when they hang.

Processes and not threads, because the model holds the interpreter's lock: at 100 calls a second in
a thread the p99 of a loop beside it rose from 0.3 to 4.3 ms, at 250 its median from 0.2 to over 8;
with processes neither changed. Own ones and not those of concurrent.futures, because these can be
killed one by one, and end by themselves when the process that started them is killed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from connectors.checks.answer import CallFailed

_PROGRAM = Path(__file__).with_name("worker.py")
# Importing scikit-learn took 1.4 s with warm disks; a cold start may take ten times that.
START_TIMEOUT_S = 30.0
# Nothing of the environment but what an interpreter needs: it holds the secrets of services.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "TMPDIR", "SYSTEMROOT")
# 64 vectors of 4,096 numbers have 3 MB.
_MAX_FRAME_BYTES = 8 * 1_048_576

Answers = TypeVar("Answers")


class ModelProcess(Generic[Answers]):
    """One worker process, started when it is first asked and again after it died."""

    def __init__(
        self, environ: Mapping[str, str], arguments: Sequence[str], answers: type[Answers]
    ) -> None:
        """arguments: of the program, which model first. answers: the type of a list of them."""
        self._environ = environ
        self._arguments = tuple(arguments)
        self._answers = answers
        self._process: asyncio.subprocess.Process | None = None
        # Held while it starts or answers.
        self._busy = asyncio.Lock()

    async def start(self) -> None:
        """Start it, unless it runs. Raises CallFailed."""
        async with self._busy:
            await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        creating = asyncio.ensure_future(_create(self._environ, self._arguments))
        try:
            # Whoever gives up meanwhile would leave a process behind that nobody knows of.
            self._process = process = await asyncio.shield(creating)
            async with asyncio.timeout(START_TIMEOUT_S):
                await _receive(process, self._answers)
        except BaseException as error:
            self._process = await creating
            await self.kill()
            if isinstance(error, TimeoutError):
                raise CallFailed(
                    "the model's process did not start in time", retryable=True, unwell=True
                ) from None
            raise
        return process

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Answers:
        """Return an answer for each text. Raises CallFailed; a process that hangs is killed."""
        async with self._busy:
            process = await self._start()
            try:
                async with asyncio.timeout(timeout_s):
                    await _send(process, texts)
                    return await _receive(process, self._answers)
            except BaseException as error:
                # What it writes next would be taken for the answer to the next question.
                await self.kill()
                if isinstance(error, TimeoutError):
                    raise CallFailed(
                        "the model did not answer in time",
                        retryable=True,
                        unwell=True,
                        timed_out=True,
                    ) from None
                raise

    async def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _create(
    environ: Mapping[str, str], arguments: Sequence[str]
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(_PROGRAM), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_pass_on(environ),
        # Ctrl-C in the terminal is for us; it ends when we do.
        start_new_session=True,
    )


async def _send(process: asyncio.subprocess.Process, texts: Sequence[str]) -> None:
    if process.stdin is None:
        raise _died()
    body = msgspec.json.encode(texts)
    try:
        process.stdin.write(len(body).to_bytes(4, "big") + body)
        await process.stdin.drain()
    except OSError:
        raise _died() from None


async def _receive(process: asyncio.subprocess.Process, answers: type[Answers]) -> Answers:
    if process.stdout is None:
        raise _died()
    try:
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        if length > _MAX_FRAME_BYTES:
            raise _died()
        frame = await process.stdout.readexactly(length)
    except asyncio.IncompleteReadError:
        raise _died() from None
    if frame.startswith(b'"'):
        # Words of our own program.
        raise CallFailed(msgspec.json.decode(frame, type=str), unwell=True)
    return msgspec.json.decode(frame, type=answers)


def _died() -> CallFailed:
    return CallFailed("the model's process died", retryable=True, unwell=True)


def _pass_on(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    # One thread each: the pool is what uses several cores.
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return kept | single | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
