"""What the tests of the command line share."""

from pathlib import Path

import pytest

from tests.flows.command import Command
from tests.flows.rows import POLICY, ROWS


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of compiled rules for the whole run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tidegate(tmp_path: Path, compiled: Path) -> Command:
    """Call the command in an empty directory."""
    return Command(tmp_path, compiled)


@pytest.fixture
def prepared(tidegate: Command) -> Command:
    tidegate.write("p.yaml", POLICY)
    tidegate.write("in.jsonl", ROWS)
    return tidegate
