"""Running a flow: recovery store, workers, processes, and a stop that takes a last snapshot."""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from bytewax.dataflow import Dataflow
from bytewax.recovery import (
    InconsistentPartitionsError,
    MissingPartitionsError,
    NoPartitionsError,
)
from bytewax.run import cli_main

from connectors.clock import end_when_set_back
from connectors.recovery import RECOVERY_PARTITIONS, Owner, claim, open_recovery
from connectors.stopping import stop_on_signals
from connectors.writable import why_not_writable
from guardrails.errors import ConnectorError

__all__ = ["DEFAULT_EPOCH_S", "RECOVERY_PARTITIONS", "Member", "open_recovery", "run"]

# Measured at 10k live streams: closing every 10 s costs nearly nothing, every second 60%.
DEFAULT_EPOCH_S = 10.0

# How Bytewax quotes its store, where that cannot write.
_SQLITE_SAID = re.compile(r'SqliteFailure\(.*Some\("([^"]*)"\)')


class Member(NamedTuple):
    """One process of a cluster. addresses: host:port of each, the same list in every process;
    number: which of them is ours.
    """

    number: int
    addresses: tuple[str, ...]


def run(
    flow: Dataflow,
    stop: threading.Event,
    *,
    workers: int = 1,
    recovery_dir: Path | None = None,
    epoch_s: float = DEFAULT_EPOCH_S,
    owner: Owner | None = None,
    writers: int = 1,
    member: Member | None = None,
    beside: AbstractContextManager[object] | None = None,
) -> None:
    """Run a flow until its sources end or a signal stops it. Blocks; call from the main thread.

    workers: threads of this process. epoch_s: seconds between snapshots. owner: what the state in
    `recovery_dir` belongs to. writers: of the flow's sink, to be remembered there. beside: entered
    once that directory is ours, left after the flow. Errors of connectors come out as they were
    raised; ConnectorError also if the directory is not for us, or another process of the cluster
    is gone.
    """
    with ExitStack() as stack:
        stack.enter_context(stop_on_signals(stop))
        stack.enter_context(end_when_set_back())
        recovery = None
        if recovery_dir is not None:
            number = None if member is None else member.number
            owner = owner or Owner(flow.flow_id)
            recovery = stack.enter_context(claim(recovery_dir, owner, number, writers))
        stack.enter_context(beside or nullcontext())
        # What is loaded by now stays. The collector need not look at it again and again, 40 ms each
        # time, while every stream waits.
        gc.collect()
        gc.freeze()
        with _explained(recovery_dir, member):
            cli_main(
                flow,
                workers_per_process=workers,
                process_id=None if member is None else member.number,
                addresses=None if member is None else list(member.addresses),
                epoch_interval=timedelta(seconds=epoch_s),
                recovery_config=recovery,
            )


@contextmanager
def _explained(recovery_dir: Path | None, member: Member | None) -> Iterator[None]:
    """Say what to do about what Bytewax itself raises."""
    try:
        yield
    except (InconsistentPartitionsError, MissingPartitionsError, NoPartitionsError) as error:
        raise ConnectorError(
            f"recovery directory {recovery_dir}: files are missing or do not belong together"
            f" ({error}); restore all of them from one moment, or begin with a new directory"
        ) from error
    except BaseException as error:
        # The store has given up what it held of the disk by now: what it said itself counts, too.
        said = _SQLITE_SAID.search(str(error))
        reason = None if recovery_dir is None else why_not_writable(recovery_dir)
        reason = reason or (said and said[1])
        if reason:
            raise ConnectorError(
                f"recovery directory {recovery_dir}: no snapshot can be written ({reason}); make "
                "room there, then start again: it goes on from the last snapshot"
            ) from error
        # A panic of Bytewax's is no Exception; in a cluster it is how the others' end is seen.
        if member is None or type(error).__name__ != "PanicException":
            raise
        raise ConnectorError(
            "another process of the cluster ended; start all of them again: they go on from the"
            " last snapshot (`tidegate supervise --processes` does it by itself)"
        ) from error
