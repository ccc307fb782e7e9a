"""The shared secret: where it comes from, and what is refused."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.gateway.auth.keychain import Keychain, read_secrets, secret_in
from connectors.gateway.auth.settings import open_keychain
from connectors.settings import SettingError


def test_keys_of_two_purposes_and_of_two_secrets_differ() -> None:
    keychain = Keychain([b"a" * 32, b"b" * 32])
    keys = [*keychain.keys("stream ids"), *keychain.keys("tickets")]
    assert len(set(keys)) == 4
    assert {len(key) for key in keys} == {32}
    assert keychain.keys("tickets") == Keychain([b"a" * 32, b"b" * 32]).keys("tickets")


def test_secrets_come_from_a_file_one_a_line_newest_first(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{'n' * 64}\n\n{'o' * 64}\n")
    assert read_secrets({"TIDEGATE_GATEWAY_SECRET_FILE": str(file)}) == (b"n" * 64, b"o" * 64)


def test_without_a_setting_there_is_no_secret() -> None:
    assert read_secrets({}) == ()


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TIDEGATE_GATEWAY_SECRET": "short"}, "at least 32"),
        ({"TIDEGATE_GATEWAY_SECRET": "\n".join(["s" * 32] * 5)}, "at most 4"),
        ({"TIDEGATE_GATEWAY_SECRET_FILE": "/nowhere/secret"}, "mount the secret"),
        (
            {"TIDEGATE_GATEWAY_SECRET": "s" * 32, "TIDEGATE_GATEWAY_SECRET_FILE": "file"},
            "unset one",
        ),
    ],
)
def test_an_unfit_secret_is_refused_without_being_shown(
    environ: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        read_secrets(environ)
    assert "short" not in str(caught.value)


def test_a_data_directory_gets_a_secret_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = secret_in(tmp_path / "data")
    assert secret_in(tmp_path / "data") == first
    assert len(first) == 64
    [file] = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret_in(tmp_path / "other") != first


def test_gateways_that_begin_at_the_same_time_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(secret_in, [tmp_path] * 32))
    assert len(found) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_secret_is_told_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "gateway-secret").write_text("ab\n")
    with pytest.raises(SettingError, match="remove the file"):
        secret_in(tmp_path)
    assert (tmp_path / "gateway-secret").read_text() == "ab\n"


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="make the directory writable"):
        secret_in(tmp_path / "file")


def test_the_setting_goes_before_the_data_directory_and_without_both_nothing_starts(
    tmp_path: Path,
) -> None:
    environ = {"TIDEGATE_GATEWAY_SECRET": "s" * 32}
    assert open_keychain(environ, tmp_path).keys("x") == Keychain([b"s" * 32]).keys("x")
    assert not list(tmp_path.iterdir())
    made = open_keychain({}, tmp_path)
    assert made.keys("x") == open_keychain({}, tmp_path).keys("x")
    with pytest.raises(SettingError, match="openssl rand -hex 32"):
        open_keychain({}, None)
