"""Policy files that change while a guard runs, and while none does."""

from pathlib import Path

import pytest

from connectors.policies.files import PolicyFiles
from connectors.policies.journal import FileJournal, Journal, MemoryJournal
from flows.policies import read_text
from guardrails.errors import ConnectorError
from guardrails.events import ACTIVATION_LEAD_MS
from guardrails.plan import Plan
from guardrails.plans import Plans
from guardrails.policy_text import parse_policy

START_MS = 1_000_000


class Guard:
    """What one run of a guard knows of one policy file; the clock is the test's."""

    def __init__(self, file: Path, journal: Journal) -> None:
        self.file = file
        self.now_ms = START_MS
        self.plans = Plans(Plan(parse_policy(file.read_text(), "p.yaml")))
        self.files = PolicyFiles(
            *([str(file)], self.plans, journal), read_text=read_text, now_ms=lambda: self.now_ms
        )
        self.files.begin()

    def label_at(self, at_ms: int) -> str:
        plan = self.plans.named(None, at_ms)
        assert plan is not None
        return plan.policy.label

    def look_twice(self) -> None:
        self.files.look()
        self.files.look()


def write(file: Path, label: str, name: str = "p") -> None:
    """Replace the file as an editor does."""
    draft = file.with_suffix(".draft")
    draft.write_text(f"name: {name}\nlabel: '{label}'\nguardrails: {{email: {{}}}}\n")
    draft.replace(file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "p.yaml", "0")
    return tmp_path / "p.yaml"


def test_a_changed_file_is_in_force_some_seconds_after_it_was_seen(file: Path) -> None:
    guard = Guard(file, MemoryJournal())
    write(file, "1")
    guard.look_twice()
    changed_ms = START_MS + ACTIVATION_LEAD_MS
    assert [guard.label_at(at) for at in (0, changed_ms - 1, changed_ms)] == ["0", "0", "1"]


def test_a_file_counts_as_changed_when_two_looks_see_the_same(file: Path) -> None:
    guard = Guard(file, MemoryJournal())
    for label in ("1", "2", "3"):
        write(file, label)
        guard.files.look()
        assert guard.label_at(START_MS * 9) == "0"
    guard.files.look()
    assert guard.label_at(START_MS * 9) == "3"


