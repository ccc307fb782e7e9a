"""Keeps crews running until told to stop, and says how it went."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

from flows.backoff import Backoff
from flows.crew import Calls, Crew, Orders, log
from flows.exits import Exit

# Seconds a process may take for its last snapshot: the brokers may keep it waiting for
# TIDEGATE_KAFKA_DELIVERY_TIMEOUT_S, 120 unless set, and it needs a moment of its own.
STOP_TIMEOUT_S = 130.0
# Failures in a row: with the pauses between them, and a broker that each of them waits 30 s for,
# some 20 minutes.
GIVE_UP_AFTER = 20


async def supervise(
    crews: Sequence[tuple[str, Calls]],
    *,
    chance: Callable[[], float],
    give_up_after: int = GIVE_UP_AFTER,
    stop_timeout_s: float = STOP_TIMEOUT_S,
) -> int:
    """Run crews, each a name and what makes its calls; return the exit code.

    The first SIGTERM or SIGINT stops all of them cleanly, the second kills. A crew that cannot be
    kept running stops the others. 0: all ended well. Otherwise what a process ended with that a
    restart would not help, or 3: given up, or a process had to be killed or ended badly at a stop.
    """
    orders = Orders()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _hear, orders, number)
    # Nothing is written: when we are gone, however that came, the other end says so.
    leash, ours = os.pipe()
    try:
        running = [
            asyncio.create_task(
                _keep(
                    Crew(
                        *(name, calls, Backoff(give_up_after, chance), orders),
                        leash=leash,
                        stop_timeout_s=stop_timeout_s,
                    ),
                    orders,
                )
            )
            for name, calls in crews
        ]
        codes = await asyncio.gather(*running)
        return next((code for code in codes if code), Exit.OK)
    finally:
        os.close(leash)
        os.close(ours)


async def _keep(crew: Crew, orders: Orders) -> int:
    try:
        code = await crew.run()
    except BaseException:
        orders.stop.set()
        raise
    if code:
        orders.stop.set()
    return code


def _hear(orders: Orders, number: signal.Signals) -> None:
    if orders.stop.is_set():
        log.warning("asked again: killing", signal=number.name)
        orders.kill.set()
    else:
        log.info("stopping", signal=number.name)
        orders.stop.set()
