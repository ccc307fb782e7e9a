"""The documents: generated files are up to date, links lead somewhere, dependencies are named."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from docs.generate import render
from guardrails.codec import schemas

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", render(), ids=lambda path: path.name)
def test_generated_file_is_what_the_code_says(path: Path) -> None:
    assert path.read_text("utf-8") == render()[path], f"{path.name} is stale: run make schemas"


def test_no_schema_is_left_over() -> None:
    assert {path.stem for path in (ROOT / "docs" / "schemas").iterdir()} == set(schemas())


@pytest.mark.parametrize("topic", schemas())
def test_every_reference_inside_a_schema_leads_somewhere(topic: str) -> None:
    schema = schemas()[topic]
    references = re.findall(r'"\$ref":"#/\$defs/([^"]+)"', msgspec.json.encode(schema).decode())
    assert set(references) <= set(schema.get("$defs", {}))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = CODE_BLOCK.sub("", path.read_text("utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(plain.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(CODE_BLOCK.sub("", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), f"{path.name}: {target}"
        assert file.is_relative_to(ROOT), f"{path.name}: {target} leaves the repository"
        if anchor:
            assert anchor in anchors(file), f"{path.name}: {target}"


def test_every_dependency_is_explained_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *itertools.chain.from_iterable(optional)]
    declared = {re.split(r"[=<>!~ ]", name)[0] for name in wanted}
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))
    assert explained == declared
