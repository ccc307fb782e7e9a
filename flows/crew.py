"""Processes that live and die together: a single one, or all of a Bytewax cluster."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from connectors.logs import logger
from connectors.stopping import LEASH_VARIABLE
from flows.backoff import Backoff
from flows.exits import Exit

log = logger("flows.supervisor")

# A reader that went away, as the shell counts it.
_CLOSED_PIPE = 141
# The same call would end the same way: a wrong policy, a wrong option, nobody who reads.
FINAL = (Exit.PROBLEM, Exit.USAGE, _CLOSED_PIPE)


class Call(NamedTuple):
    """One process. name: for people. arguments: of `tidegate`. environ: on top of our own."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]


Calls = Callable[[], Sequence[Call]]


class Orders:
    """What the supervisor is told. stop: end cleanly. kill: end at once."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.kill = asyncio.Event()


class Crew:
    """Starts its processes, and all of them again when one dies.

    A cluster that has lost one process cannot close an epoch, so the others are killed: what they
    did since the last snapshot is done again.
    """

    def __init__(
        self,
        name: str,
        calls: Calls,
        backoff: Backoff,
        orders: Orders,
        *,
        leash: int,
        stop_timeout_s: float,
    ) -> None:
        """calls: asked before every start, so that a cluster may take other ports. leash: the end
        of a pipe that each process is given, so that it notices when we are gone.
        """
        self._name = name
        self._calls = calls
        self._backoff = backoff
        self._orders = orders
        self._leash = leash
        self._stop_timeout_s = stop_timeout_s

    async def run(self) -> int:
        """Run until all ended well, a stop is ordered, or restarts are no use; return the code."""
        clock = asyncio.get_running_loop().time
        while True:
            began_at = clock()
            code = await self._live()
            if code == Exit.OK or self._orders.stop.is_set():
                return code
            if code in FINAL:
                log.error("not started again, it would end the same way", process=self._name)
                return code
            pause_s = self._backoff.failed(clock() - began_at)
            if pause_s is None:
                log.error("given up", process=self._name, failures=self._backoff.failures)
                return Exit.ENVIRONMENT
            log.warning("starting again", process=self._name, pause_s=round(pause_s, 1))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._orders.stop.wait(), pause_s)
                return Exit.OK

    async def _live(self) -> int:
        """Start all. Return 0 once all have ended well, or the code of one that has not."""
        children: list[_Child] = []
        stopped: asyncio.Task[Any] = asyncio.create_task(self._orders.stop.wait())
        try:
            for call in self._calls():
                # One by one: those before it have to be ended if one does not start.
                children.append(await _Child.start(call, self._leash))  # noqa: PERF401
            running = {child.ended for child in children}
            while running:
                waited: set[asyncio.Task[Any]] = {stopped, *running}
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if stopped.done():
                    return await self._stop(children)
                done = {task for task in running if task.done()}
                if failed := [task.result() for task in done if task.result() != Exit.OK]:
                    return min(failed, key=lambda code: code not in FINAL)
                running -= done
            return Exit.OK
        finally:
            stopped.cancel()
            for child in children:
                await child.kill()

    async def _stop(self, children: Sequence[_Child]) -> int:
        """Ask all to end, and wait. Return 0 if all of them left a snapshot behind."""
        for child in children:
            child.signal(signal.SIGTERM)
        ends = asyncio.gather(*(child.ended for child in children))
        hurry: asyncio.Future[Any] = asyncio.create_task(self._orders.kill.wait())
        either: set[asyncio.Future[Any]] = {ends, hurry}
        await asyncio.wait(
            either, timeout=self._stop_timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        hurry.cancel()
        if not ends.done():
            log.error("killed, it did not end in time", process=self._name)
            return Exit.ENVIRONMENT
        # Who dies of the signal has not even begun to listen for it: there is nothing to save.
        clean = all(code in (Exit.OK, -signal.SIGTERM) for code in ends.result())
        return Exit.OK if clean else Exit.ENVIRONMENT


class _Child:
    """A process that runs, or has ended with the result of `ended`."""

    def __init__(self, name: str, process: Process) -> None:
        self._name = name
        self._process = process
        self.ended = asyncio.create_task(self._wait())

    @classmethod
    async def start(cls, call: Call, leash: int) -> _Child:
        process = await asyncio.create_subprocess_exec(
            # -P: what lies around in the current directory is not what we were started from.
            *(sys.executable, "-P", "-m", "flows", *call.arguments),
            stdin=DEVNULL,
            env={**os.environ, **call.environ, LEASH_VARIABLE: str(leash)},
            pass_fds=(leash,),
            # Ctrl-C in the terminal is for us, and we pass it on.
            process_group=0,
        )
        log.info("started", process=call.name, pid=process.pid)
        return cls(call.name, process)

    def signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended

    async def _wait(self) -> int:
        code = await self._process.wait()
        how: dict[str, str | int] = {"exit_code": code}
        if code < 0:
            how = {"signal": signal.Signals(-code).name}
        log.log(logging.WARNING if code else logging.INFO, "ended", process=self._name, **how)
        return code
