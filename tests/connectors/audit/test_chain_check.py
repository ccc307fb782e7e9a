"""Checking chains on the disk: files, places, heads, archives, keys."""

import pytest

from connectors.audit.chain_check import (
    check_chain,
    find_chains,
    missing_chains,
    seal_head,
    total_bytes,
)
from connectors.audit.chain_files import DAY_MS, chain_directory, list_files
from guardrails.chain import Seal, read_head
from guardrails.errors import ConnectorError
from tests.audits import NOON_MS
from tests.connectors.audit.test_chain_writer import SEAL, opened, readings, write


@pytest.fixture
def directory(tmp_path):
    """A chain of three files, four records each."""
    directory = chain_directory(tmp_path, 0)
    for day in range(3):
        write(directory, readings(4 * day, 4, at_ms=NOON_MS + day * DAY_MS))
    return directory


def said(report) -> list[str]:
    return [
        f"{problem.place.file}:{problem.place.line}: {problem.what}" for problem in report.problems
    ]


def test_a_chain_that_holds_is_counted(directory):
    told = []
    report = check_chain(directory, SEAL, advance=told.append)
    checked = report.checked
    assert (report.name, report.problems, report.torn) == ("audit/0", [], 0)
    assert (checked.records, checked.files, checked.next_index) == (12, 3, 15)
    assert sum(told) == total_bytes(directory)


def test_a_problem_is_said_with_file_and_line(directory):
    file = list_files(directory)[1].path
    file.write_bytes(file.read_bytes().replace(b'"s5"', b'"x5"'))
    (what,) = said(check_chain(directory, SEAL))
    assert what == f"{file}:3: entry 7: the line was altered: its hash is that of other bytes"


def test_a_removed_file_is_said_where_it_is_missing(directory):
    files = list_files(directory)
    files[1].path.unlink()
    (what,) = said(check_chain(directory, SEAL))
    assert what == f"{files[2].path}:1: entries 5 to 9 are missing before this line"


def test_a_removed_last_file_is_noticed_by_a_head(directory):
    head = read_head(seal_head(directory, SEAL), SEAL)
    list_files(directory)[2].path.unlink()
    assert check_chain(directory, SEAL).problems == []
    (what,) = said(check_chain(directory, SEAL, [head]))
    assert "cut off: it ends with entry 9, and a head says that there was an entry 14" in what


def test_archived_files_are_not_missed_when_that_is_said(directory):
    list_files(directory)[0].path.unlink()
    (what,) = said(check_chain(directory, SEAL))
    assert "entries 0 to 4 are missing" in what
    assert check_chain(directory, SEAL, whole=False).problems == []


def test_a_single_file_can_be_checked(directory):
    file = list_files(directory)[1].path
    report = check_chain(file, SEAL)
    assert (report.problems, report.checked.records) == ([], 4)
    file.write_bytes(file.read_bytes().replace(b'"s5"', b'"x5"'))
    assert len(check_chain(file, SEAL).problems) == 1


def test_a_line_without_an_end_is_told_and_is_a_problem_only_before_the_last_file(directory):
    files = list_files(directory)
    with files[2].path.open("ab") as file:
        file.write(b'{"index":15,"prev')
    report = check_chain(directory, SEAL)
    assert (report.problems, report.torn) == ([], 17)
    with files[0].path.open("ab") as file:
        file.write(b'{"index":15,"prev')
    assert said(check_chain(directory, SEAL)) == [
        f"{files[0].path}:6: the line is no entry of a chain"
    ]


def test_a_keyed_chain_cannot_be_checked_without_its_key(directory):
    with pytest.raises(ConnectorError, match="set TIDEGATE_AUDIT_CHAIN_KEY"):
        check_chain(directory, Seal())
    (what, *_) = said(check_chain(directory, Seal(b"another key of sixteen bytes")))
    assert what.endswith(":1: the file was hashed with another key")


def test_a_head_goes_on_being_true_while_the_chain_grows(directory):
    heads = [read_head(seal_head(directory, SEAL), SEAL)]
    write(directory, readings(12, 3, at_ms=NOON_MS + 3 * DAY_MS))
    heads.append(read_head(seal_head(directory, SEAL), SEAL))
    assert [head.head for head in heads] == [14, 18]
    assert check_chain(directory, SEAL, heads).problems == []


def test_no_head_is_sealed_of_a_chain_whose_end_does_not_hold(directory):
    file = list_files(directory)[2].path
    file.write_bytes(file.read_bytes().replace(b'"s9"', b'"x9"'))
    with pytest.raises(ConnectorError, match=rf"{file.name}:3: entry 12: the line was altered"):
        seal_head(directory, SEAL)


def test_a_head_of_a_chain_that_is_gone_is_a_problem(directory, tmp_path):
    write(chain_directory(tmp_path, 1), readings(0, 2), name="audit/1")
    heads = [read_head(seal_head(chain, SEAL), SEAL) for chain in find_chains(tmp_path)]
    assert len(heads) == 2
    for path in chain_directory(tmp_path, 1).iterdir():
        path.unlink()
    reports = [check_chain(directory, SEAL, heads)]
    (problem,) = missing_chains(reports, heads, tmp_path)
    assert problem.what == "there is no chain audit/1, and a head says that it had an entry 2"


def test_chains_are_found_below_a_directory_in_one_and_as_a_file(directory, tmp_path):
    write(chain_directory(tmp_path, 11), readings(0, 2), name="audit/11")
    (tmp_path / "notes.txt").write_text("mine")
    assert find_chains(tmp_path) == [directory, chain_directory(tmp_path, 11)]
    assert find_chains(directory) == [directory]
    file = list_files(directory)[0].path
    assert find_chains(file) == [file]


def test_a_chain_can_be_checked_while_it_is_written(directory):
    writer = opened(directory)
    writer.append(readings(12, 5, at_ms=NOON_MS + 2 * DAY_MS))
    assert check_chain(directory, SEAL).checked.records == 17
    writer.close()


def test_an_empty_directory_holds_no_chain(tmp_path):
    assert find_chains(tmp_path) == []
