"""What the tests of the command line share."""

from pathlib import Path

import pytest

from tests.flows.command import Command
from tests.flows.rows import POLICY, ROWS


@pytest.fixture
def tidegate(tmp_path: Path) -> Command:
    """Call the command in an empty directory."""
    return Command(tmp_path)


@pytest.fixture
def prepared(tidegate: Command) -> Command:
    tidegate.write("p.yaml", POLICY)
    tidegate.write("in.jsonl", ROWS)
    return tidegate