def test_a_broken_file_changes_nothing_and_is_told_with_line_and_column(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard(file, MemoryJournal())
    file.write_text("name: p\nguardrails: {emial: {}}\n")
    guard.look_twice()
    guard.look_twice()
    assert guard.label_at(START_MS * 9) == "0"
    (told,) = caplog.records
    assert f"{file}:2:14: 'emial' is no guardrail" in told.getMessage()
    write(file, "1")
    guard.look_twice()
    assert guard.label_at(START_MS * 9) == "1"


def test_a_file_that_vanishes_leaves_its_policy_in_force(file: Path) -> None:
    guard = Guard(file, MemoryJournal())
    file.unlink()
    guard.look_twice()
    assert guard.label_at(START_MS * 9) == "0"
    write(file, "1")
    guard.look_twice()
    assert guard.label_at(START_MS * 9) == "1"


def test_a_file_that_could_not_be_read_is_read_when_it_can_be(file: Path) -> None:
    guard = Guard(file, MemoryJournal())
    write(file, "1")
    file.write_bytes(b"name: caf\xe9\n")
    guard.look_twice()
    write(file, "2")
    guard.look_twice()
    assert guard.label_at(START_MS * 9) == "2"


def test_a_new_comment_is_no_new_version(file: Path) -> None:
    guard = Guard(file, journal := MemoryJournal())
    file.write_text(file.read_text() + "# a comment\n")
    guard.look_twice()
    assert len(journal.read()) == 1


def test_a_running_guard_does_not_rename_a_policy(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard(file, MemoryJournal())
    write(file, "1", name="q")
    guard.look_twice()
    assert guard.label_at(START_MS * 9) == "0"
    assert guard.plans.named("q", START_MS * 9) is None
    assert "restart the guard to rename a policy" in caplog.text


def test_after_a_restart_every_change_holds_from_the_time_it_had(
    file: Path, tmp_path: Path
) -> None:
    first = Guard(file, FileJournal(tmp_path))
    times = [0]
    for label in ("1", "2", "3"):
        first.now_ms += 60_000
        write(file, label)
        first.look_twice()
        times.append(first.now_ms + ACTIVATION_LEAD_MS)
    again = Guard(file, FileJournal(tmp_path))
    for guard in (first, again):
        assert [guard.label_at(at) for at in times] == list("0123")
        assert [guard.label_at(at - 1) for at in times[1:]] == list("012")


def test_a_file_that_changed_while_no_guard_ran_holds_from_the_start_on(
    file: Path, tmp_path: Path
) -> None:
    Guard(file, FileJournal(tmp_path))
    write(file, "1")
    guard = Guard(file, FileJournal(tmp_path))
    assert [guard.label_at(at) for at in (0, START_MS - 1, START_MS)] == ["0", "0", "1"]


def test_guards_that_share_a_directory_agree_on_the_time(file: Path, tmp_path: Path) -> None:
    one, other = (Guard(file, FileJournal(tmp_path)) for _ in range(2))
    times = [0]
    for early, late in ((one, other), (other, one), (one, other)):
        write(file, str(len(times)))
        early.look_twice()
        times.append(early.now_ms + ACTIVATION_LEAD_MS)
        late.now_ms += 700
        late.look_twice()
        one.now_ms = other.now_ms = late.now_ms + 60_000
    for guard in (one, other):
        assert [guard.label_at(at) for at in times] == list("0123")
        assert [guard.label_at(at - 1) for at in times[1:]] == list("012")


def test_a_guard_that_missed_a_change_takes_its_time_from_the_others(
    file: Path, tmp_path: Path
) -> None:
    one, other = (Guard(file, FileJournal(tmp_path)) for _ in range(2))
    for label in ("1", "2"):
        write(file, label)
        one.look_twice()
        one.now_ms += 60_000
    other.look_twice()
    changed_ms = START_MS + ACTIVATION_LEAD_MS
    assert [other.label_at(at) for at in (changed_ms, changed_ms + 60_000)] == ["1", "2"]


def test_a_clock_that_goes_back_puts_no_change_before_the_one_it_follows(file: Path) -> None:
    guard = Guard(file, MemoryJournal())
    write(file, "1")
    guard.look_twice()
    guard.now_ms -= 500_000
    write(file, "2")
    guard.look_twice()
    assert guard.label_at(START_MS + ACTIVATION_LEAD_MS) == "2"


def test_a_change_that_cannot_be_written_down_does_not_happen_and_is_tried_again(
    file: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "recovery"
    guard = Guard(file, FileJournal(directory))
    away = tmp_path / "away"
    directory.rename(away)
    directory.write_bytes(b"in the way")
    write(file, "1")
    for _ in range(2):
        with pytest.raises(ConnectorError, match="its time can be written down"):
            guard.files.look()
    assert guard.label_at(START_MS * 9) == "0"
    directory.unlink()
    away.rename(directory)
    guard.files.look()
    assert guard.label_at(START_MS * 9) == "1"


def test_a_policy_that_is_not_in_the_files_any_more_is_not_brought_back(
    file: Path, tmp_path: Path
) -> None:
    Guard(file, FileJournal(tmp_path))
    write(file, "1", name="q")
    guard = Guard(file, FileJournal(tmp_path))
    assert guard.plans.named("p", 0) is None
    assert guard.label_at(0) == "1"


def test_what_a_new_release_counts_as_another_version_is_no_change_of_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guard(file, FileJournal(tmp_path))
    monkeypatch.setattr("guardrails.policy.ENGINE_VERSION", 999)
    guard = Guard(file, FileJournal(tmp_path))
    guard.plans.activate(parse_policy(file.read_text().replace("'0'", "'1'"), "topic"), 500)
    again = Guard(file, journal := FileJournal(tmp_path))
    assert guard.label_at(START_MS * 9) == "1"
    assert again.label_at(START_MS * 9) == "0"
    assert len(journal.read()) == 1
