"""What is logged and how: an event in constant words, and fields from one list.

Text of users never enters a log. So the words of an event hold no values, each value has a field,
and only fields listed here get through. What other libraries log keeps its placeholders.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from enum import StrEnum
from textwrap import indent
from typing import Any, NamedTuple, TextIO, TypeVar, cast

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict

from connectors.settings import SettingError

# What a line may say beside its words. None of them ever holds text of a stream, nor an id that a
# producer chose; `problem` holds our own error messages, which carry no text either.
FIELDS = frozenset(
    {
        *("partition", "offset", "wanted", "held_to", "going_on_at", "records"),
        *("policy", "version", "from_ms", "file", "directory", "aside", "size", "chain"),
        *("endpoint", "answer", "waiting", "failures", "setting", "subscription"),
        *("process", "pid", "signal", "exit_code", "pause_s", "away_s", "back_s"),
        *("error", "problem"),
    }
)


class LogFormat(StrEnum):
    """text: for people, one line and what follows it indented. json: an object a line."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """What is logged: this and what is worse."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(NamedTuple):
    """level: from TIDEGATE_LOG_LEVEL. format: from TIDEGATE_LOG_FORMAT."""

    level: LogLevel = LogLevel.WARNING
    format: LogFormat = LogFormat.TEXT

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> LogSettings:
        """Read the settings. Raises SettingError naming the variable.

        >>> LogSettings.from_env({"TIDEGATE_LOG_FORMAT": "json"}).format.value
        'json'
        """
        return cls(
            _one_of(LogLevel, "TIDEGATE_LOG_LEVEL", environ, cls().level),
            _one_of(LogFormat, "TIDEGATE_LOG_FORMAT", environ, cls().format),
        )


Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(choices: type[Choice], name: str, environ: Mapping[str, str], unset: Choice) -> Choice:
    value = environ.get(name) or unset
    if value not in list(choices):
        raise SettingError(
            f"{name}: expected {' or '.join(choices)}, got {value!r}; correct it or unset it"
        )
    return choices(value)


def logger(name: str) -> BoundLogger:
    """Return the logger of a module: `log.warning("what happened", partition=..., error=...)`.

    It hands on to `logging`, whose levels and handlers count, so that a program around us keeps
    its own.
    """
    wrapped = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, _keep_listed, _hand_on],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return cast(BoundLogger, wrapped)


def configure(settings: LogSettings, stream: TextIO) -> None:
    """Log to a stream. Called where the process begins."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if settings.format is LogFormat.JSON else _Text())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)


def _keep_listed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Drop what the list lacks, and say so: a field is added there first, with a thought."""
    dropped = [name for name in event if name not in FIELDS and name != "event"]
    for name in dropped:
        del event[name]
    if dropped:
        event["problem"] = f"fields not listed: {', '.join(dropped)}"
    return event


def _hand_on(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[str], dict[str, Any]]:
    words = str(event.pop("event"))
    return (_in_a_line(words, event),), {"extra": {"words": words, "fields": dict(event)}}


def _in_a_line(words: str, fields: Mapping[str, Any]) -> str:
    """Return an event as people read it; the problem, which is a sentence or more, comes last.

    >>> _in_a_line("stopping", {"pid": 7, "problem": "it's late", "file": "my policy.yaml"})
    "stopping pid=7 file='my policy.yaml': it's late"
    """
    short = [f"{name}={_quoted(value)}" for name, value in fields.items() if name != "problem"]
    line = " ".join([words, *short])
    if "problem" not in fields:
        return line
    problem = str(fields["problem"])
    return f"{line}: {problem}" if "\n" not in problem else f"{line}:\n{indent(problem, '  ')}"


def _quoted(value: object) -> str:
    shown = str(value)
    return shown if shown and shown.isprintable() and " " not in shown else repr(shown)


def _told(record: logging.LogRecord) -> tuple[str, Mapping[str, Any]]:
    """Return words and fields; for another library's record what it says without its values."""
    if hasattr(record, "fields"):
        return record.words, record.fields  # type: ignore[attr-defined]
    fields = {}
    if record.exc_info and record.exc_info[0] is not None:
        # Without the message, which may quote what it failed at.
        fields["error"] = record.exc_info[0].__name__
    return str(record.msg), fields


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time, (words, fields) = _time(record), _told(record)
        return f"{time} {record.levelname} {record.name}: {_in_a_line(words, fields)}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        words, fields = _told(record)
        head = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": words,
        }
        return json.dumps({**head, **fields}, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
