"""Which processes a supervisor keeps: one, one for each list of partitions, or a cluster."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from connectors.kafka.partitions import format_partitions, parse_partitions
from flows.crew import Call, Calls
from flows.exits import UsageError

_SUPERVISED = (("run",), ("checks",), ("audit", "run"), ("webhooks", "run"))
# All partitions in one process: their source and their sink share memory.
_UNDIVIDED = ("audit run", "webhooks run")


def list_crews(
    command: Sequence[str], *, processes: int = 1, partitions: Sequence[str] = ()
) -> list[tuple[str, Calls]]:
    """Return each crew's name and what makes its calls. Raises UsageError.

    command: as after `tidegate`. processes: of one cluster. partitions: a list for each process.

    >>> crews = list_crews(["run", "--recovery-dir", "r/{partitions}"], partitions=["0-3", "4"])
    >>> [(name, calls()[0].arguments[-1]) for name, calls in crews]
    [('run 0-3', 'r/0-3'), ('run 4', 'r/4')]
    """
    kind = next((one for one in _SUPERVISED if tuple(command[: len(one)]) == one), None)
    if kind is None:
        raise UsageError(
            "supervise: expected run, checks, 'audit run' or 'webhooks run' behind --, got "
            f"{command[0]!r}"
        )
    name = " ".join(kind)
    if partitions:
        if processes > 1:
            raise UsageError(
                "--processes and --partitions: a cluster shares partitions out by itself; give one"
            )
        return [
            (call.name, partial(list, [call]))
            for call in _apart(name, command, _parse_all(partitions))
        ]
    if processes == 1:
        call = Call(name, _filled(command, process=0), {})
        return [(name, partial(list, [call]))]
    if kind != ("run",):
        raise UsageError(f"--processes: only `run` can be a cluster; give {name} --partitions")
    return [(name, partial(_cluster, name, command, processes))]


def _parse_all(partitions: Sequence[str]) -> list[str]:
    """Return the lists in their shortest form. Raises UsageError if they cannot be used."""
    seen: set[int] = set()
    shortest = []
    for text in partitions:
        try:
            numbers = parse_partitions(text)
        except ValueError as error:
            raise UsageError(f"--partitions: {error}") from None
        if twice := seen.intersection(numbers):
            raise UsageError(
                f"--partitions: {format_partitions(twice)} is given to two processes, which would"
                " both judge it; give each partition once"
            )
        seen.update(numbers)
        shortest.append(format_partitions(numbers))
    return shortest


def _apart(name: str, command: Sequence[str], partitions: Sequence[str]) -> list[Call]:
    """Return a call for each list of partitions."""
    if name in _UNDIVIDED:
        raise UsageError(f"--partitions: `{name}` reads all partitions in one process")
    if len(partitions) > 1 and not any("{partitions}" in word for word in command):
        raise UsageError(
            "--partitions: each process needs a recovery directory of its own; write, for example,"
            " --recovery-dir ./recovery/{partitions}"
        )
    return [
        Call(
            f"{name} {numbers}",
            _filled(command, process=index, partitions=numbers),
            {"TIDEGATE_PARTITIONS": numbers},
        )
        for index, numbers in enumerate(partitions)
    ]


def _cluster(name: str, command: Sequence[str], processes: int) -> list[Call]:
    """Return the calls of a cluster on loopback ports that are free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(processes)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        addresses = ",".join(f"127.0.0.1:{one.getsockname()[1]}" for one in sockets)
    return [
        Call(
            f"{name} {index}/{processes}",
            _filled(command, process=index),
            {"TIDEGATE_PROCESS": str(index), "TIDEGATE_ADDRESSES": addresses},
        )
        for index in range(processes)
    ]


def _filled(command: Sequence[str], **values: object) -> list[str]:
    """Return the command with its placeholders replaced."""
    filled = list(command)
    for name, value in values.items():
        filled = [word.replace(f"{{{name}}}", str(value)) for word in filled]
    return filled
