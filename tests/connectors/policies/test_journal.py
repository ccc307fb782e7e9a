"""The journal of policy files: what was written down is found again, by every process."""

import multiprocessing
from pathlib import Path

import pytest

from connectors.policies.journal import Entry, FileJournal, Journal, MemoryJournal
from guardrails.errors import ConnectorError
from guardrails.plans import REACHABLE_MS


def entry(at_ms: int, name: str = "p") -> Entry:
    return Entry(name, at_ms, f"guardrails: {{}}\n# {at_ms}: \u2028 and \u0085 end no line\n")


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    return FileJournal(tmp_path / "recovery") if request.param == "file" else MemoryJournal()


def test_entries_come_back_in_the_order_they_were_written(journal: Journal) -> None:
    entries = [entry(0), entry(5, "q"), entry(3)]
    with journal.locked():
        assert journal.read() == []
        for one in entries:
            journal.append(one)
        assert journal.read() == entries


def test_entries_no_chunk_can_reach_are_forgotten(journal: Journal) -> None:
    entries = [entry(0), entry(1_000), entry(0, "q")]
    with journal.locked():
        for one in entries:
            journal.append(one)
        journal.append(entry(1_000 + REACHABLE_MS))
        assert journal.read() == [*entries[1:], entry(1_000 + REACHABLE_MS)]


def test_another_process_sees_what_was_written(tmp_path: Path) -> None:
    ours, theirs = FileJournal(tmp_path), FileJournal(tmp_path)
    for number in range(3):
        with ours.locked():
            ours.append(entry(number))
        with theirs.locked():
            assert theirs.read()[-1] == entry(number)
            theirs.append(entry(number, "q"))
    with ours.locked():
        assert len(ours.read()) == 6


def _append_many(directory: Path, name: str) -> None:
    journal = FileJournal(directory)
    for number in range(20):
        with journal.locked():
            journal.append(entry(number, name))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append_many, args=(tmp_path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    journal = FileJournal(tmp_path)
    with journal.locked():
        found = journal.read()
    for name in "abc":
        assert [one.at_ms for one in found if one.name == name] == list(range(20))


def test_a_draft_that_a_crash_left_behind_changes_nothing(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    with journal.locked():
        journal.append(entry(1))
    (tmp_path / "policies.draft").write_bytes(b'{"name": "p", "vers')
    again = FileJournal(tmp_path)
    with again.locked():
        assert again.read() == [entry(1)]
        again.append(entry(2))
        assert again.read() == [entry(1), entry(2)]


def test_a_journal_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "policies.jsonl").write_bytes(b"\x00\x01nonsense")
    journal = FileJournal(tmp_path)
    with pytest.raises(ConnectorError, match=r"policies\.jsonl: is no journal"), journal.locked():
        journal.read()


def test_a_directory_that_cannot_be_written_is_an_error_of_the_edge(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    journal = FileJournal(tmp_path / "file")
    with pytest.raises(ConnectorError, match="its time can be written down"), journal.locked():
        pass
