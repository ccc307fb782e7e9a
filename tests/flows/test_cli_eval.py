"""`tidegate eval`: a table, reports, thresholds, errors with their place."""

import json
import re

from tests.flows.command import ROOT, Command

ROWS = [
    {
        "text": "to ada@example.org or +1 415 555 0132",
        "spans": [
            {"start": 3, "end": 18, "type": "EMAIL_ADDRESS"},
            {"start": 22, "end": 37, "type": "PHONE_NUMBER"},
        ],
    },
    {"text": "Ada lives in <Turin> & |Rome|", "spans": [{"start": 0, "end": 3, "type": "<b>|P"}]},
    {"text": "nothing in here", "label": "negative"},
]
POLICY = "name: mine\nguardrails: {email: {}, phone: {}}\n"


def call(tidegate: Command, *arguments: str) -> tuple[int, str, str]:
    tidegate.write("p.yaml", POLICY)
    tidegate.write("s.jsonl", ROWS)
    result = tidegate("eval", "--policy", "p.yaml", "s.jsonl", *arguments)
    return result.code, result.out, result.err


def test_the_table_has_a_line_for_each_type_and_the_figures_of_all_texts(tidegate: Command) -> None:
    code, out, err = call(tidegate)
    assert (code, err) == (0, "")
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
    assert lines["EMAIL_ADDRESS"] == ["1", "1", "1", "1", "1.000", "1.000", "1.000", "1.000"]
    assert lines["<b>|P"] == ["1", "0", "0", "0", "-", "0.000", "-", "-"]
    assert "false positives per million characters: 0.0 (0 in 15 of clean text)" in out
    assert "leaked characters: 0 of 33" in out


def test_thresholds_decide_about_the_exit_code(tidegate: Command) -> None:
    assert call(tidegate, "--fail-under", "precision=1,text_recall=0.5")[0] == 0
    code, _, err = call(tidegate, "--fail-under", "recall=0.9", "--fail-over", "shown=2")
    assert code == 1
    assert err.splitlines() == [
        "error: recall is 0.6667, expected at least 0.9",
        "error: shown is 3, expected at most 2",
    ]
    assert call(tidegate, "--fail-under", "recal=0.9")[0] == 2


def test_only_the_named_types_count(tidegate: Command) -> None:
    types = ("--types", "EMAIL_ADDRESS, PHONE_NUMBER")
    assert call(tidegate, *types, "--fail-under", "recall=1")[0] == 0


def test_reports_are_written_and_load_and_break_nothing(tidegate: Command) -> None:
    names = ("--html", "r.html", "--markdown", "r.md", "--json", "r.json")
    assert call(tidegate, *names)[0] == 0
    html, markdown, data = ((tidegate.directory / name).read_text() for name in names[1::2])
    assert json.loads(data)["total"]["recall"] == 2 / 3
    assert html.count("<svg") == 2
    assert not re.search(r"<script|<link|src=|@import|url\(|<b>", html)
    assert len({line.count("|") - line.count("\\|") for line in markdown.split("\n")[4:11]}) == 1


def test_a_bad_line_is_named_by_file_and_line(tidegate: Command) -> None:
    tidegate.write("bad.jsonl", '{"text": "x", "label": "negative"}\n{"text": "my secret"}\n')
    result = tidegate("eval", "bad.jsonl")
    assert result.code == 1
    assert result.err.startswith("error: bad.jsonl:2: there is neither 'spans' nor 'label'")
    assert "my secret" not in result.err
    assert tidegate("eval", "missing.jsonl").code == 2


def test_checks_are_left_out_and_said_to_be(tidegate: Command) -> None:
    tidegate.write("s.jsonl", ROWS)
    tidegate.write("p.yaml", "guardrails: {email: {}, toxicity: {}, checks: {mode: block}}\n")
    result = tidegate("eval", "--policy", "p.yaml", "s.jsonl")
    assert (result.code, "toxicity, checks" in result.err) == (0, True)
    assert "EMAIL_ADDRESS" in result.out


def test_groups_are_rules_or_guardrails_and_their_recall_is_not_known(tidegate: Command) -> None:
    for by in ("guardrail", "rule"):
        _, out, _ = call(tidegate, "--by", by, "--html", "r.html")
        assert re.search(r"^email +- +1 +1 +1 +1\.000 +- +- +-$", out, re.MULTILINE)
        html = (tidegate.directory / "r.html").read_text()
        assert f"<h2>Precision by {by}</h2>" in html
        assert "not known" not in html


def test_a_type_that_no_suite_labels_is_said_to_be_none(tidegate: Command) -> None:
    code, _, err = call(tidegate, "--types", "EMAIL_ADDRESS,EMAIL")
    assert (code, err) == (0, "note: no label of the suites has type EMAIL\n")


def test_names_of_suites_and_types_are_text_in_every_report(tidegate: Command) -> None:
    tidegate.write("p.yaml", POLICY.replace("mine", "'<i>mine</i>'"))
    tidegate.write("<u>|s.jsonl", ROWS)
    names = ("--html", "r.html", "--markdown", "r.md")
    assert tidegate("eval", "--policy", "p.yaml", "<u>|s.jsonl", *names).code == 0
    html, markdown = ((tidegate.directory / name).read_text() for name in names[1::2])
    assert not re.search("<[iub]>", html)
    assert "&lt;i&gt;mine&lt;/i&gt;" in html
    assert "&lt;u&gt;|s.jsonl" in html
    assert html.count("&lt;b&gt;|P") == 2  # in the table, and beside its bars
    assert "\\<b>\\|P" in markdown
    assert not re.search(r"(?<!\\)<[iub]>", markdown)


def test_the_example_of_the_documentation_comes_to_what_stands_there(tidegate: Command) -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text("utf-8")
    [(rows, options)] = re.findall(r"<<'END'\n(.*?)END\ntidegate eval (.*?)\n", page, re.DOTALL)
    [shown] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    tidegate.write("labelled.jsonl", rows)
    result = tidegate("eval", *options.split())
    assert (result.code, result.err) == (0, "")
    assert {line for line in shown.splitlines() if line != "..."} <= set(result.out.splitlines())
