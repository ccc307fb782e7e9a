from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.logs import FIELDS, LogFormat, LogLevel, LogSettings, configure, logger
from connectors.settings import SettingError

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture(params=list(LogFormat))
def said(request: pytest.FixtureRequest, restored: None) -> io.StringIO:
    stream = io.StringIO()
    configure(LogSettings(LogLevel.INFO, request.param), stream)
    return stream


def _log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a module's `log` in what we ship."""
    for package in ("connectors", "flows", "operators", "guardrails"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "log"
                    and node.func.attr in LEVELS
                ):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_every_event_is_constant_words_and_its_fields_are_listed() -> None:
    places = list(_log_calls())
    assert len(places) > 20
    for place, call in places:
        words = call.args[1] if call.func.attr == "log" else call.args[0]  # type: ignore[attr-defined]
        for formatted in ast.walk(words):
            assert not isinstance(formatted, ast.JoinedStr | ast.BinOp), place
        named = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
        assert named <= FIELDS, place


def test_no_listed_field_is_unused() -> None:
    written = "".join(
        file.read_text("utf-8")
        for package in ("connectors", "flows")
        for file in (ROOT / package).rglob("*.py")
        if file.name != "logs.py"
    )
    unused = [f for f in FIELDS if f"{f}=" not in written and f'"{f}":' not in written]
    assert unused == []


def test_a_json_line_holds_the_event_and_its_fields(restored: None) -> None:
    stream = io.StringIO()
    configure(LogSettings(LogLevel.INFO, LogFormat.JSON), stream)
    logger("connectors.kafka.watch").warning("brokers are away", problem="two\nlines", away_s=1.5)
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "connectors.kafka.watch",
        "event": "brokers are away",
        "problem": "two\nlines",
        "away_s": 1.5,
    }


def test_a_text_line_is_for_people(restored: None) -> None:
    stream = io.StringIO()
    configure(LogSettings(), stream)
    logger("connectors.policies.files").error(
        "a policy file cannot be used", file="my policy.yaml", problem="line 1\nline 2", offset=3
    )
    assert stream.getvalue().split(" ", 1)[1] == (
        "ERROR connectors.policies.files: a policy file cannot be used file='my policy.yaml' "
        "offset=3:\n  line 1\n  line 2\n"
    )


def test_a_field_that_is_not_listed_does_not_get_through(said: io.StringIO) -> None:
    logger("connectors.x").warning("held", text="4111 1111", offset=3)
    assert "4111" not in said.getvalue()
    assert "fields not listed: text" in said.getvalue()
    assert "offset" in said.getvalue()


def test_another_librarys_values_and_error_messages_do_not_get_through(said: io.StringIO) -> None:
    other = logging.getLogger("other.library")
    other.warning("sent %r to %s", "4111 1111", "peer")
    try:
        raise ValueError("4111 1111")
    except ValueError:
        other.exception("it failed")
    assert "4111" not in said.getvalue()
    assert "sent %r to %s" in said.getvalue()
    assert "ValueError" in said.getvalue()


def test_percent_signs_in_values_are_only_that(said: io.StringIO) -> None:
    logger("connectors.x").warning("away", file="100%s.yaml")
    assert "100%s.yaml" in said.getvalue()


def test_what_is_below_the_level_is_not_said(said: io.StringIO) -> None:
    logger("connectors.x").debug("quiet")
    assert said.getvalue() == ""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("TIDEGATE_LOG_FORMAT", "expected text or json, got 'xml'"),
        ("TIDEGATE_LOG_LEVEL", "expected debug or info or warning or error, got 'xml'"),
    ],
)
def test_a_wrong_setting_names_its_variable(name: str, message: str) -> None:
    with pytest.raises(SettingError, match=f"{name}: {message}"):
        LogSettings.from_env({name: "xml"})
