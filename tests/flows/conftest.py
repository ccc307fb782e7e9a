"""What the tests of the command line share."""

from pathlib import Path

import pytest

from tests.flows.command import Command


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of compiled rules for the whole run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tidegate(tmp_path: Path, compiled: Path) -> Command:
    """Call the command in an empty directory."""
    return Command(tmp_path, compiled)
