"""`tidegate plugin`, and guardrails of a package in the commands that use policies."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.command import ROOT, Command, environment

EXAMPLE = ROOT / "examples" / "plugin"
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory of installed packages: the example."""
    directory = tmp_path / "site"
    directory.mkdir()
    shutil.copy(EXAMPLE / "acme_guard.py", directory)
    install(directory, "acme-guard", "acme = acme_guard:GUARDRAILS")
    return directory


def install(directory: Path, name: str, *entries: str) -> None:
    info = directory / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA.format(name=name))
    (info / "entry_points.txt").write_text("\n".join(["[tidegate.guardrails]", *entries, ""]))


def path(site: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{ROOT}:{site}"}


def test_the_example_declares_the_entry_point_that_is_tested() -> None:
    assert 'acme = "acme_guard:GUARDRAILS"' in (EXAMPLE / "pyproject.toml").read_text()


def test_the_tests_of_the_example_pass(site: Path) -> None:
    tests = str(EXAMPLE / "tests")
    plain = ("-q", "-p", "no:cacheprovider", "--rootdir", tests, "-c", "/dev/null")
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *plain, tests],
        env=environment(**path(site)),
        check=False,
    )
    assert done.returncode == 0


def test_a_policy_names_what_a_package_brings_and_scan_finds_it(
    tidegate: Command, site: Path
) -> None:
    tidegate.write("p.yaml", "guardrails: {acme: {action: redact}}\n")
    tidegate.write("in.jsonl", [{"id": "a", "chunks": ["I am ACME-12", "3455."]}])
    result = tidegate("scan", "--policy", "p.yaml", "in.jsonl", **path(site))
    assert (result.code, result.err) == (0, "")
    assert result.rows[0]["released"] == "I am [ACME_BADGE]."
    # Without the package the policy cannot be used, and says so.
    missing = tidegate("scan", "--policy", "p.yaml", "in.jsonl")
    assert (missing.code, "'acme' is no guardrail and no family" in missing.err) == (1, True)


def test_every_process_of_a_cluster_loads_what_a_package_brings(
    tidegate: Command, site: Path
) -> None:
    tidegate.write("p.yaml", "guardrails: {acme-badge: {}}\n")
    chunks = [
        {"stream_id": f"s{number}", "seq": seq, "text": text, "final": seq == 1}
        for number in range(4)
        for seq, text in enumerate(["I am ACME-12", "3455."])
    ]
    tidegate.write("in.jsonl", chunks)
    call = ("run", "--policy", "p.yaml", "--workers", "2", "--input", "in.jsonl")
    result = tidegate(*call, "--output", "-", **path(site))
    assert result.code == 0
    audits = [row["value"] for row in result.rows if row["topic"].endswith("audit")]
    assert [one["content"]["outcome"] for one in audits] == ["redact"] * 4


def test_a_broken_package_disturbs_only_policies_that_need_it(
    tidegate: Command, site: Path
) -> None:
    install(site, "broken-guard", "broken = no_such_module:GUARDRAILS")
    tidegate.write("mine.yaml", "guardrails: {email: {}, acme-badge: {}}\n")
    good = tidegate("policy", "check", "mine.yaml", **path(site))
    assert good.code == 0
    said = "package broken-guard 1.0, entry point 'broken' (no_such_module:GUARDRAILS) could not"
    assert said in good.err
    tidegate.write("other.yaml", "guardrails: {broken-badge: {}}\n")
    bad = tidegate("policy", "check", "other.yaml", **path(site))
    assert bad.code == 1
    assert "other.yaml:1:14: 'broken-badge' is no guardrail" in bad.err + bad.out
    assert said in (bad.err + bad.out).split("no guardrail", 1)[1]
    listed = tidegate("plugin", "list", "--json", **path(site))
    assert listed.code == 1
    assert [(row["entry"], row["guardrails"]) for row in listed.rows] == [
        ("acme", ["acme-badge"]),
        ("broken", []),
    ]
    assert "No module named" in listed.rows[1]["problem"]
    looked = tidegate("doctor", "--no-broker", **path(site))
    assert looked.code == 1
    assert "ok      plugin 'acme': acme-guard 1.0, guardrails: acme-badge\n" in looked.out
    assert "PROBLEM plugin 'broken': broken-guard 1.0 (no_such_module:GUARDRAILS)" in looked.out
    assert "fix: correct or update it, or remove it: pip uninstall broken-guard\n" in looked.out


def test_check_proves_the_example_by_either_name(tidegate: Command, site: Path) -> None:
    for target in ("acme", "acme_guard:BADGE"):
        result = tidegate("plugin", "check", target, **path(site))
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith("ok      acme-badge: 8 samples")


def test_check_names_what_is_wrong(tidegate: Command) -> None:
    source = (EXAMPLE / "acme_guard.py").read_text()
    worse = source.replace("Misses:", "Omits:").replace("(?![0-9A-Za-z])", "")
    tidegate.write("worse.py", worse.replace("ACME-987655", "ACME-987654"))
    result = tidegate("plugin", "check", "worse:GUARDRAILS")
    assert result.code == 1
    clauses = {line.rsplit("(", 1)[1] for line in result.out.splitlines()}
    assert {"docstring-incomplete)", "sample-not-found)"} <= clauses
    assert all(line.startswith("PROBLEM acme-badge: ") for line in result.out.splitlines())


def test_check_says_what_there_is_where_nothing_is_found(tidegate: Command) -> None:
    unknown = tidegate("plugin", "check", "acme")
    assert (unknown.code, "there are: none" in unknown.err) == (2, True)
    broken = tidegate("plugin", "check", "no_such_module:x")
    assert (broken.code, "ModuleNotFoundError" in broken.err) == (1, True)
    assert "no installed package" in tidegate("plugin", "list").out
