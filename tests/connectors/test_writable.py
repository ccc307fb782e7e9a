"""Directories that cannot be written to."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.writable import why_not_writable


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow, as on a full disk; not even the report of the tests."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_directory_with_room_is_writable_and_stays_clean(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_fits_the_system_says_why(tmp_path: Path) -> None:
    with no_room():
        why = why_not_writable(tmp_path)
    assert why == "File too large"
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_gone_is_not_writable(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path / "gone") == "No such file or directory"
