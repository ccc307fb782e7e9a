"""What the reference pages must not miss: every key, option and exit code that there is."""

import re
from pathlib import Path

import pytest

from connectors.checks.settings import ChecksSettings
from flows.commands import doctor, run, scan, tail
from flows.exits import Exit
from guardrails import parse_policy
from guardrails.catalogue import CATALOGUE
from guardrails.check import CheckOptions
from guardrails.checks.endpoint import EndpointOptions
from guardrails.content.patterns import Pattern
from guardrails.guardrail import Guardrail
from guardrails.policy import Limits, Policy

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def policy_page() -> str:
    return (DOCS / "policy.md").read_text("utf-8")


@pytest.fixture(scope="module")
def checks_page() -> str:
    return (DOCS / "checks.md").read_text("utf-8")


@pytest.fixture(scope="module")
def cli_page() -> str:
    return (DOCS / "cli.md").read_text("utf-8")


def row(page: str, name: str) -> str:
    """The table row of a key."""
    found = re.search(rf"^\| `{re.escape(name)}` \|.*$", page, re.MULTILINE)
    assert found is not None, name
    return found[0]


def test_every_key_of_a_policy_is_explained_with_its_default(policy_page: str) -> None:
    for name, field in Policy.model_fields.items():
        if name == "limits":
            continue
        line = row(policy_page, name)
        assert field.is_required() or f"| `{field.default}` |" in line
    for name, field in Limits.model_fields.items():
        assert f"| `{field.default:g}` |" in row(policy_page, f"limits.{name}")


def test_every_setting_of_a_guardrail_is_explained(policy_page: str) -> None:
    for guardrail in CATALOGUE:
        if guardrail.options is None or guardrail.check is not None:
            continue
        for name in guardrail.options.model_fields:
            assert f"| `{guardrail.id}` | `{name}` |" in policy_page


@pytest.mark.parametrize("check", [one for one in CATALOGUE if one.check], ids=lambda one: one.id)
def test_every_setting_of_a_check_is_explained(checks_page: str, check: Guardrail) -> None:
    assert check.options is not None
    row(checks_page, check.id)
    for name, field in check.options.model_fields.items():
        if name in CheckOptions.model_fields:
            assert f"| every check | `{name}` |" in checks_page
        elif name == "api_key_env":
            assert f"| `judge`, `moderation`, `topics` | `{name}` |" in checks_page
        elif name in EndpointOptions.model_fields and (name != "url" or field.is_required()):
            assert f"| services | `{name}` |" in checks_page
        else:
            assert f"| `{check.id}` | `{name}` |" in checks_page


def test_every_setting_of_the_runner_is_explained_with_its_default(checks_page: str) -> None:
    for field in ChecksSettings.model_fields.values():
        assert f"| `{field.default}` |" in row(checks_page, str(field.validation_alias))


def test_the_policies_of_the_page_of_checks_can_be_used(checks_page: str) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", checks_page, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        assert parse_policy(example, "checks.md").resolve()


def test_every_key_of_a_pattern_is_explained(policy_page: str) -> None:
    for name in Pattern.model_fields:
        row(policy_page, name)


def test_the_policies_of_the_page_can_be_used(policy_page: str) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", policy_page, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert parse_policy(example, "policy.md").resolve()


def test_every_exit_code_is_explained(cli_page: str) -> None:
    for code in (*map(int, Exit), 70, 141):
        assert re.search(rf"^\| {code} \|", cli_page, re.MULTILINE), code


@pytest.mark.parametrize("command", [scan.scan, run.run, tail.tail, doctor.doctor])
def test_every_option_of_a_command_is_explained(cli_page: str, command: object) -> None:
    for name in command.__kwdefaults__:  # type: ignore[attr-defined]
        option = {"as_json": "--json", "input_": "--input", "broker": "--no-broker"}.get(
            name, f"--{name.replace('_', '-')}"
        )
        assert f"`{option}" in cli_page, option
