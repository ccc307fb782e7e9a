"""Compiled rules on disk: found again, never half, never wrong, never in the way."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from connectors.cache import FileDatabaseCache, cache_directory
from guardrails import Plan, Session
from guardrails.policy import Policy

KEY = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4


@pytest.fixture
def cache(tmp_path: Path) -> FileDatabaseCache:
    return FileDatabaseCache(tmp_path / "cache", max_files=3)


def only_file(cache: FileDatabaseCache) -> Path:
    (path,) = cache.directory.iterdir()
    return path


def test_what_was_put_is_found_again_by_another_process(cache: FileDatabaseCache) -> None:
    assert cache.get(KEY) is None
    cache.put(KEY, b"database")
    assert FileDatabaseCache(cache.directory).get(KEY) == b"database"
    assert cache.get(OTHER) is None


def test_a_second_put_replaces_the_first(cache: FileDatabaseCache) -> None:
    cache.put(KEY, b"one")
    cache.put(KEY, b"two")
    assert cache.get(KEY) == b"two"
    assert only_file(cache).suffix == ".hsdb"


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content[:50] + bytes([content[50] ^ 1]) + content[51:],
        lambda content: b"tidegate-db-9\n" + content[14:],
        lambda content: b"\0" * len(content),
    ],
    ids=["empty", "cut", "longer", "flipped", "other format", "zeros"],
)
def test_a_damaged_file_is_not_given_out_and_goes(cache: FileDatabaseCache, damage) -> None:
    cache.put(KEY, b"database" * 100)
    path = only_file(cache)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(KEY) is None
    assert not path.exists()
    cache.put(KEY, b"again")
    assert cache.get(KEY) == b"again"


def test_the_oldest_files_make_room_and_use_keeps_a_file_young(cache: FileDatabaseCache) -> None:
    keys = [f"{number:064x}" for number in range(4)]
    for age, key in enumerate(keys[:3]):
        cache.put(key, b"x")
        os.utime(cache.directory / f"{key}.hsdb", ns=(age * 10**9, age * 10**9))
    assert cache.get(keys[0]) == b"x"
    cache.put(keys[3], b"x")
    assert [key for key in keys if cache.get(key) is not None] == [keys[0], keys[2], keys[3]]


def test_the_directory_is_private_to_its_user(cache: FileDatabaseCache) -> None:
    cache.put(KEY, b"x")
    assert stat.S_IMODE(cache.directory.stat().st_mode) == 0o700


def test_a_directory_that_cannot_be_used_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = FileDatabaseCache(blocked / "cache")
    cache.put(KEY, b"x")
    assert cache.get(KEY) is None


def test_a_write_that_fails_leaves_nothing_behind(
    cache: FileDatabaseCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    cache.put(KEY, b"x")
    assert list(cache.directory.iterdir()) == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "ABCDEF0123456789", "a" * 129, "a/b"])
def test_a_key_that_is_no_digest_never_becomes_a_path(cache: FileDatabaseCache, key: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        cache.get(key)


def _write_and_read(directory: str, number: int, failures) -> None:
    cache = FileDatabaseCache(Path(directory))
    for turn in range(200):
        cache.put(KEY, bytes([number]) * 50_000)
        found = cache.get(KEY)
        if found is None or len(set(found)) != 1 or len(found) != 50_000:
            failures.put((number, turn))


def test_processes_that_write_at_once_never_see_half_a_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    workers = [
        context.Process(target=_write_and_read, args=(str(tmp_path), number, failures))
        for number in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert failures.empty()
    assert [path.suffix for path in tmp_path.iterdir()] == [".hsdb"]


def test_a_policy_compiled_from_the_cache_finds_the_same(cache: FileDatabaseCache) -> None:
    policy = Policy(guardrails={"email": {}})

    def released() -> str:
        session = Session("s", Plan(policy, cache=cache))
        return "".join(segment.text for segment in session.push("a@b.org!", final=True).segments)

    first = released()
    assert only_file(cache).stat().st_size > 100
    assert (first, released()) == ("[EMAIL_ADDRESS]!", "[EMAIL_ADDRESS]!")


def test_the_directory_is_the_users_unless_a_variable_names_another() -> None:
    assert cache_directory({"TIDEGATE_CACHE_DIR": "/somewhere"}) == Path("/somewhere")
    assert cache_directory({}).name == "tidegate"
