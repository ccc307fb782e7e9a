"""Events of other packages' own types: those that entry points of group `tidegate.events` name.

An entry point stands for a function of what a record says (`Verdict`, `PipelineEvent`, or `Audit`
without who was talking). It returns pairs of a name and data, which clients get as events of type
`<entry point>.<name>`, before the last event of the record and under its id.
"""

from __future__ import annotations

import re
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from typing import Any

import msgspec
from prometheus_client import Counter

from connectors.gateway.stream_event import StreamEvent
from connectors.gateway.subscribers.subscriber import Said
from connectors.logs import logger
from guardrails.errors import TidegateError
from guardrails.events import Audit, Context

log = logger(__name__)

GROUP = "tidegate.events"
FAILURES = Counter(
    "tidegate_gateway_plugin_failures",
    "Records of which a package's function told nothing, because it failed.",
    ["plugin"],
)
# Of one record, by one package: more would crowd out what the guard says.
MAX_EVENTS = 16
# 16 KiB of JSON an event: they are kept with the stream, for clients that come back.
MAX_DATA_BYTES = 16_384
# Seconds between two log lines about one package.
_LOG_EVERY_S = 60.0
# A type is a line of an SSE frame, and a label of metrics.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")

Tell = Callable[[Said], Iterable[tuple[str, dict[str, Any]]]]


class EventPluginError(TidegateError):
    """A package told something that is no event. Next: correct, update or remove it."""


class EventPlugin:
    """One function and the name its events begin with."""

    def __init__(self, name: str, tell: Tell) -> None:
        """Raises EventPluginError."""
        if not _NAME.fullmatch(name):
            raise EventPluginError(
                f"entry point of {GROUP}: expected a name of up to 40 small letters, digits, '-' "
                "and '_', got another; rename it"
            )
        if not callable(tell):
            raise EventPluginError(
                f"entry point {name!r} of {GROUP}: expected a function, got "
                f"{type(tell).__name__}; name one"
            )
        self.name = name
        self._tell = tell
        self._failed = FAILURES.labels(name)
        self._logged_at: float | None = None

    def tell(self, said: Said, stream_id: str, timestamp: str) -> list[StreamEvent]:
        """Return its events of a record; none if it fails, which is counted and logged."""
        try:
            pairs = list(islice(self._tell(said), MAX_EVENTS + 1))
            if len(pairs) > MAX_EVENTS:
                raise EventPluginError(f"more than {MAX_EVENTS} events of one record; tell fewer")
            return [self._event(pair, stream_id, timestamp) for pair in pairs]
        # Others' code may raise anything, and even want to exit.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the stream must go on
            self._failed.inc()
            self._note(error)
            return []

    def _event(
        self, pair: tuple[str, dict[str, Any]], stream_id: str, timestamp: str
    ) -> StreamEvent:
        name, data = pair
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise EventPluginError("a name that is none; small letters, digits, '-' and '_' are")
        if not isinstance(data, dict):
            raise EventPluginError(f"data: expected a dict, got {type(data).__name__}")
        encoded = msgspec.json.encode(data)
        if len(encoded) > MAX_DATA_BYTES:
            raise EventPluginError(
                f"data: expected up to {MAX_DATA_BYTES} bytes of JSON, got {len(encoded)}"
            )
        # A copy: what the package does to its own later changes nothing.
        own = msgspec.json.decode(encoded)
        return StreamEvent(f"{self.name}.{name}", stream_id, timestamp, own)

    def _note(self, error: BaseException) -> None:
        now = time.monotonic()
        if self._logged_at is None or now - self._logged_at >= _LOG_EVERY_S:
            self._logged_at = now
            # Others' messages may quote what they were given; ours do not.
            ours = isinstance(error, EventPluginError)
            log.warning(
                "a package's events of a record are not told; the stream goes on",
                subscription=self.name,
                problem=str(error) if ours else type(error).__name__,
            )


class EventPlugins:
    """All of them, by name: their order does not depend on the machine."""

    def __init__(self, plugins: Sequence[EventPlugin] = ()) -> None:
        self._plugins = sorted(plugins, key=lambda one: one.name)

    def __bool__(self) -> bool:
        return bool(self._plugins)

    @property
    def names(self) -> list[str]:
        """Return what their events begin with."""
        return [one.name for one in self._plugins]

    def add(self, said: Said, events: Sequence[StreamEvent]) -> tuple[Sequence[StreamEvent], int]:
        """Return the events of a record with theirs before the last one, which carries the id, and
        the bytes of their data as JSON.
        """
        if isinstance(said, Audit):
            # Whoever reads a stream is not always the one who talked.
            said = msgspec.structs.replace(said, context=Context())
        last = events[-1]
        told = [
            event
            for plugin in self._plugins
            for event in plugin.tell(said, last.execution, last.timestamp)
        ]
        if not told:
            return events, 0
        size = sum(len(msgspec.json.encode(event.data)) for event in told)
        return [*events[:-1], *told, last], size


def load_event_plugins(entries: Iterable[EntryPoint] | None = None) -> EventPlugins:
    """Load all entry points. What is broken is logged and tells nothing; so are two of one name.

    entries: for tests; None: those of everything that is installed.
    """
    known = list(entry_points(group=GROUP) if entries is None else entries)
    names = Tally(entry.name for entry in known)
    found = []
    for entry in known:
        try:
            if names[entry.name] > 1:
                raise EventPluginError("two packages have an entry point of this name; remove one")
            found.append(EventPlugin(entry.name, entry.load()))
        # Whatever a module raises while it is imported.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - others must not suffer
            FAILURES.labels(entry.name if _NAME.fullmatch(entry.name) else "unnamed").inc()
            ours = isinstance(error, EventPluginError)
            log.warning(
                "a package that tells events cannot be loaded; everything else goes on",
                subscription=entry.name,
                problem=str(error) if ours else type(error).__name__,
            )
    return EventPlugins(found)
