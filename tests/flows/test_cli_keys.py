"""`tidegate keys`: make one, check a file."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from connectors.gateway.auth.api_key import ApiKey
from connectors.gateway.auth.key_file import parse_keys
from tests.flows.command import Command

NEW = ("keys", "new", "--tenant", "acme", "--name", "plugin", "--scope", "streams:write")


def test_a_new_key_and_its_entry_fit_together(tidegate: Command) -> None:
    result = tidegate(*NEW, "--scope", "streams:read", "--priority", "low")
    assert (result.code, result.err) == (0, "")
    key = ApiKey.parse(result.out.splitlines()[1])
    assert key is not None
    pasted = "keys:\n" + "\n".join(
        line for line in result.out.splitlines() if line.startswith("  ")
    )
    entry = parse_keys(pasted, "keys.yaml")[key.id]
    assert key.matches(entry.hash)
    assert entry.hash == "sha256:" + sha256(key.secret.encode()).hexdigest()
    assert (entry.tenant, entry.name, entry.priority) == ("acme", "plugin", "low")
    assert sorted(entry.scopes) == ["streams:read", "streams:write"]
    assert key.secret not in pasted


def test_two_keys_are_never_the_same(tidegate: Command) -> None:
    assert tidegate(*NEW).out != tidegate(*NEW).out


def test_a_key_may_end_in_days_or_on_a_day(tidegate: Command) -> None:
    before = datetime.now(UTC).date()
    shown = re.search(r"expires: '(.*)'", tidegate(*NEW, "--expires", "90d").out)
    after = datetime.now(UTC).date()
    assert shown is not None
    assert shown[1] in {(day + timedelta(days=90)).isoformat() for day in (before, after)}
    assert "expires: '2999-12-31'" in tidegate(*NEW, "--expires", "2999-12-31").out


@pytest.mark.parametrize("expires", ["90", "yesterday", "2001-01-01", "-1d", "9" * 20 + "d", "d"])
def test_an_end_that_is_none_is_refused(tidegate: Command, expires: str) -> None:
    result = tidegate(*NEW, "--expires", expires)
    assert result.code == 2
    assert "--expires: expected a number of days (90d)" in result.err
    assert result.out == ""


@pytest.mark.parametrize("tenant", ["a b", "", "a'", "x" * 65, "a\nb", "tg_0a_b"])
def test_an_unfit_name_is_refused_and_no_key_is_shown(tidegate: Command, tenant: str) -> None:
    result = tidegate("keys", "new", "--tenant", tenant, "--name", "plugin", "--scope", "admin")
    assert result.code == 2
    assert result.out == ""


def test_a_misspelt_scope_is_suggested(tidegate: Command) -> None:
    result = tidegate("keys", "new", "--tenant", "a", "--name", "b", "--scope", "stream:read")
    assert result.code == 2
    assert "did you mean 'streams:read'?" in result.err


def test_check_counts_what_a_file_holds_and_names_what_has_ended(tidegate: Command) -> None:
    digest = ApiKey.new().digest
    entries = "".join(
        f"- {{id: {one}, hash: '{digest}', tenant: acme, name: plugin, scopes: [admin]{more}}}\n"
        for one, more in (("a", ""), ("b", ", expires: 2001-01-01"), ("c", ", disabled: true"))
    )
    tidegate.write("keys.yaml", "keys:\n" + entries)
    result = tidegate("keys", "check", "keys.yaml")
    assert result.code == 0
    assert result.out == "keys.yaml: ok: 3 keys of 1 tenants, 1 expired, 1 disabled\n"
    assert result.err == "keys.yaml: key b of acme/plugin has expired\n"


def test_check_tells_every_problem_and_exits_with_1(tidegate: Command) -> None:
    tidegate.write("keys.yaml", "keys:\n- id: a\n  scopse: []\n")
    result = tidegate("keys", "check", "keys.yaml")
    assert result.code == 1
    assert "keys.yaml:3:3: 'scopse' is no known key" in result.err
    assert tidegate("keys", "check", "nowhere.yaml").code == 2
