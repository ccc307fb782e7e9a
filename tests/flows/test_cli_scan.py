"""`tidegate scan`: rows in, answers out, the same however they are cut."""

import pytest

from tests.flows.command import Command
from tests.flows.rows import ROWS

CUTS = ["as-given", "whole", "chars:1", "chars:3", "random:1", "random:2"]


def answers(call: Command, *arguments: str) -> list[dict[str, object]]:
    result = call("scan", "--policy", "p.yaml", *arguments, "in.jsonl")
    assert (result.code, result.err) == (0, "")
    return result.rows


def without_hold(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key != "max_held"} for row in rows]


def test_an_answer_has_the_documented_shape(prepared: Command) -> None:
    rows = answers(prepared)
    assert rows[1] == {
        "id": 7,
        "action": "redact",
        "findings": [
            {"type": "EMAIL_ADDRESS", "rule": "email", "start": 9, "end": 24, "action": "redact"}
        ],
        "released": "write to [EMAIL_ADDRESS] now",
        "max_held": rows[1]["max_held"],
    }
    assert isinstance(rows[1]["max_held"], int)
    assert rows[1]["max_held"] >= len("ada@exam")


def test_answers_come_in_the_order_of_the_rows(prepared: Command) -> None:
    for flow in ((), ("--flow",)):
        assert [row["id"] for row in answers(prepared, *flow)] == [row["id"] for row in ROWS]


def test_each_row_gets_its_action_and_what_a_reader_would_see(prepared: Command) -> None:
    found = {row["id"]: (row["action"], row["released"]) for row in answers(prepared)}
    assert found == {
        "plain": ("allow", "Nothing to see here."),
        7: ("redact", "write to [EMAIL_ADDRESS] now"),
        "card": ("warn", "card 4111 1111 1111 1111 ok"),
        "blocked": ("block", "about "),
        "watched": ("warn", "see INC-123456."),
        "empty": ("allow", ""),
        "halves": ("redact", "smile 😀 [EMAIL_ADDRESS]"),
        "lone": ("allow", "lone \ufffd and nul \ufffd."),
        "separators": ("redact", "a\u2028b\u0085c\x0bd [EMAIL_ADDRESS]"),
    }


@pytest.mark.parametrize("how", CUTS)
def test_however_rows_are_cut_the_answers_are_the_same_also_through_the_flow(
    prepared: Command, how: str
) -> None:
    whole = without_hold(answers(prepared))
    assert without_hold(answers(prepared, "--chunks", how)) == whole
    assert without_hold(answers(prepared, "--flow", "--chunks", how)) == whole


def test_a_chunk_longer_than_an_event_passes_the_flow(prepared: Command) -> None:
    text = "日本" * 400_000 + " ada@example.org"
    prepared.write("in.jsonl", [{"id": "long", "text": text}])
    (row,) = answers(prepared, "--flow")
    assert row["action"] == "redact"
    assert row["released"] == "日本" * 400_000 + " [EMAIL_ADDRESS]"


def test_more_rows_than_one_run_of_the_flow_takes_are_all_answered(prepared: Command) -> None:
    prepared.write("in.jsonl", [{"id": n, "text": f"{n} ada@example.org"} for n in range(1_201)])
    rows = answers(prepared, "--flow")
    assert [row["released"] for row in rows] == [f"{n} [EMAIL_ADDRESS]" for n in range(1_201)]


def test_standard_input_and_output_and_files_give_the_same(prepared: Command) -> None:
    piped = prepared(
        *("scan", "--policy", "p.yaml", "-"),
        stdin=(prepared.directory / "in.jsonl").read_bytes(),
    )
    written = prepared("scan", "--policy", "p.yaml", "--output", "out.jsonl", "in.jsonl")
    assert (piped.code, written.code, written.out) == (0, 0, "")
    assert (prepared.directory / "out.jsonl").read_text() == piped.out
    assert len(piped.rows) == len(ROWS)


def test_the_first_bad_row_ends_the_scan_and_what_came_before_is_answered(
    prepared: Command,
) -> None:
    prepared.write("in.jsonl", b'{"id":1,"text":"x"}\nnope\n{"id":3,"text":"y"}\n')
    result = prepared("scan", "--policy", "p.yaml", "in.jsonl")
    assert result.code == 1
    assert [row["id"] for row in result.rows] == [1]
    assert result.err.startswith("error: in.jsonl:2: not JSON")
    assert "--keep-going" in result.err


@pytest.mark.parametrize("flow", [(), ("--flow",)], ids=["engine", "flow"])
def test_keep_going_lists_every_bad_row_answers_all_others_and_exits_with_1(
    prepared: Command, flow: tuple[str, ...]
) -> None:
    bad = [b"nope", b'{"id":2}', b'{"id":"q","text":5}', b"\xff", b"[]"]
    lines = [b'{"id":1,"text":"x"}', *bad, b'{"id":3,"text":"y"}']
    prepared.write("in.jsonl", b"\n".join(lines))
    result = prepared("scan", "--policy", "p.yaml", "--keep-going", *flow, "in.jsonl")
    assert result.code == 1
    assert [row["id"] for row in result.rows] == [1, 3]
    places = [line.split(": ")[1] for line in result.err.splitlines()[:-1]]
    assert places == [f"in.jsonl:{number}" for number in range(2, 7)]
    assert result.err.splitlines()[-1] == "5 bad rows were left out; exit code 1"


def test_an_empty_file_has_no_answers(prepared: Command) -> None:
    prepared.write("in.jsonl", b"")
    for flow in ((), ("--flow",)):
        assert answers(prepared, *flow) == []


@pytest.mark.parametrize(
    ("level", "codes"), [("warn", [0, 1, 1, 1]), ("redact", [0, 0, 1, 1]), ("block", [0, 0, 0, 1])]
)
def test_fail_on_exits_with_1_when_a_row_is_as_severe(
    prepared: Command, level: str, codes: list[int]
) -> None:
    texts = ["nothing", "card 4111 1111 1111 1111", "ada@example.org", "bluebird"]
    found = []
    for text in texts:
        prepared.write("in.jsonl", [{"id": 1, "text": text}])
        result = prepared("scan", "--policy", "p.yaml", "--fail-on", level, "in.jsonl")
        assert len(result.rows) == 1
        found.append(result.code)
    assert found == codes
