"""The flow's audit records into hash chains, one for each partition of the topic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from connectors.audit.chain_end import Mark
from connectors.audit.chain_files import chain_directory
from connectors.audit.chain_writer import DEFAULT_FILE_BYTES, ChainWriter
from connectors.audit.metrics import CHAINED, REPAIRED
from connectors.living import Living
from connectors.logs import logger
from guardrails.chain import Seal
from guardrails.repeats import Reading

log = logger(__name__)

# Directory, index and hash of the last entry that was synced.
Saved = tuple[str, int, str]


class ChainSink(FixedPartitionedSink[Reading, Saved | None]):
    """Takes `(partition, Reading)` pairs, in order per partition, and appends them.

    Delivery: exactly once per record of the log, because a chain knows the offset of its last
    record. What is appended survives a kill at once; the disk has it when the epoch closes, before
    the flow counts it as read. Its snapshot is the last entry: a chain that lacks it at the next
    start was cut off, and the flow refuses to go on.
    """

    def __init__(
        self,
        root: Path,
        topic: str,
        seal: Seal,
        partitions: Callable[[], int],
        *,
        file_bytes: int = DEFAULT_FILE_BYTES,
    ) -> None:
        """Nothing is opened before the flow runs. topic: full name of the audit topic.
        partitions: how many it has, asked when the flow starts.
        """
        self._root = root
        self._topic = topic
        self._seal = seal
        self._partitions = partitions
        self._file_bytes = file_bytes
        self._built: Living[ChainSinkPartition] = Living()

    def list_parts(self) -> list[str]:
        """Return one name per partition of the topic."""
        # Zero-padded: Bytewax sorts the names, and `part_fn` counts on their order.
        return [f"{number:06d}" for number in range(self._partitions())]

    def part_fn(self, item_key: str) -> int:
        """Return the partition, which is the key."""
        return int(item_key)

    def build_part(
        self,
        step_id: str,  # noqa: ARG002 - Bytewax's signature
        for_part: str,
        resume_state: Saved | None,
    ) -> ChainSinkPartition:
        """Open a chain where it ends. Raises ConnectorError when it is not what we left."""
        directory = chain_directory(self._root, int(for_part)).resolve()
        writer = ChainWriter(
            directory,
            f"{self._topic}/{int(for_part)}",
            self._seal,
            file_bytes=self._file_bytes,
            mark=_mark(directory, resume_state),
        )
        REPAIRED.inc(writer.repairs)
        built = ChainSinkPartition(directory, writer)
        self._built.add(built)
        return built

    def close(self) -> None:
        """Close what an aborted flow left open, for a process that lives on without it."""
        for built in self._built:
            built.close()


def _mark(directory: Path, saved: Saved | None) -> Mark | None:
    if saved is None:
        return None
    if saved[0] != str(directory):
        log.warning("a chain goes on in a new directory", chain=saved[0], directory=directory)
        return None
    return Mark(*saved[1:])


class ChainSinkPartition(StatefulSinkPartition[Reading, Saved | None]):
    """The chain of one partition. Built by `ChainSink`."""

    def __init__(self, directory: Path, writer: ChainWriter) -> None:
        """writer: owned, and closed with the partition."""
        self._directory = str(directory)
        self._writer = writer

    def write_batch(self, values: list[Reading]) -> None:
        """Append. Raises OSError when the disk refuses; the next start goes on from there."""
        CHAINED.inc(self._writer.append(values))

    def snapshot(self) -> Saved | None:
        """Bring everything to the disk: only then may the epoch close."""
        mark = self._writer.sync()
        return None if mark is None else (self._directory, *mark)

    def close(self) -> None:
        """Let go of the files."""
        self._writer.close()
