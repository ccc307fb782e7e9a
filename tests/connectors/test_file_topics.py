"""In-process topics in files: what was appended is there for the next process."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from connectors import file_topics
from connectors.file_topics import FileTopics
from guardrails.errors import ConnectorError


def values(topics: FileTopics, partition: int = 0) -> list[bytes]:
    log = topics.log("results", partition)
    return [record.value for record in topics.read("results", partition, log.begin, 10_000)]


def filled(directory: Path, count: int) -> list[Path]:
    topics = FileTopics(directory, now_ms=lambda: 7)
    for number in range(count):
        topics.append("results", b"k", b"%d" % number)
    return sorted((directory / "results-0000").iterdir())


def test_another_process_reads_what_was_appended_and_goes_on_behind_it(tmp_path: Path) -> None:
    first = FileTopics(tmp_path, partitions=3, now_ms=lambda: 7)
    for number in range(30):
        first.append("results", b"key", b"%d" % number, number % 3)
    second = FileTopics(tmp_path, partitions=3, now_ms=lambda: 9)
    for partition in range(3):
        assert values(second, partition) == [b"%d" % n for n in range(partition, 30, 3)]
    record = second.append("results", b"key", b"more", 1)
    assert (record.offset, record.timestamp_ms) == (10, 9)
    (old, *_, new) = FileTopics(tmp_path, partitions=3).read("results", 1, 0, 100)
    assert (old.offset, old.timestamp_ms, old.key) == (0, 7, b"key")
    assert new == record


@pytest.mark.parametrize("seed", range(20))
def test_a_torn_end_is_cut_off_and_the_next_record_stands_whole(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    (file,) = filled(tmp_path, 5)
    whole = file.read_bytes()
    cut = Random(seed).randrange(1, len(whole) // 5)
    file.write_bytes(whole[:-cut])
    topics = FileTopics(tmp_path)
    assert values(topics) == [b"0", b"1", b"2", b"3"]
    assert "torn by a crash" in caplog.text
    topics.append("results", b"k", b"new")
    assert values(FileTopics(tmp_path)) == [b"0", b"1", b"2", b"3", b"new"]


def test_files_that_were_left_behind_go_and_offsets_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_topics, "MAX_FILE_BYTES", 100)
    files = filled(tmp_path, 50)
    assert len(files) > 5
    topics = FileTopics(tmp_path)
    topics.drop_before("results", 0, 30)
    left = sorted((tmp_path / "results-0000").iterdir())
    assert 0 < len(left) < len(files)
    again = FileTopics(tmp_path)
    assert again.append("results", b"k", b"50").offset == 50
    (record,) = again.read("results", 0, 30, 1)
    assert (record.offset, record.value) == (30, b"30")


def test_a_log_does_not_grow_with_what_was_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_topics, "MAX_FILE_BYTES", 1_000)
    topics = FileTopics(tmp_path)
    for number in range(2_000):
        topics.append("results", b"k", b"%d" % number)
        topics.drop_before("results", 0, number - 10)
    size = sum(file.stat().st_size for file in (tmp_path / "results-0000").iterdir())
    assert size < 3_000
    assert len(topics.log("results", 0).records) <= 12


def test_zeros_that_a_power_cut_left_behind_are_cut_off(tmp_path: Path) -> None:
    (file,) = filled(tmp_path, 3)
    content = file.read_bytes()
    file.write_bytes(content + bytes(4096))
    assert len(values(FileTopics(tmp_path))) == 3
    assert file.read_bytes() == content


def test_what_was_appended_is_stored_when_its_writer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: stored.append(os.fstat(handle).st_ino))
    topics = FileTopics(tmp_path)
    topics.append("results", b"k", b"v")
    assert not stored
    topics.sync()
    folder = tmp_path / "results-0000"
    assert stored == [path.stat().st_ino for path in (next(folder.iterdir()), folder)]
    topics.sync()
    assert len(stored) == 2


def test_damage_in_the_middle_is_told_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_topics, "MAX_FILE_BYTES", 100)
    files = filled(tmp_path, 50)
    content = files[1].read_bytes()
    files[1].write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])
    with pytest.raises(
        ConnectorError, match=r"damaged, byte .* begins no record; restore the file"
    ):
        values(FileTopics(tmp_path))
    files[1].unlink()
    with pytest.raises(ConnectorError, match=r"expected records from \d+ on, it begins at \d+"):
        values(FileTopics(tmp_path))


def test_a_record_that_cannot_be_written_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "results-0000").write_text("in the way")
    with pytest.raises(ConnectorError, match=r"results-0000.*cannot be written"):
        FileTopics(tmp_path).append("results", b"k", b"v")


def test_offsets_of_the_files_are_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_topics, "MAX_FILE_BYTES", 100)
    begins = [int(file.stem) for file in filled(tmp_path, 50)]
    assert begins[0] == 0
    assert all(one < other for one, other in pairwise(begins))
