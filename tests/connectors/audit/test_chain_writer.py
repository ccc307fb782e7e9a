"""One chain on the disk: appended once, rotated, repaired, and guarded against others."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.audit.chain_check import check_chain
from connectors.audit.chain_files import DAY_MS, list_files
from connectors.audit.chain_writer import ChainWriter
from guardrails.chain import Seal
from guardrails.errors import ConnectorError
from guardrails.repeats import Reading
from tests.audits import NOON_MS, audit, record

SEAL = Seal(b"0123456789abcdef0123456789abcdef")
ROOT = Path(__file__).parents[3]


def readings(first: int, count: int, *, at_ms: int = NOON_MS) -> list[Reading]:
    out = []
    for offset in range(first, first + count):
        event = audit(f"s{offset}", ended_at_ms=at_ms + offset)
        out.append(Reading(record(event, offset), event))
    return out


def opened(directory: Path, *, mark=None, seal=SEAL, name="audit/0", **options) -> ChainWriter:
    return ChainWriter(directory, name, seal, mark=mark, **options)


def write(directory: Path, batch: list[Reading], *, mark=None, **options):
    """Open, append, sync, close; return the last entry."""
    writer = opened(directory, mark=mark, **options)
    try:
        writer.append(batch)
        return writer.sync()
    finally:
        writer.close()


def offsets(directory: Path) -> list[int]:
    """The offsets of the records of a chain that holds."""
    report = check_chain(directory, SEAL)
    assert report.problems == []
    assert report.torn == 0
    lines = [line for file in list_files(directory) for line in file.path.read_text().splitlines()]
    return [json.loads(line)["offset"] for line in lines if '"offset":' in line]


def last_file(directory: Path) -> Path:
    return list_files(directory)[-1].path


def test_a_chain_goes_on_where_it_ended(tmp_path):
    write(tmp_path, readings(0, 3))
    write(tmp_path, readings(3, 4))
    assert offsets(tmp_path) == list(range(7))
    assert len(list_files(tmp_path)) == 1


def test_records_that_come_again_after_a_crash_are_not_appended_again(tmp_path):
    write(tmp_path, readings(0, 5))
    writer = opened(tmp_path)
    assert writer.append(readings(2, 5)) == 2
    writer.close()
    assert offsets(tmp_path) == list(range(7))


def test_a_new_day_of_log_time_begins_a_new_file_named_after_it(tmp_path):
    batch = readings(0, 3) + readings(3, 2, at_ms=NOON_MS + DAY_MS) + readings(5, 1)
    write(tmp_path, batch)
    names = [file.path.name for file in list_files(tmp_path)]
    assert names == ["00000001-2025-06-01.jsonl", "00000002-2025-06-02.jsonl"]
    assert offsets(tmp_path) == list(range(6))


def test_timestamps_that_no_calendar_knows_do_not_make_a_file_each(tmp_path):
    batch = readings(0, 2, at_ms=-5_000) + readings(2, 3, at_ms=2**60)
    write(tmp_path, batch)
    names = [file.path.name for file in list_files(tmp_path)]
    assert names == ["00000001-1970-01-01.jsonl", "00000002-9999-12-31.jsonl"]
    assert offsets(tmp_path) == list(range(5))


def test_a_large_file_is_followed_by_another_one(tmp_path):
    for start in range(0, 40, 4):
        write(tmp_path, readings(start, 4), file_bytes=3_000)
    sizes = [file.path.stat().st_size for file in list_files(tmp_path)]
    assert len(sizes) > 5
    assert max(sizes) < 4_500
    assert offsets(tmp_path) == list(range(40))


def test_a_chain_whose_last_file_holds_no_record_still_knows_the_last_offset(tmp_path):
    write(tmp_path, readings(0, 3))
    writer = opened(tmp_path)
    writer._open_next(20_241)
    writer.close()
    writer = opened(tmp_path)
    assert writer.append(readings(1, 2)) == 0
    writer.close()
    assert offsets(tmp_path) == [0, 1, 2]


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_a_torn_last_line_is_kept_aside_said_and_written_again(tmp_path, caplog, cut):
    write(tmp_path, readings(0, 4))
    file = last_file(tmp_path)
    whole = file.read_bytes()
    os.truncate(file, len(whole) - cut)
    torn = file.read_bytes().rpartition(b"\n")[2]
    write(tmp_path, readings(0, 6))
    assert offsets(tmp_path) == list(range(6))
    aside = file.with_name(f"{file.name}.torn-1")
    assert aside.read_bytes() == torn
    assert f"size={len(torn)} " in caplog.text
    assert "torn by a crash" in caplog.text
    assert aside.name in caplog.text
    (entry,) = [json.loads(line) for line in file.read_text().splitlines() if "set_aside" in line]
    assert (entry["set_aside"], entry["size"]) == (aside.name, len(torn))
    assert check_chain(tmp_path, SEAL).checked.set_aside == 1


@pytest.mark.parametrize("kept", [0, 20])
def test_a_file_whose_first_line_was_torn_is_begun_again(tmp_path, kept):
    write(tmp_path, readings(0, 3))
    write(tmp_path, readings(3, 1, at_ms=NOON_MS + DAY_MS))
    os.truncate(last_file(tmp_path), kept)
    write(tmp_path, readings(0, 3) + readings(3, 2, at_ms=NOON_MS + DAY_MS))
    assert offsets(tmp_path) == list(range(5))
    assert len(list_files(tmp_path)) == 2
    assert check_chain(tmp_path, SEAL).checked.set_aside == (1 if kept else 0)


def test_a_chain_that_was_torn_before_its_first_entry_is_begun_again(tmp_path):
    write(tmp_path, readings(0, 1))
    os.truncate(last_file(tmp_path), 10)
    write(tmp_path, readings(0, 2))
    assert offsets(tmp_path) == [0, 1]
    assert len(list(tmp_path.glob("*.torn-*"))) == 1


def test_what_a_crash_of_the_machine_garbled_behind_the_last_sync_is_written_again(tmp_path):
    mark = write(tmp_path, readings(0, 3))
    write(tmp_path, readings(3, 3), mark=mark)
    content = bytearray(last_file(tmp_path).read_bytes())
    place = content.rindex(b'"offset":4')
    content[place : place + 60] = bytes(60)
    last_file(tmp_path).write_bytes(content)
    with pytest.raises(ConnectorError, match="no entry of a chain"):
        opened(tmp_path)
    write(tmp_path, readings(3, 5), mark=mark)
    assert offsets(tmp_path) == list(range(8))


def test_an_altered_entry_that_had_been_synced_stops_the_writer(tmp_path):
    mark = write(tmp_path, readings(0, 5))
    file = last_file(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"s2"', b'"x2"'))
    for known in (None, mark):
        with pytest.raises(ConnectorError, match=rf"{file.name}:4: entry 3: the line was altered"):
            opened(tmp_path, mark=known)
    assert not list(tmp_path.glob("*.torn-*"))


def test_a_chain_that_was_cut_off_behind_our_back_stops_the_writer(tmp_path):
    mark = write(tmp_path, readings(0, 5))
    file = last_file(tmp_path)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-2]))
    with pytest.raises(ConnectorError, match="cut off: it ends with entry 3"):
        opened(tmp_path, mark=mark)
    file.unlink()
    with pytest.raises(ConnectorError, match="cut off: it is empty"):
        opened(tmp_path, mark=mark)


def test_a_chain_that_was_written_anew_stops_the_writer(tmp_path):
    mark = write(tmp_path / "a", readings(0, 5))
    write(tmp_path / "b", [*readings(0, 4), *readings(9, 3)])
    with pytest.raises(ConnectorError, match="written anew"):
        opened(tmp_path / "b", mark=mark)


def test_the_synced_entry_is_looked_up_in_earlier_files_too(tmp_path):
    mark = write(tmp_path, readings(0, 2))
    write(tmp_path, readings(2, 2, at_ms=NOON_MS + DAY_MS), mark=mark)
    write(tmp_path, readings(4, 2, at_ms=NOON_MS + 2 * DAY_MS), mark=mark)
    assert offsets(tmp_path) == list(range(6))
    list_files(tmp_path)[0].path.unlink()
    with pytest.raises(ConnectorError, match="written anew"):
        opened(tmp_path, mark=mark)


def test_another_key_or_another_topic_stops_the_writer_and_says_what_to_do(tmp_path):
    write(tmp_path, readings(0, 1))
    with pytest.raises(ConnectorError, match=r"with another key.*TIDEGATE_AUDIT_CHAIN_KEY"):
        opened(tmp_path, seal=Seal(b"another key of sixteen bytes"))
    with pytest.raises(ConnectorError, match="with a key"):
        opened(tmp_path, seal=Seal())
    with pytest.raises(ConnectorError, match="chain of audit/0, not of other/0"):
        opened(tmp_path, name="other/0")


def test_a_topic_that_was_made_anew_stops_the_writer(tmp_path):
    write(tmp_path, readings(0, 10))
    writer = opened(tmp_path)
    with pytest.raises(ConnectorError, match="made anew"):
        writer.append(readings(0, 1, at_ms=NOON_MS + DAY_MS))
    writer.close()


def test_only_one_writer_may_open_a_chain(tmp_path):
    writer = opened(tmp_path)
    with pytest.raises(ConnectorError, match="another audit flow writes this chain"):
        opened(tmp_path)
    writer.close()
    opened(tmp_path).close()


APPEND = """
import sys
from pathlib import Path
from tests.connectors.audit.test_chain_writer import opened, readings
writer = opened(Path(sys.argv[1]), file_bytes=20_000)
print("open", flush=True)
offset = max(0, writer.chain.offset - 3)
while True:
    writer.append(readings(offset, 3))
    offset += 3
"""


def test_a_writer_killed_again_and_again_loses_and_repeats_nothing(tmp_path):
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", APPEND, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        before = sum(file.path.stat().st_size for file in list_files(tmp_path))
        while sum(file.path.stat().st_size for file in list_files(tmp_path)) < before + 50_000:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    writer = opened(tmp_path)
    count = writer.chain.offset + 1
    writer.close()
    assert offsets(tmp_path) == list(range(count))


def limit_files() -> None:
    """No file may grow beyond 30,000 bytes: the last write gets in part of its way, as on a full
    disk.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))


def test_a_disk_that_is_full_tears_a_line_which_is_written_again_when_there_is_room(tmp_path):
    program = APPEND.replace("file_bytes=20_000", "file_bytes=10**9")
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        preexec_fn=limit_files,
        check=False,
    )
    assert "File too large" in done.stderr
    assert last_file(tmp_path).stat().st_size == 30_000
    writer = opened(tmp_path)
    assert writer.repairs == 1
    count = writer.chain.offset + 1
    writer.append(readings(count - 2, 7))
    writer.close()
    assert offsets(tmp_path) == list(range(count + 5))
