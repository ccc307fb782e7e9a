"""`tidegate policy`: check one, look at one."""

import json
import re

from guardrails import parse_policy
from guardrails.catalogue import CATALOGUE
from tests.flows.command import Command


def test_check_sums_a_good_policy_up_in_one_line(tidegate: Command) -> None:
    result = tidegate("policy", "check", "default")
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(
        r"default: ok: policy 'default', version [0-9a-f]{16}, \d+ guardrails, \d+ rules, "
        r"holds at most [\d,]+ code points\n",
        result.out,
    )


def test_check_lists_every_problem_with_its_place_and_exits_with_1(tidegate: Command) -> None:
    tidegate.write("mine.yaml", "nmae: x\nguardrails:\n  emial: {}\n")
    result = tidegate("policy", "check", "mine.yaml")
    assert (result.code, result.out) == (1, "")
    first, second = result.err.splitlines()
    assert first.startswith("error: mine.yaml:1:1: 'nmae' is no known key")
    assert second.startswith("mine.yaml:3:3: 'emial' is no guardrail")
    assert second.endswith("did you mean 'email'?")


def test_check_refuses_an_explosive_pattern(tidegate: Command) -> None:
    tidegate.write(
        "mine.yaml",
        "guardrails:\n  patterns:\n    rules: [{id: a, type: A, expression: '(a+)+b'}]\n",
    )
    result = tidegate("policy", "check", "mine.yaml")
    assert result.code == 1
    assert (
        "mine.yaml:3:42: 'patterns.rules[0].expression': the expression can explode" in result.err
    )


def test_check_says_when_nothing_would_run(tidegate: Command) -> None:
    tidegate.write("mine.yaml", "guardrails: {}\n")
    result = tidegate("policy", "check", "mine.yaml")
    assert result.code == 0
    assert "no guardrail runs" in result.err


def test_check_names_the_byte_that_is_not_utf8(tidegate: Command) -> None:
    tidegate.write("mine.yaml", b"guardrails: {}\nname: caf\xe9\n")
    result = tidegate("policy", "check", "mine.yaml")
    assert result.code == 1
    assert "mine.yaml:2:10: byte 0xE9 is not UTF-8" in result.err


def test_check_refuses_ten_megabytes_and_binary_files(tidegate: Command) -> None:
    tidegate.write("big.yaml", b"#" * 10_000_000)
    tidegate.write("binary.yaml", bytes(range(256)))
    assert "characters; expected at most" in tidegate("policy", "check", "big.yaml").err
    assert "not UTF-8" in tidegate("policy", "check", "binary.yaml").err


def test_a_misspelt_name_is_suggested(tidegate: Command) -> None:
    result = tidegate("policy", "check", "defualt")
    assert result.code == 2
    assert result.err.endswith("did you mean 'default'?\n")


def test_show_prints_one_line_per_guardrail_that_runs(tidegate: Command) -> None:
    tidegate.write(
        "mine.yaml", "name: mine\nguardrails: {email: {action: block}, length: {max_chars: 9}}\n"
    )
    lines = tidegate("policy", "show", "mine.yaml").out.splitlines()
    assert lines[0].startswith("policy 'mine', version ")
    assert [line.split()[:5] for line in lines[-2:]] == [
        ["email", "pii", "instant", "block", "block"],
        ["length", "content", "fast", "block", "block"],
    ]
    assert lines[-1].endswith("at most 9 code points")


def test_show_says_when_a_check_is_asked_and_how_long_it_may_take(tidegate: Command) -> None:
    tidegate.write(
        "mine.yaml",
        "guardrails:\n"
        "  toxicity: {}\n"
        "  judge/tone: {url: 'http://localhost/v1', model: m, checkpoint: paragraph, type: TONE}\n",
    )
    lines = tidegate("policy", "show", "mine.yaml").out.splitlines()[-2:]
    assert [" ".join(line.split()) for line in lines] == [
        "toxicity checks moderate block redact sentence - TOXICITY, within 10 s",
        "judge/tone checks slow monitor block paragraph - TONE, within 60 s",
    ]
    shown = json.loads(tidegate("policy", "show", "--json", "mine.yaml").out)
    assert [(item["checkpoint"], item["deadline_s"]) for item in shown["guardrails"]] == [
        ("sentence", 10),
        ("paragraph", 60),
    ]


def test_show_json_is_for_programs(tidegate: Command) -> None:
    shown = json.loads(tidegate("policy", "show", "--json").out)
    email = next(item for item in shown["guardrails"] if item["id"] == "email")
    assert (email["family"], email["rules"], email["types"]) == (
        "pii",
        ["email"],
        ["EMAIL_ADDRESS"],
    )
    assert email["widest_match"] > 64
    assert shown["limits"]["idle_timeout_s"] == 300


def test_show_source_begins_a_policy_that_is_the_same(tidegate: Command) -> None:
    text = tidegate("policy", "show", "--source").out
    version = json.loads(tidegate("policy", "show", "--json").out)["version"]
    assert parse_policy(text, "mine.yaml").version == version


def test_show_all_names_what_does_not_run(tidegate: Command) -> None:
    tidegate.write("mine.yaml", "guardrails: {email: {}}\n")
    out = tidegate("policy", "show", "--all", "mine.yaml").out
    assert len(re.findall("^does not run: ", out, re.MULTILINE)) == len(CATALOGUE) - 1
