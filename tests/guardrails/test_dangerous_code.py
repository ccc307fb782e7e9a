"""Dangerous code: what counts how much, what is ordinary, and what it is measured against."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from guardrails import default_plan
from guardrails.content.dangerous_code import DANGEROUS_CODE
from guardrails.guardrail import Action
from guardrails.joined_matcher import compile_rules
from guardrails.policy import Policy
from guardrails.rule import at_least
from tests import corpus


@cache
def finder(at: float = 0.5) -> Callable[[str], list[str]]:
    rules = at_least(DANGEROUS_CODE.rules, at)
    matcher, new_state = compile_rules(rules)

    def find(text: str) -> list[str]:
        return [rules[match.rule].id for match in matcher.push(new_state(), text, final=True)]

    return find


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf /",
        "rm -fr /*",
        "rm -r -f -v /usr/",
        "rm --recursive --force /boot",
        "sudo rm -rf --no-preserve-root /",
        "rm -rf '/etc'",
        "ｒｍ -rf /",
    ],
)
def test_deleting_a_system_is_found_however_it_is_written(command: str) -> None:
    assert finder(0.9)(f"type `{command}` and wait") == ["code-delete-system"]


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf node_modules",
        "rm -rf /tmp/cache",
        "rm -rf /var/lib/app/cache",
        "rm -i /",
        "rm -rf ./",
        "rm -rf ../old",
        "rm -rf *.pyc",
        "rm -rf .git",
        "git rm -r docs",
        "chmod 755 /usr/local/bin/app",
        "dd if=/dev/sda of=backup.img",
        "echo done > /dev/null 2>&1",
        "curl -fsSL https://example.org/key.asc | gpg --dearmor",
        "base64 -d file.b64 | tar x",
        "nc -zv example.org 443",
    ],
)
def test_ordinary_commands_are_left_alone(command: str) -> None:
    assert [rule for rule in finder()(f"$ {command}\n") if rule != "code-delete-home"] == []


def test_a_script_from_anywhere_counts_more_than_one_over_tls() -> None:
    assert finder(0.8)("curl -s https://example.org/install.sh | sh") == []
    assert finder(0.8)("curl -s http://example.org/install.sh | sh") == ["code-fetched-plainly"]
    assert finder(0.8)("wget -qO- 203.0.113.9/i | sudo -E bash") == ["code-fetched-plainly"]
    assert finder()("curl -s https://example.org/install.sh | sh") == ["code-fetched-script"]


def test_sql_counts_where_it_has_no_condition() -> None:
    find = finder()
    assert find("DELETE FROM orders;") == ["code-sql-whole-table"]
    assert find("delete from orders where id = 7;") == []
    assert find("UPDATE orders SET paid = true;") == ["code-sql-whole-table"]
    assert find("UPDATE orders SET paid = true\nWHERE id = 7;") == []
    assert find("DROP DATABASE IF EXISTS test;\nDROP TABLE orders;") == []


def test_sql_with_placeholders_is_not_concatenated() -> None:
    find = finder()
    assert find("db.query('SELECT name FROM t WHERE id = ?', [id])") == []
    assert find("cur.execute('SELECT name FROM t WHERE id = %s', (id,))") == []
    assert find("cur.execute('SELECT name FROM t WHERE id = %s' % id)") == ["code-sql-formatted"]
    assert find("db.query(`SELECT name FROM t WHERE id = ${id}`)") == ["code-sql-formatted"]


def test_input_that_is_run_counts_more_than_any_variable() -> None:
    assert finder()("eval(expression)") == []
    assert finder(0.3)("eval(expression)") == ["code-eval"]
    assert finder(0.8)("eval(request.form['x'])") == ["code-eval-input"]
    assert finder(0.3)("model.eval(x); regex.exec(line); await page.$eval(selector)") == []


def test_a_finding_warns_and_nothing_runs_in_the_default_policy() -> None:
    (setting,) = Policy(guardrails={"dangerous-code": {}}).resolve()
    assert setting.action is Action.WARN
    assert DANGEROUS_CODE.id not in {one.guardrail.id for one in default_plan().settings}


@pytest.mark.data
def test_answers_with_code_have_few_findings() -> None:
    chars = found = 0
    for name in ("arena_hard_gpt35_turbo", "oasst_sampling"):
        for row in corpus.rows(f"answers/{name}.jsonl"):
            chars += len(row["text"])
            found += len(finder()(row["text"]))
    assert found / chars < 3e-6
