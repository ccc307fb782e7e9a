"""docs/auth.md: every setting and key with its default, and examples that can be used."""

import re
from pathlib import Path
from typing import Any

import pytest

from connectors.gateway.auth.key_file import KeyEntry, parse_keys
from connectors.gateway.auth.principal import Scope
from connectors.gateway.auth.settings import AuthSettings
from connectors.gateway.limits.allowance import Allowance, parse_allowances
from connectors.gateway.limits.load import SHARES, Work
from connectors.gateway.limits.settings import LimitSettings

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "auth.md").read_text("utf-8")


def row(name: str, page: str = PAGE) -> str:
    found = re.search(rf"^\| `{re.escape(name)}`.*$", page, re.MULTILINE)
    assert found is not None, name
    return found[0]


@pytest.mark.parametrize("field", LimitSettings.model_fields.values(), ids=str)
def test_every_setting_of_the_limits_stands_there_with_its_default(field: Any) -> None:
    shown = "none" if field.default is None else f"`{field.default}`"
    assert f"| {shown} |" in row(field.validation_alias)


@pytest.mark.parametrize("name", AuthSettings.model_fields)
def test_every_setting_of_auth_stands_there(name: str) -> None:
    field = AuthSettings.model_fields[name]
    assert str(field.validation_alias) in PAGE
    if name.startswith("jwt_") and field.default not in (None, ()):
        default = field.default
        shown = ",".join(default) if isinstance(default, tuple) else f"{default}".removesuffix(".0")
        assert f"| `{shown}` |" in row(str(field.validation_alias))


@pytest.mark.parametrize("name", Allowance.model_fields)
def test_every_limit_stands_there_with_its_default(name: str) -> None:
    default = Allowance.model_fields[name].default
    shown = (
        "none"
        if default is None
        else f"`{default.amount}/second`"
        if hasattr(default, "amount")
        else f"`{default}`"
    )
    assert f"| {shown} |" in row(name, PAGE.partition("## Limits")[2])


@pytest.mark.parametrize("name", KeyEntry.model_fields)
def test_every_key_of_an_entry_stands_there(name: str) -> None:
    assert re.search(rf"^\| .*`{name}`.* \|", PAGE, re.MULTILINE)


def test_every_scope_stands_there() -> None:
    for scope in Scope:
        row(str(scope))


def test_the_examples_can_be_used() -> None:
    [limits] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert parse_allowances(limits, "docs/auth.md").of("trial").user_streams == 5
    entry = "".join(re.findall(r"^  (?:- )?(?:  )?\w+: .*\n", PAGE, re.MULTILINE)[:6])
    assert parse_keys(f"keys:\n{entry}", "docs/auth.md")


def test_the_shares_of_the_page_are_those_that_hold() -> None:
    for work, words in ((Work.START, "a new stream"), (Work.UPDATE, "an update")):
        shown = re.search(rf"^\| {words} \| (\d+)% \| (\d+)% \| (\d+)% \|$", PAGE, re.MULTILINE)
        assert shown is not None
        shares = sorted(share for (_, kind), share in SHARES.items() if kind is work)
        assert [int(one) for one in shown.groups()] == [round(share * 100) for share in shares]
