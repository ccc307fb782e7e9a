"""A progress bar on standard error, for work that takes its time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, TypeVar

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from flows.terminal import console

_Item = TypeVar("_Item")
# Asking a file for its position at each row would cost more than scanning short ones.
_EVERY_ROWS = 64


def show_reading(stack: ExitStack, rows: Iterable[_Item], source: BinaryIO) -> Iterator[_Item]:
    """Yield the rows while a bar shows how much of the source has been read."""
    size = os.fstat(source.fileno()).st_size if source.seekable() else 0
    columns = (
        (TextColumn("scanning"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        if size
        else (TextColumn("scanning"), MofNCompleteColumn(), TextColumn("rows"))
    )
    progress = stack.enter_context(
        Progress(*columns, console=console("err"), transient=console("err").is_terminal)
    )
    return _advance(progress, rows, source, size)


def show_bytes(stack: ExitStack, label: str, total: int) -> Callable[[int], None]:
    """Show how much of `total` bytes is done; call what is returned with how many more were."""
    progress = stack.enter_context(
        Progress(
            *(TextColumn(label), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()),
            console=console("err"),
            transient=console("err").is_terminal,
        )
    )
    task = progress.add_task(label, total=total)

    def advance(count: int) -> None:
        progress.advance(task, count)

    return advance


def _advance(
    progress: Progress, rows: Iterable[_Item], source: BinaryIO, size: int
) -> Iterator[_Item]:
    task = progress.add_task("scanning", total=size or None)
    number = 0
    for number, row in enumerate(rows, 1):
        if number % _EVERY_ROWS == 0:
            progress.update(task, completed=source.tell() if size else number)
        yield row
    progress.update(task, completed=size or number, total=size or number)
