"""Splitting a recovery directory: each share gets its own state, and only that."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connectors.recovery import Owner, claim, hold, read_owner
from connectors.recovery_split import split
from guardrails.errors import ConnectorError

ALL = Owner("guard", "topics a.*", (0, 1, 2, 3), 4)
KEYS = ["a.chunks/0", "a.chunks/3", "0/17", "1/0", "2/63", "3/3", "writer-0000"]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A store with a row for each key, in the file that Bytewax might choose."""
    directory = tmp_path / "whole"
    with claim(directory, ALL, writers=3):
        pass
    for index, key in enumerate(KEYS):
        with closing(sqlite3.connect(directory / f"part-{index}.sqlite3")) as store:
            store.execute(
                "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change)"
                " VALUES ('s', ?, 1, x'00')",
                (key,),
            )
            store.commit()
    (directory / "policies.jsonl").write_text("{}\n")
    return directory


def keys_in(directory: Path) -> set[str]:
    found = set()
    for path in directory.glob("part-*.sqlite3"):
        with closing(sqlite3.connect(path)) as store:
            found.update(key for (key,) in store.execute("SELECT state_key FROM snaps"))
    return found


def test_each_share_gets_its_own_state_and_what_belongs_to_all(whole: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    split(whole, {first: (0, 2), second: (1, 3)})
    assert keys_in(first) == {"a.chunks/0", "0/17", "2/63", "writer-0000"}
    assert keys_in(second) == {"a.chunks/3", "1/0", "3/3", "writer-0000"}
    for directory, numbers in ((first, (0, 2)), (second, (1, 3))):
        saved = read_owner(directory)
        assert saved is not None
        assert (saved.owner.partitions, saved.writers, saved.complete) == (numbers, 3, True)
        assert (directory / "policies.jsonl").read_text() == "{}\n"
        with claim(directory, Owner("guard", "topics a.*", numbers, 4)):
            pass
    assert keys_in(whole) == set(KEYS)


def test_what_was_split_is_not_run_again(whole: Path, tmp_path: Path) -> None:
    shares = {tmp_path / "first": (0, 1), tmp_path / "second": (2, 3)}
    split(whole, shares)
    with (
        pytest.raises(ConnectorError, match=r"was split into .*first, .*second"),
        claim(whole, ALL),
    ):
        pass
    with pytest.raises(ConnectorError, match="already split"):
        split(whole, {tmp_path / "third": (0, 1, 2, 3)})


@pytest.mark.parametrize(
    "shares",
    [{"a": (0, 1)}, {"a": (0, 1), "b": (1, 2, 3)}, {"a": (0, 1, 2, 3, 4)}],
    ids=["some are missing", "one is given twice", "one is too many"],
)
def test_shares_that_are_not_the_whole_make_nothing(
    whole: Path, tmp_path: Path, shares: dict[str, tuple[int, ...]]
) -> None:
    with pytest.raises(ConnectorError, match="holds partitions 0-3, and the shares are 0"):
        split(whole, {tmp_path / name: numbers for name, numbers in shares.items()})
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    with claim(whole, ALL):
        pass


def test_a_directory_that_exists_is_never_written_into(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    with pytest.raises(ConnectorError, match="first exists"):
        split(whole, {tmp_path / "second": (2, 3), tmp_path / "first": (0, 1)})
    assert not (tmp_path / "second").exists()


def test_what_an_interrupted_split_left_behind_is_in_nobodys_way(
    whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "first.partial").mkdir()
    (tmp_path / "first.partial" / "part-0.sqlite3").write_text("torn")
    split(whole, {tmp_path / "first": (0, 1, 2, 3)})
    assert keys_in(tmp_path / "first") == set(KEYS)
    assert not (tmp_path / "first.partial").exists()


def test_a_directory_that_says_nothing_of_partitions_is_refused(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(ConnectorError, match="is no recovery directory"):
        split(tmp_path / "nowhere", {})
    (tmp_path / "old").mkdir()
    with pytest.raises(ConnectorError, match="run and stop its flow once"):
        split(tmp_path / "old", {tmp_path / "new": (0,)})
