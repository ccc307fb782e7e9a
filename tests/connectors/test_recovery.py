"""Recovery directories: whose state they hold, and one user at a time, with real processes."""

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.recovery import RECOVERY_PARTITIONS, Owner, claim, most_writers, open_recovery
from guardrails.errors import ConnectorError

ALL = Owner("guard", "topics a.*", (0, 1, 2, 3), 4)
FIRST = Owner("guard", "topics a.*", (0, 1), 4)
# Claims, says so, and starts something that outlives it.
HOLDER = """
import subprocess, sys
from pathlib import Path
from connectors.recovery import Owner, claim
member = int(sys.argv[2]) if len(sys.argv) > 2 else None
with claim(Path(sys.argv[1]), Owner("guard"), member):
    child = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
    print(child.pid, flush=True)
    sys.stdin.read()
child.kill()
"""


@pytest.fixture
def hold(tmp_path: Path):
    """`hold(member)` claims the directory in a process of its own."""
    with ExitStack() as stack:

        def hold(*member: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", HOLDER, str(tmp_path), *member]
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe))
            stack.callback(process.kill)
            assert process.stdout is not None
            child = int(process.stdout.readline())
            stack.callback(end, child)
            return process

        yield hold


def end(pid: int) -> None:
    subprocess.run(["kill", "-9", str(pid)], capture_output=True, check=False)


def stores(directory: Path) -> list[Path]:
    return sorted(directory.glob("part-*.sqlite3"))


def test_a_directory_is_made_at_the_first_claim_and_found_at_the_next(tmp_path: Path) -> None:
    with claim(tmp_path / "new", ALL):
        made = {path: path.stat().st_ino for path in stores(tmp_path / "new")}
        assert len(made) == RECOVERY_PARTITIONS
    with claim(tmp_path / "new", ALL):
        assert {path: path.stat().st_ino for path in stores(tmp_path / "new")} == made


def test_a_directory_in_use_names_its_process_and_is_free_when_that_is_killed(
    tmp_path: Path, hold
) -> None:
    process = hold()
    said = rf"is in use by process {process.pid} on .*; stop that one, or .* --recovery-dir"
    with pytest.raises(ConnectorError, match=said), claim(tmp_path, Owner("guard")):
        pass
    process.send_signal(signal.SIGKILL)
    # What it had started still runs, and holds nothing.
    with claim(tmp_path, Owner("guard")):
        pass


def test_processes_of_a_cluster_share_a_directory_and_nobody_else_does(
    tmp_path: Path, hold
) -> None:
    hold("0")
    with claim(tmp_path, Owner("guard"), member=1):
        pass
    for member in (0, None):
        with pytest.raises(ConnectorError, match="in use"), claim(tmp_path, Owner("guard"), member):
            pass


def test_a_cluster_does_not_join_a_process_that_works_alone(tmp_path: Path, hold) -> None:
    hold()
    with pytest.raises(ConnectorError, match="in use"), claim(tmp_path, Owner("guard"), member=0):
        pass


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (FIRST, "partitions 0-3, and this run reads 0-1; run it with --partitions 0-3, split it"),
        (Owner("audit", "topics a.*", (0, 1, 2, 3), 4), "the flow guard, and this is audit"),
        (Owner("guard", "topics b.*", (0, 1, 2, 3), 4), "a.*, and this run reads topics b.*"),
        (
            Owner("guard", "lines"),
            "topics a.*, and this run reads lines; give this run a directory",
        ),
        (Owner("guard", "topics a.*", (0, 1), 2), "topics with 4 partitions, and they have 2 now"),
    ],
)
def test_the_state_of_something_else_is_refused_and_left_alone(
    tmp_path: Path, other: Owner, said: str
) -> None:
    with claim(tmp_path, ALL):
        pass
    with pytest.raises(ConnectorError) as caught, claim(tmp_path, other):
        pass
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    with claim(tmp_path, ALL):
        pass


def test_a_store_from_before_owners_belongs_to_all_partitions(tmp_path: Path) -> None:
    open_recovery(tmp_path)
    with pytest.raises(ConnectorError, match="partitions 0-3, and this"), claim(tmp_path, FIRST):
        pass
    with claim(tmp_path, ALL):
        pass


def test_a_store_whose_making_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    with claim(tmp_path, ALL):
        pass
    record = tmp_path / "owner.json"
    record.write_text(record.read_text().replace('"complete":true', '"complete":false'))
    stores(tmp_path)[-1].unlink()
    with claim(tmp_path, FIRST):
        assert len(stores(tmp_path)) == RECOVERY_PARTITIONS


def test_a_store_that_was_complete_is_never_made_anew(tmp_path: Path) -> None:
    with claim(tmp_path, ALL):
        pass
    for path in stores(tmp_path):
        path.unlink()
    with claim(tmp_path, ALL):
        assert stores(tmp_path) == []


def test_the_number_of_writers_grows_and_never_shrinks(tmp_path: Path) -> None:
    assert most_writers(None, 2) == 2
    for wanted, needed in ((2, 2), (3, 3), (1, 3), (4, 4)):
        writers = most_writers(tmp_path, wanted)
        assert writers == needed
        with claim(tmp_path, ALL, writers=writers):
            pass


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "owner.json").write_text("{")
    with (
        pytest.raises(ConnectorError, match=r"owner\.json: expected .*; restore"),
        claim(tmp_path, ALL),
    ):
        pass
