"""Guardrails of other packages: what is taken, what is refused, and that others do not suffer."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import msgspec
import pytest

from connectors.plugins import GROUP, Plugin, PluginError, discover, docstrings_of, load_target
from guardrails import naming, parse_policy
from guardrails.catalogue import CATALOGUE
from guardrails.errors import PolicyError
from guardrails.guardrail import Action, Guardrail, Options
from guardrails.rule import Rule

MODULE = "made_plugin"
HTTP = next(one for one in CATALOGUE if one.check is not None)


def guardrail(name: str, family: str = "acme", **fields: Any) -> Guardrail:
    rule = Rule(id=name, type="ACME", expression="ACME-[0-9]{4}")
    return Guardrail(**{"id": name, "family": family, "summary": "x", "rules": (rule,)} | fields)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType(MODULE, "Catches: x. Misses: y. Cost: z.")
    monkeypatch.setitem(sys.modules, MODULE, made)
    return made


@pytest.fixture
def names() -> Iterator[None]:
    """Leave the names of this process as they were."""
    by_id, missing = dict(naming._by_id), list(naming._missing)
    yield
    naming._by_id.clear()
    naming._by_id.update(by_id)
    naming._missing[:] = missing


def entry(name: str, attribute: str = "") -> EntryPoint:
    return EntryPoint(name, f"{MODULE}:{attribute or name}", GROUP)


def found(module: ModuleType, **values: Any) -> dict[str, Plugin]:
    vars(module).update(values)
    return {one.entry: one for one in discover([entry(name) for name in values])}


def test_an_entry_point_is_a_guardrail_or_several(module: ModuleType) -> None:
    one, two = guardrail("one", "a"), [guardrail("two", "b"), guardrail("three", "b")]
    plugins = found(module, one=one, two=two, three=(guardrail(name, "c") for name in ["four"]))
    ids = {name: [one.id for one in plugin.guardrails] for name, plugin in plugins.items()}
    assert ids == {"one": ["one"], "two": ["two", "three"], "three": ["four"]}
    assert not any(plugin.problem for plugin in plugins.values())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, "expected a Guardrail, or an iterable of them, got int"),
        ("acme", "expected a Guardrail, or an iterable of them, got str"),
        ([], "got none"),
        ([guardrail("a"), 7], "number 1 is int"),
        (guardrail("email"), "2 guardrails have this id"),
        (guardrail("a", rules=(Rule(id="email", type="E", expression="e"),)), "rules have the id"),
        (guardrail("pii"), "a family is called so"),
        (guardrail("Acme"), "id-malformed"),
        (guardrail("a", rules=()), "finds-nothing"),
        (msgspec.structs.replace(HTTP, id="asked", family="acme"), "use the check 'http'"),
        (guardrail("a", rules="no rules"), "AttributeError"),
        (guardrail("a", rules=(Rule(id="a", type="A", expression="(a+)+b"),)), "can explode"),
        (guardrail("a", rules=(), options=Options, build=lambda _: 1 / 0), "ZeroDivisionError"),
    ],
)
def test_what_is_not_sound_is_refused_and_the_others_are_there(
    module: ModuleType, value: object, said: str
) -> None:
    plugins = found(module, bad=value, good=guardrail("good"))
    assert said in plugins["bad"].problem
    assert plugins["bad"].guardrails == ()
    assert [one.id for one in plugins["good"].guardrails] == ["good"]


def test_a_module_that_fails_or_exits_takes_nothing_down(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(name: str) -> None:
        raise SystemExit("bye")

    monkeypatch.setattr(module, "__getattr__", leave, raising=False)
    gone = EntryPoint("gone", "no_such_module:x", GROUP)
    plugins = {one.entry: one for one in discover([gone, entry("exits")])}
    assert "ModuleNotFoundError" in plugins["gone"].problem
    assert plugins["exits"].problem == "SystemExit: bye"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (guardrail("same", "a"), guardrail("same", "b"), "name 'same'"),
        (guardrail("a", "same"), guardrail("b", "same"), "name 'same'"),
        (guardrail("a", "same"), guardrail("same", "b"), "name 'same'"),
        (
            guardrail("a", "x", rules=(Rule(id="same", type="S", expression="s"),)),
            guardrail("b", "y", rules=(Rule(id="same", type="S", expression="s"),)),
            "rule id 'same'",
        ),
    ],
)
def test_two_that_bring_the_same_name_are_both_refused(
    module: ModuleType, first: Guardrail, second: Guardrail, said: str
) -> None:
    plugins = found(module, first=first, second=second, third=guardrail("third", "c"))
    for name, other in (("first", "second"), ("second", "first")):
        assert said in plugins[name].problem
        assert f"entry point '{other}'" in plugins[name].problem
    assert plugins["third"].guardrails


def test_the_order_is_that_of_names_whatever_is_found_first(module: ModuleType) -> None:
    vars(module).update(a=guardrail("a", "a"), b=guardrail("b", "b"))
    assert [one.entry for one in discover([entry("b"), entry("a")])] == ["a", "b"]


@pytest.mark.usefixtures("names")
def test_a_policy_names_a_guardrail_of_a_package_or_a_family_of_its_own() -> None:
    naming.extend([guardrail("acme-badge"), guardrail("acme-door")])
    for text, ids in (("acme-badge: {action: block}", 1), ("acme: {action: block}", 2)):
        policy = parse_policy(f"guardrails: {{{text}}}", "p.yaml")
        assert [one.action for one in policy.resolve()] == [Action.BLOCK] * ids


@pytest.mark.usefixtures("names")
def test_what_the_entry_of_a_shipped_family_starts_does_not_depend_on_what_is_installed() -> None:
    before = parse_policy("guardrails: {pii: {}}", "p.yaml")
    naming.extend([guardrail("acme-badge", "pii")])
    after = parse_policy("guardrails: {pii: {}}", "p.yaml")
    assert after.version == before.version
    named = parse_policy("guardrails: {pii: {action: warn}, acme-badge: {}}", "p.yaml")
    # It has a family's settings all the same.
    assert (named.resolve()[-1].guardrail.id, named.resolve()[-1].action) == ("acme-badge", "warn")


@pytest.mark.usefixtures("names")
def test_a_policy_that_names_what_could_not_be_loaded_is_told_why() -> None:
    naming.extend([], ["package acme 1.0 could not be loaded: ImportError"])
    assert parse_policy("guardrails: {pii: {}}", "p.yaml").resolve()
    with pytest.raises(PolicyError, match=r"no guardrail.*package acme 1\.0 could not be loaded"):
        parse_policy("guardrails: {acme-badge: {}}", "p.yaml")


def test_a_target_is_read_for_its_author_and_its_docstring_is_found(module: ModuleType) -> None:
    module.mine = guardrail("mine")  # type: ignore[attr-defined]
    assert load_target(f"{MODULE}:mine") == (module.mine,)
    assert docstrings_of(module.mine, f"{MODULE}:mine") == [module.__doc__]
    for target in (f"{MODULE}:other", "no_such_module:x", MODULE):
        with pytest.raises(PluginError, match=target):
            load_target(target)
