"""Who may import whom, read from the source, and what importing the engine loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("guardrails", "operators", "connectors", "flows")
# What a package may import of ours, besides itself.
ALLOWED = {
    "guardrails": set(),
    "operators": {"guardrails"},
    "connectors": {"guardrails"},
    "flows": {"guardrails", "operators", "connectors"},
}
# The engine has no I/O, no clock and no dataflow. `importlib.resources` reads the shipped policy.
FORBIDDEN_IN_THE_ENGINE = {
    *("bytewax", "kafka", "confluent_kafka", "reactivex", "prometheus_client", "typer", "rich"),
    *("socket", "ssl", "http", "urllib", "asyncio", "selectors", "select"),
    *("os", "sys", "subprocess", "threading", "multiprocessing", "concurrent", "signal"),
    *("time", "random", "secrets", "tempfile", "shutil", "platformdirs", "logging"),
}
# Methods of datetime that read the clock.
CLOCKS = {"now", "utcnow", "today"}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


ALL_FILES = [path for package in PACKAGES for path in sources(package)]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def imports(path: Path, *, at_load: bool = False) -> Iterator[str]:
    """Every module a file imports; at_load: only what importing it runs."""
    pending: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if at_load and (
            is_type_checking(node) or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if exists(submodule) else node.module
        pending.extend(ast.iter_child_nodes(node))


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_there_is_something_to_check() -> None:
    assert len(ALL_FILES) > 50
    assert "guardrails.matcher" in set(imports(ROOT / "guardrails" / "plan.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_lies_below_them(package: str) -> None:
    wrong = {
        (module_name(path), imported)
        for path in sources(package)
        for imported in imports(path)
        if (top := imported.partition(".")[0]) in PACKAGES
        and top != package
        and top not in ALLOWED[package]
    }
    assert not wrong


def test_the_engine_imports_no_input_no_output_and_no_clock() -> None:
    wrong = {
        (module_name(path), imported)
        for path in sources("guardrails")
        for imported in imports(path)
        if imported.partition(".")[0] in FORBIDDEN_IN_THE_ENGINE
        # What takes addresses apart is as pure as any other function of text.
        and imported != "urllib.parse"
    }
    assert not wrong


def test_the_engine_opens_no_file_and_asks_no_clock() -> None:
    wrong = []
    for path in sources("guardrails"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in ("open", "print", "input"):
                wrong.append((module_name(path), node.func.id))
            if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
                wrong.append((module_name(path), node.func.attr))
    assert not wrong


@pytest.mark.parametrize("package", ["operators", "connectors"])
def test_only_flows_know_the_command_line(package: str) -> None:
    wrong = {
        (module_name(path), imported)
        for path in sources(package)
        for imported in imports(path)
        if imported.partition(".")[0] in ("typer", "rich")
    }
    assert not wrong


def test_operators_know_no_broker() -> None:
    wrong = {
        (module_name(path), imported)
        for path in sources("operators")
        for imported in imports(path)
        if imported.partition(".")[0] in ("kafka", "confluent_kafka", "os", "socket")
    }
    assert not wrong


def test_no_module_is_part_of_an_import_cycle() -> None:
    graph = {
        module_name(path): {name for name in imports(path, at_load=True) if exists(name)}
        for path in ALL_FILES
    }
    done: set[str] = set()
    cycles: list[list[str]] = []

    def visit(module: str, trail: list[str]) -> None:
        if module in trail:
            cycles.append([*trail[trail.index(module) :], module])
        elif module not in done:
            for imported in sorted(graph.get(module, ())):
                visit(imported, [*trail, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    assert not cycles


def test_importing_the_engine_loads_neither_bytewax_nor_kafka() -> None:
    program = (
        "import sys, guardrails; guardrails.default_policy();"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "guardrails" in loaded
    assert not loaded & {
        *("bytewax", "kafka", "confluent_kafka", "reactivex", "typer", "rich"),
        *("operators", "connectors", "flows"),
    }


@pytest.mark.parametrize("name", ["utils", "helpers", "manager", "base", "common"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert not [path for path in ALL_FILES if path.stem == name or path.parent.name == name]
