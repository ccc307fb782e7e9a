"""`tidegate audit`: chains checked, heads sealed, and what is said when something is wrong."""

import pytest

from connectors.audit.chain_files import DAY_MS, chain_directory, list_files
from guardrails.chain import Seal
from tests.audits import NOON_MS
from tests.connectors.audit.test_chain_writer import readings, write
from tests.flows.command import Command
from tests.flows.test_cli_run import NOWHERE

KEY = "0123456789abcdef0123456789abcdef"
KEYED = {"TIDEGATE_AUDIT_CHAIN_KEY": KEY}


@pytest.fixture
def chained(tidegate: Command) -> Command:
    """Two chains below `chains`, the first one of two files."""
    root = tidegate.directory / "chains"
    for number in range(2):
        options = {"seal": Seal(KEY.encode()), "name": f"tidegate.audit/{number}"}
        write(chain_directory(root, number), readings(0, 5), **options)
    batch = readings(5, 3, at_ms=NOON_MS + DAY_MS)
    write(chain_directory(root, 0), batch, seal=Seal(KEY.encode()), name="tidegate.audit/0")
    return tidegate


def file_of(chained: Command, chain: int, number: int):
    directory = chain_directory(chained.directory / "chains", chain)
    return list_files(directory)[number - 1].path


def test_chains_that_hold_are_counted(chained: Command) -> None:
    result = chained("audit", "verify", "chains", **KEYED)
    assert (result.code, result.err) == (0, "")
    first, second = result.out.splitlines()
    assert first.startswith("ok       tidegate.audit/0: 8 records in 2 files, up to entry 9 (")
    assert second.startswith("ok       tidegate.audit/1: 5 records in 1 files, up to entry 5 (")


def test_a_problem_is_said_with_file_and_line_and_exits_with_1(chained: Command) -> None:
    file = file_of(chained, 0, 1)
    file.write_bytes(file.read_bytes().replace(b'"s2"', b'"x2"'))
    result = chained("audit", "verify", "chains", **KEYED)
    assert result.code == 1
    first, second = result.out.splitlines()
    where = file.relative_to(chained.directory)
    assert first.startswith(f"PROBLEM  {where}:4: entry 3: the line was altered")
    assert second.startswith("ok       tidegate.audit/1")


def test_the_directory_and_the_key_may_come_from_the_environment(chained: Command) -> None:
    chained.write("key", KEY + "\n")
    result = chained(
        "audit", "verify", TIDEGATE_AUDIT_CHAIN_DIR="chains", TIDEGATE_AUDIT_CHAIN_KEY_FILE="key"
    )
    assert result.code == 0


def test_heads_kept_elsewhere_show_that_a_chain_was_cut_off(chained: Command) -> None:
    heads = chained("audit", "head", "chains", **KEYED)
    assert (heads.code, heads.err) == (0, "")
    assert [row["head"] for row in heads.rows] == [9, 5]
    chained.write("heads.jsonl", heads.out)
    call = ("audit", "verify", "chains", "--head", "heads.jsonl")
    assert chained(*call, **KEYED).code == 0
    file_of(chained, 0, 2).unlink()
    assert chained("audit", "verify", "chains", **KEYED).code == 0
    result = chained(*call, **KEYED)
    assert result.code == 1
    assert "the chain was cut off: it ends with entry 5, and a head says" in result.out
    again = chained(*call[:-1], "-", stdin=heads.out.encode(), **KEYED)
    assert (again.code, again.out) == (1, result.out)


def test_heads_show_that_a_whole_chain_is_gone(chained: Command) -> None:
    chained.write("heads.jsonl", chained("audit", "head", "chains", **KEYED).out)
    for chain in (0, 1):
        for file in list_files(chain_directory(chained.directory / "chains", chain)):
            file.path.unlink()
    result = chained("audit", "verify", "chains", "--head", "heads.jsonl", **KEYED)
    assert result.code == 1
    assert "there is no chain tidegate.audit/1, and a head says" in result.out


def test_one_chain_may_be_checked_with_the_heads_of_all(chained: Command) -> None:
    chained.write("heads.jsonl", chained("audit", "head", "chains", **KEYED).out)
    for path in ("chains/partition-0001", file_of(chained, 0, 2)):
        result = chained("audit", "verify", str(path), "--head", "heads.jsonl", **KEYED)
        assert (result.code, result.out.count("ok ")) == (0, 1)


def test_a_file_that_was_moved_away_is_missed_unless_that_is_said(chained: Command) -> None:
    file_of(chained, 0, 1).unlink()
    result = chained("audit", "verify", "chains", **KEYED)
    assert result.code == 1
    assert ":1: entries 0 to 5 are missing before this line" in result.out
    assert chained("audit", "verify", "--archived", "chains", **KEYED).code == 0


def test_an_altered_head_is_named_with_its_line(chained: Command) -> None:
    heads = chained("audit", "head", "chains", **KEYED).out.replace('"head":5', '"head":4')
    chained.write("heads.jsonl", heads)
    result = chained("audit", "verify", "chains", "--head", "heads.jsonl", **KEYED)
    assert result.code == 1
    assert "heads.jsonl:2: the head of tidegate.audit/1 was altered" in result.err


def test_without_the_key_the_exit_code_is_3_and_the_message_says_what_to_set(
    chained: Command,
) -> None:
    for command in ("verify", "head"):
        result = chained("audit", command, "chains")
        assert result.code == 3
        assert "TIDEGATE_AUDIT_CHAIN_KEY" in result.err


def test_what_crashes_left_is_told_and_no_problem(chained: Command) -> None:
    with file_of(chained, 1, 1).open("ab") as file:
        file.write(b'{"index":6,')
    result = chained("audit", "verify", "chains", **KEYED)
    assert result.code == 0
    assert "11 bytes of a last line without an end" in result.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "verify", "missing"),
        ("audit", "verify", "."),
        ("audit", "verify"),
        ("audit", "verify", "chains", "--head", "missing"),
        ("audit", "head", "."),
        ("audit", "run", "--workers", "0"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_exits_with_2(chained: Command, arguments: tuple[str, ...]) -> None:
    result = chained(*arguments, **KEYED)
    assert result.code == 2
    assert "rror: " in result.err
    assert "Traceback" not in result.err


def test_a_webhook_without_a_recovery_directory_is_refused(tidegate: Command) -> None:
    result = tidegate("audit", "run", TIDEGATE_AUDIT_WEBHOOK_URL="http://127.0.0.1:9/")
    assert result.code == 2
    assert "add --recovery-dir" in result.err


def test_without_a_broker_a_run_exits_with_3(tidegate: Command) -> None:
    result = tidegate("audit", "run", **NOWHERE)
    assert result.code == 3
    assert "no Kafka broker answered at 127.0.0.1:9" in result.err


def test_a_wrong_setting_exits_with_3_and_names_its_variable(tidegate: Command) -> None:
    result = tidegate("audit", "run", TIDEGATE_AUDIT_WEBHOKO_URL="x")
    assert result.code == 3
    assert "did you mean TIDEGATE_AUDIT_WEBHOOK_URL" in result.err


def test_progress_in_a_pipe_is_plain_text(chained: Command) -> None:
    result = chained("audit", "verify", "--progress", "chains", **KEYED)
    assert result.code == 0
    assert "\x1b" not in result.out + result.err
