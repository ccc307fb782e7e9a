"""The file of API keys: what it may say, and how each mistake is told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.gateway.auth.api_key import ApiKey
from connectors.gateway.auth.key_file import KeyFileError, parse_keys, read_key_file
from connectors.gateway.auth.principal import Priority, Scope

KEY = ApiKey("0a1b", "s" * 43)


def entry(**changes: str) -> str:
    lines = {
        "id": KEY.id,
        "hash": KEY.digest,
        "tenant": "acme",
        "name": "plugin",
        "scopes": "[streams:write, streams:read]",
        **changes,
    }
    shown = [f"{name}: {value}" for name, value in lines.items() if value]
    return "  - " + "\n    ".join(shown) + "\n"


def problem(text: str) -> str:
    with pytest.raises(KeyFileError) as caught:
        parse_keys(text, "keys.yaml")
    return str(caught.value)


def test_an_entry_says_whom_a_key_speaks_for() -> None:
    [found] = parse_keys("keys:\n" + entry(priority="low"), "keys.yaml").values()
    principal = found.principal
    assert (principal.tenant, principal.name) == ("acme", "key:plugin")
    assert principal.scopes == {Scope.PRODUCE, Scope.READ}
    assert principal.priority is Priority.LOW
    assert found.expires is None


def test_two_keys_of_one_name_are_one_principal_so_that_keys_can_be_rotated() -> None:
    found = parse_keys("keys:\n" + entry() + entry(id="ffff"), "keys.yaml")
    assert found["0a1b"].principal == found["ffff"].principal


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
        ("2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("'2027-01-31T12:00:00+02:00'", datetime(2027, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_a_key_holds_to_the_end_of_a_day_or_to_a_moment(written: str, ends: datetime) -> None:
    assert parse_keys("keys:\n" + entry(expires=written), "keys.yaml")["0a1b"].expires == ends


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "tidegate keys new"),
        ("- a", "1:1", "tidegate keys new"),
        ("keys: [", "1:8", "this is not YAML"),
        ("key: []", "1:1", "did you mean 'keys'?"),
        ("keys:\n" + entry(tenant=""), "2:5", "'tenant' is missing"),
        ("keys:\n" + entry(tenant="'a b'"), "4:13", "tenant"),
        ("keys:\n" + entry(scopes="[streams:raed]"), "6:14", "did you mean 'streams:read'?"),
        ("keys:\n" + entry(scopes="[]"), "6:13", "got none"),
        ("keys:\n" + entry(expires="tomorrow"), "7:14", "2027-01-31T12:00:00Z"),
        ("keys:\n" + entry(expires="2027-01-31T12:00:00"), "7:14", "with its zone"),
        ("keys:\n" + entry(expires="9999-12-31"), "7:14", "expected a day"),
        ("keys:\n" + entry(disabeld="true"), "7:5", "did you mean 'disabled'?"),
        ("keys:\n" + entry(priority="urgent"), "7:15", "high, normal, low"),
        ("keys:\n" + entry() + entry(), "7:9", "stands here again"),
        ("keys:\n" + entry(id="A_b"), "2:9", "id"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_do(text: str, place: str, words: str) -> None:
    told = problem(text)
    assert told.startswith(f"keys.yaml:{place}: ")
    assert words in told


@pytest.mark.parametrize("field", ["hash", "id", "tenant", "name", "expires"])
def test_a_key_pasted_where_it_does_not_belong_is_not_shown(field: str) -> None:
    assert "ssss" not in problem("keys:\n" + entry(**{field: KEY.text}))


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="correct the path"):
        read_key_file(tmp_path / "keys.yaml")
    (tmp_path / "keys.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFileError, match="UTF-8"):
        read_key_file(tmp_path / "keys.yaml")
