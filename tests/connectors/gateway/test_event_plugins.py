"""Events of packages: told under their name, never at the cost of the stream."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import msgspec
import pytest

from connectors.gateway.entry import View
from connectors.gateway.event_plugins import (
    FAILURES,
    GROUP,
    MAX_DATA_BYTES,
    MAX_EVENTS,
    EventPlugin,
    EventPlugins,
    load_event_plugins,
)
from connectors.gateway.stream_event import StreamEvent
from connectors.gateway.streams import Streams
from guardrails.events import Audit, PipelineEvent, Verdict, encode
from guardrails.records import Record
from tests.audits import NOON_MS
from tests.connectors.gateway.subscribers.telling import Said, reply


def tell(said: Said) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(said, Verdict):
        yield "verdict", {"seq": said.seq}
    elif isinstance(said, Audit):
        yield "audit", {"tenant": said.context.tenant}
    else:
        yield "step", {}


def streams(*plugins: EventPlugin) -> Streams:
    """Streams that have taken one reply."""
    found = Streams("epoch", lambda: 0.0, plugins=EventPlugins(plugins))
    step = PipelineEvent("step_start", "a", 1, {}, step="pii")
    for offset, said in enumerate([step, *reply("a")]):
        topic = {PipelineEvent: "events", Audit: "audit"}.get(type(said), "verdicts")
        found.take(topic, [Record(topic, 0, offset, NOON_MS, b"a", encode(said))])
    return found


def events(found: Streams) -> list[StreamEvent]:
    return [event for stream in found for entry in stream.entries for event in entry.events]


def failures(name: str) -> float:
    value: float = FAILURES.labels(name)._value.get()
    return value


def test_they_are_told_of_every_record_before_its_last_event() -> None:
    found = streams(EventPlugin("acme", tell))
    types = [event.type for event in events(found)]
    assert types.count("acme.verdict") == 3
    assert types[:2] == ["acme.step", "step_start"]
    assert types[-2:] == ["acme.audit", "audit"]
    (stream,) = found
    for entry in stream.entries:
        assert entry.events[-1].id
        assert [event.id for event in entry.events[:-1]] == [msgspec.UNSET] * len(entry.events[:-1])


def test_positions_and_ids_are_those_without_packages() -> None:
    with_them, without = streams(EventPlugin("acme", tell)), streams()
    assert [one.id for one in events(with_them) if one.id] == [
        one.id for one in events(without) if one.id
    ]


def test_who_was_talking_is_not_told_to_a_package() -> None:
    told = [event.data for event in events(streams(EventPlugin("acme", tell)))]
    assert {"tenant": None} in told
    assert {"tenant": "acme"} not in told


def test_clients_that_want_it_short_get_them_with_the_id_of_the_record() -> None:
    (stream,) = streams(EventPlugin("acme", tell))
    concise = View(detailed=False, metadata=False, progress=False)
    first = stream.entries[0].frames(concise)
    assert len(first) == 1
    assert b"event: acme.step\n" in first[0]
    assert f"id: {stream.entries[0].events[-1].id}\n".encode() in first[0]


def many(_said: Said) -> Iterable[tuple[str, dict[str, Any]]]:
    while True:
        yield "more", {}


def broken(value: object) -> Any:
    return lambda _said: value


def raising(error: BaseException) -> Any:
    def tell(_said: Said) -> None:
        raise error

    return tell


@pytest.mark.parametrize(
    "function",
    [
        many,
        raising(ValueError("geheim")),
        raising(SystemExit(1)),
        raising(RecursionError()),
        broken(None),
        broken([("Not A Name", {})]),
        broken([("line\nevent", {})]),
        broken([(7, {})]),
        broken([("name", ["no", "dict"])]),
        broken([("name", {"x": object()})]),
        broken([("name", {"x": "y" * MAX_DATA_BYTES})]),
        broken([("name",)]),
        broken([("name", {})] * (MAX_EVENTS + 1)),
    ],
)
def test_what_fails_is_counted_and_logged_and_the_others_and_the_stream_go_on(
    function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = failures("bad")
    found = streams(EventPlugin("bad", function), EventPlugin("good", tell))
    without = events(streams(EventPlugin("good", tell)))
    assert events(found) == without
    assert failures("bad") == before + 5
    logged = [one.getMessage() for one in caplog.records]
    assert len(logged) == 1
    assert "geheim" not in logged[0]


def test_what_a_package_changes_later_changes_nothing() -> None:
    kept: dict[str, Any] = {}

    def same(said: Said) -> list[tuple[str, dict[str, Any]]]:
        kept["type"] = type(said).__name__
        return [("kind", kept)]

    kinds = [e.data["type"] for e in events(streams(EventPlugin("p", same))) if "." in e.type]
    assert kinds == ["PipelineEvent", *["Verdict"] * 3, "Audit"]


def test_what_they_add_counts_as_memory_of_the_stream() -> None:
    large = EventPlugin("large", broken([("data", {"x": "y" * 10_000})]))
    assert streams(large).size - streams().size > 5 * 10_000


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("told_by_a_test")
    vars(module).update(tell=tell, seven=7)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def entry(name: str, target: str = "tell") -> EntryPoint:
    return EntryPoint(name, f"told_by_a_test:{target}", GROUP)


@pytest.mark.usefixtures("module")
def test_entry_points_are_loaded_and_broken_ones_are_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plugins = load_event_plugins(
        [
            *(entry("zeta"), entry("alpha"), entry("seven", "seven"), entry("Bad Name")),
            *(entry("gone", "nothing"), entry("twice"), entry("twice")),
        ]
    )
    assert plugins.names == ["alpha", "zeta"]
    logged = "\n".join(one.getMessage() for one in caplog.records)
    for said in (
        "expected a function, got int",
        "two packages",
        "AttributeError",
        "expected a name",
    ):
        assert said in logged


def test_nothing_installed_tells_nothing() -> None:
    assert not load_event_plugins([])
